/**
 * `nadir solve --loss …`: the numbers of the definition, the certificate, predicted and measured contraction, refusals.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../oracles/sketches.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-loss-'))
afterAll(() => rmSync(folder, { recursive: true }))

const a = parkMillerMatrix(12, 3, 61).data.map(v => 2 * v)
const y = parkMillerMatrix(12, 1, 62).data
const file = join(folder, 'labels.csv')
writeFileSync(
  file,
  `a,b,c,y\n${Array.from(y, (v, i) => [...a.slice(3 * i, 3 * i + 3), v > 0 ? 1 : -1].join(',')).join('\n')}\n`,
)
const counts = join(folder, 'counts.csv')
writeFileSync(
  counts,
  `a,b,y\n${Array.from({ length: 80 }, (_, i) => [Math.sin(i), Math.cos(2 * i), (i * 5) % 4].join(',')).join('\n')}\n`,
)

interface Result {
  status: string
  objective: number
  loss: string
  method: string
  certificate: {
    dual: number
    primal: number
    relativeGap: number
    scope: string
    statement: string
    reach: number | null
  }
  coefficients: Record<string, number>
  newton: { decrements: number[] }
  sketch: { rows: number; predictedContraction: number | null; measuredContraction: number | null }
  metrics: Record<string, number>
}

async function solved(...flags: string[]): Promise<Result> {
  const ran = await nadir(['solve', ...flags, '--json', '--quiet'])
  expect([ran.code, ran.err]).toEqual([0, ''])
  return objectOf(ran) as unknown as Result
}

describe('solve --loss', () => {
  it('logistic: the reference point, value and decrements', async () => {
    const got = await solved(file, '--loss', 'logistic', '--ridge', '0.1', '--no-intercept')
    const best = [-0.051474522359, 0.098590189641, 0.145554631753]
    Object.values(got.coefficients).forEach((v, j) => {
      expect(v).toBeCloseTo(best[j], 11)
    })
    expect(got.objective).toBeCloseTo(0.685734838367, 11)
    expect(got.newton.decrements[0] / 1.4790636713e-2).toBeCloseTo(1, 9)
    expect(got.certificate.relativeGap).toBeLessThanOrEqual(1e-10)
    expect(got.certificate).toMatchObject({ scope: 'global', reach: null })
    expect(got.certificate.dual).toBeLessThanOrEqual(0.685734838367)
    expect(got.metrics.accuracy).toBeGreaterThan(0.5)
  })
  it('poisson: the score equations hold', async () => {
    const got = await solved(
      counts,
      '--loss',
      'poisson',
      '--ridge',
      '0.01',
      '--method',
      'newton-ada',
      '--tolerance',
      '1e-10',
    )
    const { '(intercept)': c, a: u, b: v } = got.coefficients
    const residual = (i: number) => Math.exp(c + u * Math.sin(i) + v * Math.cos(2 * i)) - ((i * 5) % 4)
    let [zero, first, second] = [0, 0, 0]
    for (let i = 0; i < 80; i++) {
      zero += residual(i) / 80
      first += (residual(i) * Math.sin(i)) / 80
      second += (residual(i) * Math.cos(2 * i)) / 80
    }
    expect(zero).toBeCloseTo(0, 5)
    expect(first + 0.01 * u).toBeCloseTo(0, 5)
    expect(second + 0.01 * v).toBeCloseTo(0, 5)
  })
  it.each(['newton-less', 'newton-sketch'])('%s prints predicted beside measured contraction', async method => {
    const got = await solved('breast-cancer', '--loss', 'logistic', '--ridge', '1e-3', '--method', method)
    expect(got.method).toBe(method)
    expect(got.sketch.rows).toBe(120)
    expect(got.sketch.predictedContraction).toBeGreaterThan(0)
    expect(Math.abs((got.sketch.measuredContraction ?? 0) / (got.sketch.predictedContraction ?? 1) - 1)).toBeLessThan(
      0.5,
    )
    const text = (await nadir(['solve', 'breast-cancer', '--loss', 'logistic', '--ridge', '1e-3', '--method', method]))
      .out
    expect(text).toMatch(/contracts +0\.\d+ predicted, 0\.\d+ measured, a step/)
    expect(text).toMatch(/Proved: no linear model of this form has a training\s+objective more than/)
  })
  it('squared loss by Newton and by the direct method agree; a-optimal too', async () => {
    const common = [counts, '--target', 'y', '--ridge', '0.1']
    const direct = await solved(...common, '--method', 'direct')
    for (const method of ['newton', 'newton-ada', 'a-optimal']) {
      const got = await solved(...common, '--method', method, '--tolerance', '1e-11')
      for (const [name, v] of Object.entries(direct.coefficients)) expect(got.coefficients[name]).toBeCloseTo(v, 7)
      expect(got.objective).toBeCloseTo(direct.objective, 10)
    }
  })
  it('refuses with exit code 2, and fails loudly where no minimum exists', async () => {
    const refused = async (message: RegExp, ...flags: string[]) => {
      const { code, err } = await nadir(['solve', ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
    await refused(
      /method pcg is for squared loss; got logistic loss\. Use one of auto, newton/,
      file,
      '--loss',
      'logistic',
      '--method',
      'pcg',
    )
    await refused(
      /logistic loss is for two classes; the target "cultivar" has 3/,
      'wine',
      '--target',
      'cultivar',
      '--loss',
      'logistic',
    )
    await refused(/counts must be ≥ 0; got -1/, file, '--target', 'y', '--loss', 'poisson')
    const { code, err } = await nadir(['solve', 'breast-cancer', '--loss', 'logistic', '--quiet'])
    expect(code).toBe(1)
    expect(err).toMatch(/classes are separated by a hyperplane\. Add a ridge/)
  })
})

describe('solve --task', () => {
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const constraints = write('constraints.csv', 'u,v,b\n-1,0,0\n0,-1,0\n1,1,4\n1,3,6\n')
  const cost = write('cost.csv', 'c\n-3\n-5\n')
  const quadratic = write('quadratic.csv', 'p,q\n2,0\n0,2\n')
  it('lp and qp: the known optima, certified', async () => {
    const lp = await solved(constraints, '--target', 'b', '--task', 'lp', '--cost', cost)
    expect(lp.objective).toBeCloseTo(-14, 5)
    expect(lp.coefficients.u).toBeCloseTo(3, 5)
    expect(lp.certificate.dual).toBeLessThanOrEqual(-14)
    expect(lp.certificate.relativeGap).toBeLessThanOrEqual(1e-7)
    const qp = await solved(constraints, '--target', 'b', '--task', 'qp', '--cost', cost, '--quadratic', quadratic)
    expect(qp.objective).toBeCloseTo(-7.6, 5)
    expect(qp.coefficients.v).toBeCloseTo(1.6, 4)
    const text = (await nadir(['solve', constraints, '--target', 'b', '--task', 'lp', '--cost', cost])).out
    expect(text).toMatch(/4 constraints on 2 variables/)
  })
  it('avg-newton: workers, debiasing and the prediction', async () => {
    const got = await solved(
      'diabetes',
      '--target',
      'progression',
      '--ridge',
      '1',
      '--method',
      'avg-newton',
      '--workers',
      '20',
    )
    expect(got.method).toBe('avg-newton')
    expect(got.sketch.predictedContraction).toBeGreaterThan(0)
    const direct = await solved('diabetes', '--target', 'progression', '--ridge', '1', '--method', 'direct')
    expect(got.objective).toBeCloseTo(direct.objective, 7)
  })
  it('refuses with exit code 2', async () => {
    const refused = async (message: RegExp, ...flags: string[]) => {
      const { code, err } = await nadir(['solve', constraints, '--target', 'b', ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
    await refused(/need --cost, a file with one number a variable/, '--task', 'lp')
    await refused(/needs --quadratic/, '--task', 'qp', '--cost', cost)
    await refused(/--quadratic belongs to --task qp/, '--task', 'lp', '--cost', cost, '--quadratic', quadratic)
    await refused(
      /programs are solved by auto, barrier, barrier-ada; got method pcg/,
      '--task',
      'lp',
      '--cost',
      cost,
      '--method',
      'pcg',
    )
    await refused(/one cost a column, 2; got 4/, '--task', 'lp', '--cost', quadratic)
    await refused(/method barrier is for --task lp and qp/, '--method', 'barrier')
  })
})
