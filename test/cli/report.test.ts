/**
 * `nadir inspect`, `nadir report` and `nadir fit --report` from end to end, on a table with hostile names.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../src/formats/modelFile.ts'
import { loadingSnippets } from '../../src/report/loading.ts'
import { readHtml } from '../oracles/html.ts'
import { root } from '../structure/sources.ts'
import { nadir, objectOf, type Ran } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const BAD = '<script>x</script>'
const ROWS = Array.from({ length: 45 }, (_, i) => ({
  a: (i - 20) / 7,
  colour: ['red', BAD, ''][i % 3],
  unused: Math.cos(5 * i),
  y: Math.abs((i - 20) / 7) + (i % 3),
}))
const csv = (rows: typeof ROWS) =>
  `a,${BAD},unused,y\n${rows.map(row => `${row.a},${row.colour},${row.unused},${row.y}\n`).join('')}`
const FAST = ['--model', 'gated', '--patterns', '15', '--backend', 'wasm', '--threads', '1', '--gap', '1e-3']
const NUMBERS = ['-t', 'y', ...FAST]

let fitted: Ran
beforeAll(async () => {
  writeFileSync(at('d.csv'), csv(ROWS))
  fitted = await nadir(['fit', at('d.csv'), ...NUMBERS, '--out', at('run'), '--report', '--json'])
}, 60_000)

describe('fit --report', () => {
  it('puts the page and its numbers into the run folder', () => {
    expect(fitted.code).toBe(0)
    expect(objectOf(fitted)).toMatchObject({ command: 'fit', outputs: [at('run')], report: at('run/report.html') })
    const page = readHtml(readFileSync(at('run/report.html'), 'utf8'))
    expect(page.problems).toEqual([])
    const figures = page.elements.filter(({ name }) => name === 'figure').map(({ attributes }) => attributes.get('id'))
    expect(
      readdirSync(at('run/report-figures'))
        .map(name => `figure-${name.replace('.csv', '')}`)
        .sort(),
    ).toEqual(figures.sort())
    expect(figures).toContain('figure-lambda-choice')
    expect(figures).toContain('figure-baselines')
    expect(page.elements.map(({ text }) => text).join()).toContain('independent code recomputed both numbers')
  })

  it('the choice of lambda was recorded, and is drawn from the record', () => {
    const saved = JSON.parse(readFileSync(at('run/validation.json'), 'utf8')) as {
      lambdas: number[]
      lambdaMin: number
    }
    expect(saved.lambdaMin).toBe(objectOf(fitted).lambda)
    const rows = readFileSync(at('run/report-figures/lambda-choice.csv'), 'utf8').trim().split('\n').slice(1)
    expect(rows.map(row => Number(row.split(',')[0]))).toEqual(saved.lambdas)
  })

  it('needs a run folder', async () => {
    const { code, err } = await nadir(['fit', at('d.csv'), ...NUMBERS, '--out', at('m.json'), '--report'])
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('fit: --report writes into a run folder; got the single file'),
    ])
    expect(existsSync(at('m.json'))).toBe(false)
  })
})

describe('nadir report', () => {
  it('makes the same page again, and says what it wrote', async () => {
    const ran = await nadir(['report', at('run'), at('d.csv'), '-o', at('page.html'), '--json', '--no-search'])
    expect(ran.code).toBe(0)
    const said = objectOf(ran)
    expect(said).toMatchObject({
      command: 'report',
      status: 'done',
      recheck: { valid: true },
      outputs: [at('page.html'), at('page-figures')],
    })
    expect(said.figures).toHaveLength(readdirSync(at('page-figures')).length)
    expect(said.methods).toHaveLength(3)
    const same = (name: string) => readFileSync(at(`page-figures/${name}.csv`), 'utf8')
    expect(same('importance')).toBe(readFileSync(at('run/report-figures/importance.csv'), 'utf8'))
  })

  it('measures on rows kept out of training', async () => {
    writeFileSync(at('test.csv'), csv(ROWS.slice(0, 20)))
    const { code, out } = await nadir([
      ...[
        'report',
        at('run'),
        at('d.csv'),
        '--test',
        at('test.csv'),
        '-o',
        at('t.html'),
        '--no-search',
        '--repeats',
        '1',
      ],
    ])
    expect([code, out]).toEqual([0, expect.stringContaining(`report: ${at('t.html')}\nnumbers of its `)])
    expect(readFileSync(at('t.html'), 'utf8')).toContain('These rows were kept out of training')
    expect(readFileSync(at('t-figures/predicted-true.csv'), 'utf8').trim().split('\n')).toHaveLength(21)
  })

  it('from a single model file, without rows, goes beside it', async () => {
    mkdirSync(at('alone'))
    writeFileSync(at('alone/model.json'), readFileSync(at('run/model.json')))
    const { code, out } = await nadir(['report', at('alone/model.json'), '-q'])
    expect([code, out]).toEqual([0, `report: ${at('alone/report.html')}\n`])
    expect(readFileSync(at('alone/report.html'), 'utf8')).toContain('The steps were not recorded with this model.')
  })

  it('says so when the saved certificate does not hold, and fails', async () => {
    mkdirSync(at('forged'))
    const model = JSON.parse(readFileSync(at('run/model.json'), 'utf8')) as {
      certificate: { dual: number; primal: number; gap: number }
    }
    model.certificate.dual = model.certificate.primal * (1 - 1e-9)
    writeFileSync(at('forged/model.json'), JSON.stringify(model))
    const ran = await nadir(['report', at('forged'), at('d.csv'), '--json', '--no-search', '--repeats', '1'])
    expect(ran.code).toBe(1)
    expect(objectOf(ran)).toMatchObject({ status: 'refuted', recheck: { valid: false } })
    expect(readFileSync(at('forged/report.html'), 'utf8')).toContain('does NOT hold for these weights and rows')
  })

  it('other rows get a page without baselines, and a note', async () => {
    writeFileSync(at('other.csv'), csv(ROWS.map(row => ({ ...row, y: row.y + 1 }))))
    const ran = await nadir(['report', at('run'), at('other.csv'), '-o', at('o.html'), '--json'])
    expect(objectOf(ran)).toMatchObject({ status: 'done', recheck: null, methods: [] })
    expect(ran.err).toContain('these are not the rows of training')
  })

  it.each([
    [['report', 'nothing'], 'model: there is no file nothing.'],
    [['report', 'RUN', '-o', 'page'], 'report: --out must be a file that ends in .html; got "page". Try page.html.'],
    [['report', 'RUN', 'DATA', '--target', 'z'], 'target "z" is not a column'],
    [['report', 'RUN', 'DATA', '--repeats', '0'], 'A whole number ≥ 1 and ≤ 1000 is needed; got "0".'],
    [['inspect', 'RUN', 'nothing.csv'], 'nothing.csv'],
    [['inspect', 'RUN', '--points', '1'], 'A whole number ≥ 2 and ≤ 1000 is needed; got "1".'],
  ])('refuses %j', async (argv, message) => {
    const line = argv.map(arg => (arg === 'RUN' ? at('run') : arg === 'DATA' ? at('d.csv') : arg))
    const { code, err, out } = await nadir(line)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })

  it('refuses a damaged record of the run, and writes nothing', async () => {
    mkdirSync(at('damaged'))
    writeFileSync(at('damaged/model.json'), readFileSync(at('run/model.json')))
    writeFileSync(at('damaged/curve.csv'), 'seconds,objective,relative_gap\n0.1,oops,1\n')
    const curve = await nadir(['report', at('damaged'), at('d.csv')])
    expect([curve.code, curve.err]).toEqual([
      2,
      expect.stringContaining('curve.csv is damaged. Remove it to go without'),
    ])
    writeFileSync(at('damaged/curve.csv'), readFileSync(at('run/curve.csv')))
    writeFileSync(at('damaged/validation.json'), '{"lambdas":[1,2],"mean":[1]}')
    const validation = await nadir(['report', at('damaged'), at('d.csv')])
    expect([validation.code, validation.err]).toEqual([2, expect.stringContaining('validation.json is damaged.')])
    expect(existsSync(at('damaged/report.html'))).toBe(false)
  })
})

describe('nadir inspect', () => {
  it('prints tables that fit a narrow terminal', async () => {
    for (const argv of [
      ['inspect', at('run'), at('d.csv')],
      ['inspect', at('run')],
    ]) {
      const { code, out } = await nadir(argv)
      expect(code).toBe(0)
      for (const text of ['Neurons', 'Features', 'unused', 'norm ']) expect(out).toContain(text)
      for (const line of out.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(72)
    }
  })

  it('--json has everything, in the order of the columns', async () => {
    const said = objectOf(
      await nadir(['inspect', at('run'), at('d.csv'), '--json', '--points', '5', '--repeats', '3']),
    ) as {
      columns: string[]
      neurons: { weights: { raw: number[]; standardised: number[] }; active: number; importance: number }[]
      features: { feature: string; weight: number; share: number }[]
      importance: { repeats: number; features: { feature: string; loss: { values: number[] }; r2: { mean: number } }[] }
      partialDependence: { feature: string; outputs: string[]; grid: (number | string)[]; values: number[][] }[]
    }
    expect(said).toMatchObject({ command: 'inspect', status: 'done', outputs: [], rows: { given: 45, used: 45 } })
    expect(said.columns).toEqual(['a', `${BAD}=${BAD}`, `${BAD}=red`, `${BAD} (missing)`, 'unused'])
    expect(said.neurons.length).toBeGreaterThan(0)
    for (const { weights, active } of said.neurons) {
      expect([weights.raw.length, weights.standardised.length]).toEqual([5, 5])
      expect(active).toBeGreaterThanOrEqual(0)
      expect(active).toBeLessThanOrEqual(1)
    }
    expect(said.features.map(({ feature }) => feature)).toEqual(['a', BAD, 'unused'])
    expect(said.features.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(said.importance.features.map(({ loss }) => loss.values.length)).toEqual([3, 3, 3])
    // A worse fit is a higher loss and a lower R².
    for (const { loss, r2 } of said.importance.features.slice(0, 2)) {
      expect(loss.values[0]).toBeGreaterThan(0)
      expect(r2.mean).toBeLessThan(0)
    }
    expect(said.partialDependence.map(({ grid }) => grid)).toEqual([
      expect.objectContaining({ length: 5 }),
      [BAD, 'red', '(missing)'],
      expect.objectContaining({ length: 5 }),
    ])
    const [{ values }] = said.partialDependence
    expect(values.every(row => row.length === 1)).toBe(true)
  })

  it('without rows gives the weights, and null for what needs rows', async () => {
    const ran = await nadir(['inspect', at('run'), '--json'])
    expect(objectOf(ran)).toMatchObject({ importance: null, partialDependence: null, rows: null })
    expect((await nadir(['inspect', at('run')])).err).toContain('importance and partial dependence need rows')
  })

  it('is a function of its seed', async () => {
    const run = async (seed: string) =>
      (objectOf(await nadir(['inspect', at('run'), at('d.csv'), '--json', '--seed', seed])) as { importance: object })
        .importance
    expect(await run('1')).toEqual(await run('1'))
    expect(await run('1')).not.toEqual(await run('2'))
  })
})

describe('the code on the page', () => {
  it('runs: TypeScript and JavaScript print what nadir predict prints', async () => {
    writeFileSync(at('new.csv'), csv(ROWS.slice(0, 3)))
    const model = await readModel(at('run'))
    const snippets = new Map(loadingSnippets(model, at('run')).map(({ title, code }) => [title.split(',')[0], code]))
    const said = objectOf(await nadir(['predict', at('run'), at('new.csv'), '--json'])) as { predictions: number[] }
    mkdirSync(at('node_modules'))
    symlinkSync(root, at('node_modules/nadir'))
    writeFileSync(at('use.mts'), (snippets.get('TypeScript') as string).replace('new.csv', at('new.csv')))
    const tsx = join(root, 'node_modules', '.bin', 'tsx')
    const printed = execFileSync(tsx, ['--conditions=source', at('use.mts')], { cwd: folder, encoding: 'utf8' })
    expect(said.predictions).toHaveLength(3)
    expect(JSON.parse(printed)).toEqual(said.predictions)
    expect((await nadir(['export', at('run'), '--out', at('model.mjs')])).code).toBe(0)
    writeFileSync(at('use.mjs'), snippets.get('Browser') as string)
    const one = Number(execFileSync('node', [at('use.mjs')], { cwd: folder, encoding: 'utf8' }))
    const { mean } = model.encoding[0] as { mean: number }
    writeFileSync(
      at('one.csv'),
      csv([{ a: Number(mean.toPrecision(4)), colour: BAD, unused: unusedMean(model), y: 0 }]),
    )
    const again = objectOf(await nadir(['predict', at('run'), at('one.csv'), '--json'])) as { predictions: number[] }
    expect(one).toBeCloseTo(again.predictions[0], 12)
  })
})

function unusedMean(model: Awaited<ReturnType<typeof readModel>>): number {
  const feature = model.encoding[2]
  return feature.kind === 'number' ? Number(feature.mean.toPrecision(4)) : Number.NaN
}
