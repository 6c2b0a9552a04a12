/**
 * `nadir solve`: the right numbers, the bound in words, codes and refusals.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-solve-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** y = 3 + 2a − b + a small wave, 60 rows; w marks the first 30. */
const file = join(folder, 'line.csv')
const rows = Array.from({ length: 60 }, (_, i) => {
  const [a, b] = [Math.sin(i * 1.7), Math.cos(i * 0.9)]
  return [a, b, i < 30 ? 1 : 0, 3 + 2 * a - b + 0.01 * Math.sin(7 * i)]
})
writeFileSync(file, `a,b,w,y\n${rows.map(row => row.join(',')).join('\n')}\n`)

/** [intercept, a, b] by the normal equations, intercept unpenalised. */
function naive(lambda: number, weights: readonly number[]): number[] {
  const m = [0, 1, 2].map(() => [0, 0, 0, 0])
  rows.forEach(([a, b, , y], i) => {
    const line = [1, a, b, y]
    for (let p = 0; p < 3; p++) for (let q = 0; q < 4; q++) m[p][q] += weights[i] * line[p] * line[q]
  })
  for (const p of [1, 2]) m[p][p] += lambda * rows.length
  for (let p = 0; p < 3; p++)
    for (let r = 0; r < 3; r++) {
      if (r === p) continue
      const factor = m[r][p] / m[p][p]
      for (let q = 0; q < 4; q++) m[r][q] -= factor * m[p][q]
    }
  return m.map((line, p) => line[3] / line[p])
}

interface Result {
  status: string
  objective: number
  method: string
  reason: string
  seed: number
  constraint?: object
  certificate: { dual: number; gap: number; relativeError: number; statement: string; boundBy: string }
  coefficients: Record<string, number>
  metrics: { r2: number }
  sketch: { rows: number; predictedContraction: number | null }
}

async function solved(...flags: string[]): Promise<Result> {
  const ran = await nadir(['solve', file, '--features', 'a,b', '--target', 'y', '--json', '--quiet', ...flags])
  expect([ran.code, ran.err]).toEqual([0, ''])
  return objectOf(ran) as unknown as Result
}

