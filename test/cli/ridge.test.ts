/**
 * `nadir ridge`, and `nadir solve` by passes: the right numbers from every kind of file, several targets, files and refusals.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeNpy } from '../../src/formats/npy.ts'
import { dense } from '../../src/matrix/dense.ts'
import { eliminate } from '../oracles/linearAlgebra.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-ridge-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** a, b of different sizes, w weights, two targets. */
const rows = Array.from({ length: 70 }, (_, i) => {
  const [a, b] = [Math.sin(i * 1.7), 100 * Math.cos(i * 0.9) + 500]
  return [a, b, 1 + (i % 3), 3 + 2 * a - 0.05 * b + 0.3 * Math.sin(7 * i), a * a]
})
const csv = join(folder, 'table.csv')
writeFileSync(csv, `a,b,w,y,z\n${rows.map(row => row.join(',')).join('\n')}\n`)
const npy = join(folder, 'table.npy')
writeFileSync(npy, writeNpy({ shape: [70, 5], data: Float64Array.from(rows.flat()) }))

/** [intercept, a, b] of ½λΣ(σβ)² beside the mean of the losses, by elimination. */
function naive(target: number, lambda: number, { weights = false, standardise = true } = {}): number[] {
  const w = rows.map(row => (weights ? row[2] : 1))
  const total = w.reduce((x, y) => x + y)
  const variance = [0, 1].map(j => {
    const mean = rows.reduce((sum, row, i) => sum + (w[i] * row[j]) / total, 0)
    return rows.reduce((sum, row, i) => sum + (w[i] * (row[j] - mean) ** 2) / total, 0)
  })
  const h = dense(3, 3)
  const c = new Float64Array(3)
  rows.forEach((row, i) => {
    const line = [1, row[0], row[1]]
    for (let p = 0; p < 3; p++) {
      c[p] += w[i] * line[p] * row[target]
      for (let q = 0; q < 3; q++) h.data[3 * p + q] += w[i] * line[p] * line[q]
    }
  })
  for (const j of [0, 1]) h.data[3 * (j + 1) + j + 1] += 70 * lambda * (standardise ? variance[j] : 1)
  return [...eliminate(h, c)]
}

interface Model {
  target: string
  lambda: number
  objective: number
  certificate: { scope: string; gap: number; primal: number; relativeError: number; boundBy: string; statement: string }
  effectiveDimension: number
  gcv: number
  coefficients: Record<string, number>
}
interface Result extends Model {
  command: string
  status: string
  passes: number
  method: string
  path: Model[]
  chosen: number
  chosenBy: string
  targets: Model[]
  notes: string[]
  memory: { sums: number }
  outputs: string[]
}

async function ran(...argv: string[]): Promise<Result> {
  const { code, err, out } = await nadir([...argv, '--json', '--quiet'])
  expect([code, err]).toEqual([0, ''])
  return objectOf({ code, err, out }) as unknown as Result
}
const near = (got: Record<string, number>, want: number[]) => {
  Object.values(got).forEach((v, j) => {
    expect(v / want[j]).toBeCloseTo(1, 7)
  })
}

