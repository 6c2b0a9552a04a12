/**
 * `nadir path` and `nadir cv`: every point certified, the table in three forms, folds by seed and by group.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseModel } from '../../src/formats/modelFile.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-path-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const wave = (i: number) => 0.3 * Math.sin(12.9898 * i) * Math.cos(78.233 * i * i)
const rows = Array.from({ length: 60 }, (_, i) => {
  const a = (i - 30) / 9
  return `${a},${Math.cos(3 * i)},p${i % 6},${Math.abs(a) + wave(i)}\n`
})
beforeAll(() => writeFileSync(at('d.csv'), `a,b,person,y\n${rows.join('')}`))
const FAST = ['--features', 'a,b', '--model', 'gated', '--patterns', '20', '--backend', 'wasm', '--threads', '1']

interface Point {
  lambda: number
  fraction: number
  objective: number
  neurons: number
  certificate: { scope: string; dual: number; primal: number; relativeGap: number; statement: string }
  metrics: { r2: number }
  validationMetrics: { rmse: number } | null
}

describe('path', () => {
  const flags = ['--target', 'y', ...FAST, '--count', '5', '--ratio', '0.01', '--valid-fraction', '0.25']

  it('certifies every point, and walks as the theory says', async () => {
    const ran = await nadir(['path', at('d.csv'), ...flags, '--json'])
    expect(ran.code).toBe(0)
    const result = objectOf(ran)
    const points = result.points as Point[]
    expect(result).toMatchObject({ command: 'path', status: 'solved', rows: 45, seed: 0, backend: 'wasm', outputs: [] })
    expect(result.validation).toEqual({ source: '15 rows held out of d.csv', rows: 15 })
    expect(points.map(({ fraction }) => fraction)).toEqual(
      [1, 0.01 ** 0.25, 0.1, 0.01 ** 0.75, 0.01].map(f => expect.closeTo(f, 12)),
    )
    for (const { certificate, objective } of points) {
      expect(certificate.relativeGap).toBeLessThanOrEqual(1e-4)
      expect(certificate.dual).toBeLessThanOrEqual(objective)
      expect(certificate.statement.length).toBeGreaterThan(30)
    }
    // At lambdaMax the constant is optimal; below, the objective falls with lambda and the fit gets closer.
    expect(points[0].neurons).toBe(0)
    for (let k = 1; k < 5; k++) {
      expect(points[k].objective).toBeLessThan(points[k - 1].objective)
      expect(points[k].metrics.r2).toBeGreaterThan(points[k - 1].metrics.r2)
    }
    const judged = points.map(({ validationMetrics }) => validationMetrics?.rmse ?? Number.NaN)
    expect(result.best).toBe(judged.indexOf(Math.min(...judged)))
    expect(result.lambda).toBe(points[result.best as number].lambda)
    // A single fit at a point of the path has the same optimum.
    const single = objectOf(
      await nadir([
        'fit',
        at('d.csv'),
        ...flags.slice(0, -6),
        '--valid-fraction',
        '0.25',
        '--lambda',
        String(points[2].lambda),
        '--out',
        at('one.json'),
        '--json',
      ]),
    )
    expect(Math.abs((single.objective as number) / points[2].objective - 1)).toBeLessThan(2e-4)
    expect((single.validation as { rows: number }).rows).toBe(15)
  })

  it('prints a table, and writes it as CSV and as JSON', async () => {
    const ran = await nadir(['path', at('d.csv'), ...flags, '--output', at('path.csv')])
    expect(ran.out).toMatch(/^ *lambda +of max +objective +bound +gap +neurons +R² +held-out R²$/m)
    expect(ran.out).toContain('Every row carries its own certificate (restricted).')
    const [header, ...lines] = readFileSync(at('path.csv'), 'utf8').trim().split('\n')
    expect(header).toBe(
      'lambda,fraction,objective,bound,relative_gap,neurons,r2,validation_r2,rmse,validation_rmse,mae,validation_mae',
    )
    expect(lines).toHaveLength(5)
    expect(lines.every(line => line.split(',').every(cell => Number.isFinite(Number(cell))))).toBe(true)
    const bare = await nadir(['path', at('d.csv'), ...flags, '--output', 'csv'])
    expect(bare.out).toBe(readFileSync(at('path.csv'), 'utf8'))
    await nadir(['path', at('d.csv'), ...flags, '--output', at('path.json'), '--quiet'])
    expect((JSON.parse(readFileSync(at('path.json'), 'utf8')) as { points: unknown[] }).points).toHaveLength(5)
  })

  it('takes the lambdas themselves, or fractions, largest first', async () => {
    const few = async (list: string) =>
      objectOf(await nadir(['path', at('d.csv'), '--target', 'y', ...FAST, '--lambdas', list, '--json'])) as {
        points: Point[]
        lambdaMax: number
        best: number
      }
    const relative = await few('0.1max,1max,0.5max')
    expect(relative.points.map(({ fraction }) => fraction)).toEqual([1, 0.5, 0.1])
    const absolute = await few(relative.points.map(({ lambda }) => lambda).join(','))
    expect(absolute.points.map(({ lambda }) => lambda)).toEqual(relative.points.map(({ lambda }) => lambda))
    expect(absolute.best).toBe(2)
    for (const [list, message] of [
      ['0.1max,0.5', 'must all be numbers, or all fractions of lambdaMax'],
      ['0.1,0.1', 'The lambdas must differ; 0.1 comes twice'],
      ['0.1,,0.2', 'lambda must be a number > 0'],
    ]) {
      const ran = await nadir(['path', at('d.csv'), '--lambdas', list])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
    }
  })

  it('ends with 3 when it is stopped, and shows the points it has', async () => {
    const ran = await nadir(['path', at('d.csv'), '--target', 'y', ...FAST, '--gap', '1e-13', '--json'], {
      onListen: interrupt => interrupt(),
    })
    expect([ran.code, objectOf(ran).status]).toEqual([3, 'stopped'])
    expect((objectOf(ran).points as Point[]).length).toBe(1)
  })

  it('refuses a table of another kind, before any work', async () => {
    const ran = await nadir(['path', at('d.csv'), '--output', at('path.xlsx')])
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringContaining('path: --output must be a file that ends in .csv or .json'),
    ])
    const both = await nadir(['path', at('d.csv'), '--valid', at('d.csv'), '--valid-fraction', '0.5'])
    expect([both.code, both.err]).toEqual([2, 'error: data: give --valid or --valid-fraction, not both.\n'])
  })
})

describe('cv', () => {
  const flags = ['--target', 'y', ...FAST, '--count', '6', '--folds', '4']

  it('gives mean, standard error, and both choices; folds come from the seed', async () => {
    const found = async (...more: string[]) => {
      const ran = await nadir(['cv', at('d.csv'), ...flags, ...more, '--json'])
      expect(ran.code).toBe(0)
      return objectOf(ran) as {
        lambdas: number[]
        mean: number[]
        standardError: number[]
        lambdaMin: number
        lambdaOneStandardError: number
        lambda: number
        folds: number
        seconds: number
      }
    }
    const first = await found()
    expect([first.lambdas.length, first.mean.length, first.standardError.length, first.folds]).toEqual([6, 6, 6, 4])
    const best = first.mean.indexOf(Math.min(...first.mean))
    expect(first.lambdaMin).toBe(first.lambdas[best])
    const simple = first.mean.findIndex(value => value <= first.mean[best] + first.standardError[best])
    expect(first.lambdaOneStandardError).toBe(first.lambdas[simple])
    expect(first.lambda).toBe(first.lambdaMin)
    expect({ ...(await found()), seconds: 0 }).toEqual({ ...first, seconds: 0 })
    expect((await found('--seed', '1')).mean).not.toEqual(first.mean)
    expect((await found('--rule', 'one-standard-error')).lambda).toBe(first.lambdaOneStandardError)
  })

  it('keeps groups together, and out of the features', async () => {
    const all = ['--model', 'gated', '--patterns', '20', '--backend', 'wasm', '--threads', '1']
    const ran = await nadir([
      'cv',
      at('d.csv'),
      '--target',
      'y',
      ...all,
      '--count',
      '3',
      '--folds',
      '6',
      '--groups',
      'person',
    ])
    expect([ran.code, ran.out.split('\n')[0]]).toEqual([
      0,
      'd.csv: 60 rows, 2 feature columns, target "y" (regression)',
    ])
    const more = await nadir(['cv', at('d.csv'), '--target', 'y', ...FAST, '--folds', '7', '--groups', 'person'])
    expect([more.code, more.err]).toEqual([
      2,
      expect.stringContaining('got 6 groups for 7 folds. Ask for fewer folds.'),
    ])
    const unknown = await nadir(['cv', at('d.csv'), '--target', 'y', ...FAST, '--groups', 'persn'])
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('groups "persn" is not a column of d.csv. Did you mean "person"?'),
    ])
  })

  it('prints the table with both choices marked, and fits with --fit', async () => {
    const ran = await nadir(['cv', at('d.csv'), ...flags, '--fit', '--out', at('run'), '--output', at('cv.csv')])
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^ *lambda +held-out loss +standard error$/m)
    expect(ran.out.match(/\bleast\b/g)?.length).toBeGreaterThanOrEqual(2)
    expect(ran.out).toMatch(/lambda min +[\d.e-]+ .*\(chosen\)\nlambda 1se +[\d.e-]+ /)
    const table = readFileSync(at('cv.csv'), 'utf8').trim().split('\n')
    expect([table[0], table.length]).toEqual(['lambda,mean,standard_error', 7])
    const model = parseModel(readFileSync(at('run/model.json'), 'utf8'), 'run')
    const lambdas = table.slice(1).map(line => line.split(',').map(Number))
    expect(model.lambda).toBe(lambdas.reduce((a, b) => (b[1] < a[1] ? b : a))[0])
    expect(model.training.rows).toBe(60)
    expect(readdirSync(at('run'))).toContain('config.yaml')
  })

  it('refuses what does not go together', async () => {
    for (const [argv, message] of [
      [['d.csv', '--out', 'x'], 'cv: --out is where --fit writes its model'],
      [['-', '--fit'], 'cv: --fit reads the data twice'],
      [['d.csv', '--fit', '--output', 'csv'], 'cv: --output csv or json prints the table alone'],
      [['d.csv', '--folds', '1'], 'A whole number ≥ 2 is needed; got "1".'],
    ] as const) {
      const ran = await nadir(['cv', ...argv])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
    }
  })
})