describe('solve', () => {
  it.each([
    ['direct', 0],
    ['pcg', 0],
    ['ihs', 0],
    ['cg', 0.1],
    ['adaptive', 0.1],
    ['auto', 0.1],
  ])('%s with ridge %f gives the naive coefficients', async (method, ridge) => {
    const got = await solved(
      '--method',
      method,
      '--ridge',
      String(ridge),
      ...(method === 'adaptive' ? ['--rows', '8'] : []),
    )
    const expected = naive(
      ridge,
      rows.map(() => 1),
    )
    expect(Object.keys(got.coefficients)).toEqual(['(intercept)', 'a', 'b'])
    Object.values(got.coefficients).forEach((v, j) => {
      expect(v).toBeCloseTo(expected[j], 7)
    })
    expect(got).toMatchObject({ status: 'solved', seed: 0 })
    expect(got.certificate.gap).toBeGreaterThanOrEqual(0)
    expect(got.certificate.relativeError).toBeLessThan(1.1e-8)
    expect(got.certificate.statement).toMatch(/^Proved: no coefficients have an objective more than/)
    const objective = rows.reduce(
      (sum, [a, b, , y]) => sum + 0.5 * (expected[0] + expected[1] * a + expected[2] * b - y) ** 2,
      0,
    )
    expect(got.objective).toBeCloseTo(objective / 60 + 0.5 * ridge * (expected[1] ** 2 + expected[2] ** 2), 9)
    const mean = rows.reduce((sum, [, , , y]) => sum + y / 60, 0)
    const spread = rows.reduce((sum, [, , , y]) => sum + (y - mean) ** 2, 0)
    expect(got.metrics.r2).toBeCloseTo(1 - (2 * objective) / spread, 8)
  })
  it('takes weights, and leaves the intercept out', async () => {
    const weighted = await solved('--weights', 'w')
    const expected = naive(
      0,
      rows.map(([, , w]) => w),
    )
    Object.values(weighted.coefficients).forEach((v, j) => {
      expect(v).toBeCloseTo(expected[j], 7)
    })
    expect(Object.keys((await solved('--no-intercept')).coefficients)).toEqual(['a', 'b'])
  })
  it('prints the choice with its reason, the statement and the coefficients, and writes them', async () => {
    const out = join(folder, 'coefficients.csv')
    const ran = await nadir(['solve', file, '--features', 'a,b', '--target', 'y', '--out', out])
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/why +direct: the least work for 60 × 2, no ridge/)
    expect(ran.out).toMatch(/Proved: no coefficients/)
    expect(ran.out).toMatch(/^\(intercept\) +3\.0/m)
    expect(readFileSync(out, 'utf8')).toMatch(/^name,coefficient\n\(intercept\),3\.0\d+\na,[12]\./)
    expect((await nadir(['solve', file, '--features', 'a,b', '--target', 'y', '--method', 'pcg'])).out).toMatch(
      /contracts +0\.5 predicted, \S+ measured, a step/,
    )
  })
  it('confines coefficients, with a free intercept, and certifies it from the data', async () => {
    // b would be −1: held at 0, the rest is least squares on a alone.
    const got = await solved('--constraint', 'nonnegative')
    const [m0, m1, mm, mb, ma] = rows.reduce(
      ([s0, s1, s2, s3, s4], [a, , , y]) => [s0 + a, s1 + y, s2 + a * a, s3 + a * y, s4 + 1],
      [0, 0, 0, 0, 0],
    )
    const slope = (mb - (m0 * m1) / ma) / (mm - (m0 * m0) / ma)
    expect(got.coefficients.b).toBe(0)
    expect(got.coefficients.a).toBeCloseTo(slope, 6)
    expect(got.coefficients['(intercept)']).toBeCloseTo((m1 - slope * m0) / ma, 6)
    expect(got).toMatchObject({ status: 'solved', constraint: { kind: 'box', low: 0, high: null } })
    expect(got.certificate).toMatchObject({ scope: 'global', violation: 0 })
    expect(got.certificate.statement).toMatch(/no linear model of this form with nonnegative coefficients/)
    const sizes = async (...flags: string[]) => {
      const { a, b } = (await solved('--constraint', ...flags)).coefficients
      return [a, b]
    }
    for (const method of ['exact', 'ihs', 'auto']) {
      const [a, b] = await sizes('l1', '--radius', '0.5', '--method', method)
      expect(Math.abs(a) + Math.abs(b)).toBeCloseTo(0.5, 9)
      const [p, q] = await sizes('simplex', '--method', method)
      expect(p + q).toBeCloseTo(1, 12)
      expect(Math.hypot(...(await sizes('l2', '--radius', '1', '--method', method)))).toBeCloseTo(1, 9)
      expect(await sizes('box', '--low=-0.25', '--high', '1.5', '--ridge', '0.01', '--method', method)).toEqual([
        1.5, -0.25,
      ])
    }
  })
  it('has every variant of the Hessian sketch', async () => {
    for (const variant of ['heavy-ball', 'gradient', 'unit', 'fresh', 'fresh-simple', 'fresh-unit']) {
      const { method, coefficients } = await solved('--method', 'ihs', '--variant', variant, '--rows', '40')
      expect(method).toBe(`ihs-${variant}`)
      expect(coefficients.a).toBeCloseTo(2, 1)
    }
    const confined = await solved(
      '--constraint',
      'nonnegative',
      '--method',
      'ihs',
      '--variant',
      'fresh',
      '--rows',
      '40',
    )
    expect(confined.method).toBe('ihs-fresh')
  })
  it('refuses with exit code 2', async () => {
    const refused = async (message: RegExp, ...flags: string[]) => {
      const { code, err } = await nadir(['solve', file, '--target', 'y', ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
    await refused(/--ridge <lambda>.*A number ≥ 0 is needed; got "-1"/, '--ridge=-1')
    await refused(/at most the 60 rows of the data; got 61/, '--method', 'pcg', '--rows', '61')
    await refused(/lambda must be > 0; got 0\. Use sketchedPcg/, '--method', 'adaptive')
    await refused(/argument 'svd' is invalid/, '--method', 'svd')
    await refused(/is not a column/, '--features', 'c')
    await refused(/--constraint l2 needs --radius; it is missing/, '--constraint', 'l2')
    await refused(/--constraint box needs --low or --high/, '--constraint', 'box')
    await refused(/belong to --constraint box; got l1/, '--constraint', 'l1', '--radius', '1', '--low', '0')
    await refused(/--radius belongs to --constraint l1/, '--constraint', 'nonnegative', '--radius', '1')
    await refused(/belong to --constraint, which is missing/, '--high', '3')
    await refused(/low must be at most high; got 2 and 1/, '--constraint', 'box', '--low', '2', '--high', '1')
    await refused(
      /--constraint is for squared loss; got poisson loss/,
      '--constraint',
      'nonnegative',
      '--loss',
      'poisson',
    )
    await refused(/must be one of auto, exact, ihs; got pcg/, '--constraint', 'nonnegative', '--method', 'pcg')
    await refused(/--variant belongs to --method ihs; got method auto/, '--variant', 'fresh')
    await refused(/method exact belongs to --constraint/, '--method', 'exact')
    await refused(
      /momentum has no rate under constraints/,
      ...['--constraint', 'nonnegative', '--method', 'ihs', '--variant', 'heavy-ball'],
    )
  })
  it('stops at the time limit with exit code 3', async () => {
    const { code, out } = await nadir([
      'solve',
      file,
      '--target',
      'y',
      '--method',
      'cg',
      '--max-time',
      '1e-9',
      '--quiet',
    ])
    expect(code).toBe(3)
    expect(out).toMatch(/stopped \(max-time\) before the error asked for/)
    expect(out).toMatch(/No bound: nothing is proved/)
  })
})