describe('ridge', () => {
  it.each([
    ['table.csv', 'a', 'b', 'y'],
    ['table.npy', 'x0', 'x1', 'x3'],
  ])('%s: one lambda, in memory and in blocks', async (name, a, b, y) => {
    for (const flags of [[], ['--stream', '--block-rows', '16'], ['--method', 'pcg', '--rows', '20']]) {
      const got = await ran(
        'ridge',
        join(folder, name),
        '--features',
        `${a},${b}`,
        '--target',
        y,
        '--lambda',
        '0.1',
        ...flags,
      )
      expect(got).toMatchObject({ command: 'ridge', status: 'solved', lambda: 0.1, standardised: true, samples: 70 })
      expect(Object.keys(got.coefficients)).toEqual(['(intercept)', a, b])
      near(got.coefficients, naive(3, 0.1))
      expect(got.certificate).toMatchObject({ scope: 'global', oracle: 'closed-form' })
      expect(got.certificate.relativeError).toBeLessThanOrEqual(1e-8)
      expect(got.certificate.statement).toMatch(/^Proved: no coefficients/)
    }
  })
  it('takes weights, raw columns and no intercept', async () => {
    const flags = ['--features', 'a,b', '--target', 'y', '--lambda', '0.5', '--weights', 'w']
    near((await ran('ridge', csv, ...flags)).coefficients, naive(3, 0.5, { weights: true }))
    const raw = await ran('ridge', csv, ...flags, '--no-standardise')
    near(raw.coefficients, naive(3, 0.5, { weights: true, standardise: false }))
    expect(Object.keys((await ran('ridge', csv, ...flags, '--no-intercept')).coefficients)).toEqual(['a', 'b'])
  })
  it('gives a path from one pass, each model with its bound, and chooses by GCV', async () => {
    const [out, output] = [join(folder, 'c.csv'), join(folder, 'path.csv')]
    const flags = ['--features', 'a,b', '--target', 'y', '--path', '--count', '7', '--ratio', '1e-4']
    const got = await ran('ridge', csv, ...flags, '--out', out, '--output', output)
    expect(got).toMatchObject({ chosenBy: 'gcv', outputs: [out, output] })
    expect(got.passes).toBeLessThanOrEqual(2)
    expect(got.path).toHaveLength(7)
    got.path.forEach((model, k) => {
      near(model.coefficients, naive(3, model.lambda))
      expect(model.certificate.relativeError).toBeLessThanOrEqual(1e-8)
      if (k > 0) expect(model.effectiveDimension).toBeGreaterThan(got.path[k - 1].effectiveDimension)
    })
    expect(got.chosen).toBe(got.path.reduce((best, { gcv }, k) => (gcv < got.path[best].gcv ? k : best), 0))
    expect(got.coefficients).toEqual(got.path[got.chosen].coefficients)
    expect(readFileSync(out, 'utf8')).toBe(
      `name,coefficient\n${Object.entries(got.coefficients)
        .map(([name, v]) => `${name},${v}\n`)
        .join('')}`,
    )
    const lines = readFileSync(output, 'utf8').trim().split('\n')
    expect(lines).toHaveLength(8)
    expect(lines[0]).toBe('target,lambda,objective,bound,relative_error,effective_dimension,gcv,r2,rmse')
    expect(Number(lines[3].split(',')[1])).toBe(got.path[2].lambda)
  })
  it('takes several targets, each with its own bound and lambda', async () => {
    const out = join(folder, 'several.csv')
    const got = await ran('ridge', csv, '--features', 'a,b', '--target', 'y,z', '--lambdas', '1,0.01', '--out', out)
    expect(got.targets.map(({ target }) => target)).toEqual(['y', 'z'])
    expect(got.path).toHaveLength(4)
    for (const model of got.path) near(model.coefficients, naive(model.target === 'y' ? 3 : 4, model.lambda))
    expect(readFileSync(out, 'utf8')).toMatch(/^name,y,z\n\(intercept\),\S+,\S+\na,/)
    expect(got.objective).toBeCloseTo(got.targets[0].objective + got.targets[1].objective, 14)
    expect(got.certificate.gap).toBe(got.targets[0].certificate.gap + got.targets[1].certificate.gap)
  })
  it('prints the table and the statement', async () => {
    const { code, out } = await nadir(['ridge', csv, '--target', 'y', '--path', '--count', '3', '--features', 'a,b'])
    expect(code).toBe(0)
    expect(out).toMatch(/lambda +objective +error at most +d_λ +GCV +R²/)
    expect(out).toMatch(/\* least GCV/)
    expect(out).toMatch(/Proved: no coefficients have an objective more than/)
    expect(out).toMatch(/method +gram\n +why +one pass for the Gram matrix: 2 columns/)
    const bare = await nadir(['ridge', csv, '--target', 'y', '--path', '--count', '3', '--output', 'csv'])
    expect(bare.out.split('\n')[0]).toMatch(/^target,lambda,/)
  })
  it('refuses with exit code 2, and writes nothing', async () => {
    const refused = async (message: RegExp, ...flags: string[]) => {
      const { code, err } = await nadir(['ridge', csv, '--target', 'y', ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
    await refused(/give --lambda, or --path .* got neither/)
    await refused(/got both/, '--path', '--lambda', '1')
    await refused(/The lambdas must differ/, '--lambdas', '1,1')
    await refused(/A number ≥ 0 is needed; got "-1"/, '--lambda=-1')
    await refused(/at least 5 rows; got 2/, '--lambda', '0', '--method', 'pcg', '--rows', '2')
    await refused(/must be a file that ends in .csv or .json/, '--path', '--output', 'path.txt')
    await refused(/cannot be written/, '--path', '--out', join(csv, 'x.csv'))
    const text = join(folder, 'text.csv')
    writeFileSync(text, 'a,town,y\n1,Ulm,2\n3,Bonn,4\n2,Ulm,1\n')
    const { code, err } = await nadir(['ridge', text, '--target', 'y', '--lambda', '1', '--stream'])
    expect([code, err]).toEqual([2, expect.stringMatching(/column "town" has "Ulm" in row 1 of text.csv.*--exclude/)])
    writeFileSync(join(folder, 'flat.csv'), 'a,y\n1,2\n3,2\n2,2\n')
    const flat = await nadir(['ridge', join(folder, 'flat.csv'), '--target', 'y', '--lambda', '1', '--stream'])
    expect([flat.code, flat.err]).toEqual([2, expect.stringMatching(/target "y" is the same in every row/)])
    expect((await ran('ridge', text, '--target', 'y', '--lambda', '1')).coefficients).toHaveProperty('town=Ulm')
  })
  it('stops at the time limit', async () => {
    const { code, err } = await nadir(['ridge', csv, '--target', 'y', '--lambda', '1', '--max-time', '1e-9', '--quiet'])
    expect([code, err]).toEqual([1, expect.stringMatching(/a first answer takes a whole pass.*max-time before/)])
  })
})

describe('solve by passes', () => {
  it('has the numbers of solve in memory', async () => {
    const flags = ['--features', 'a,b', '--target', 'y', '--ridge', '0.2', '--weights', 'w']
    const whole = await ran('solve', csv, ...flags, '--method', 'direct')
    for (const more of [['--stream'], ['--method', 'gram'], ['--stream', '--method', 'pcg', '--rows', '30']]) {
      const got = await ran('solve', csv, ...flags, ...more)
      expect(got).toMatchObject({ command: 'solve', status: 'solved', lambda: 0.2 })
      near(got.coefficients, Object.values(whole.coefficients))
      expect(got.objective).toBeCloseTo(whole.objective, 10)
      expect(got.certificate.relativeError).toBeLessThanOrEqual(1e-8)
    }
  })
  it('takes several targets', async () => {
    const got = await ran('solve', csv, '--features', 'a,b', '--target', 'y,z')
    for (const [t, name] of [
      [3, 'y'],
      [4, 'z'],
    ] as const) {
      const model = got.targets.find(({ target }) => target === name)
      near(model?.coefficients ?? {}, naive(t, 0))
      expect(model?.certificate.relativeError).toBeLessThanOrEqual(1e-8)
    }
    const { out } = await nadir(['solve', csv, '--features', 'a,b', '--target', 'y,z', '--quiet'])
    expect(out).toMatch(/name +y +z\n\(intercept\)/)
    expect(out).toMatch(/y: Proved: .*[\s\S]*z: Proved:/)
  })
  it('refuses methods that hold all rows, and losses', async () => {
    for (const [message, ...flags] of [
      [
        /several targets, and rows read in blocks, are solved by auto, gram, pcg; got method ihs/,
        '--target',
        'y,z',
        '--method',
        'ihs',
      ],
      [/got method direct/, '--target', 'y', '--stream', '--method', 'direct'],
      [/--stream is for squared loss/, '--target', 'y', '--stream', '--loss', 'huber'],
    ] as [RegExp, ...string[]][]) {
      const { code, err } = await nadir(['solve', csv, ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
  })
})
