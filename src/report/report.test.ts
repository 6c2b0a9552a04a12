/**
 * The page: whole, self-contained, safe with hostile names, and with the numbers it was drawn from.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Element, readHtml } from '../../test/oracles/html.ts'
import { csvText } from '../data/csv.ts'
import { type Dataset, datasetOf } from '../data/dataset.ts'
import { predictionsOf } from '../data/predictions.ts'
import type { Table } from '../data/table.ts'
import { shorten } from '../display/words.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate, valuesOf } from '../formats/onRows.ts'
import type { Trace } from '../formats/runFolder.ts'
import { fit } from '../models/fit.ts'
import { fold, key, normals } from '../random/index.ts'
import { inspectModel } from './inspection.ts'
import { makeReport, type Report } from './report.ts'

const EVIL = '<script>alert("x")</script>'
const HOSTILE = [EVIL, `"onload='alert(1)' & <b>`, 'new\nline\u0000\u001b[31m\u202e\ud800', '-->]]></style></svg>']
const n = 60

/** Numbers, categories, a flag and an unused column, all with names that would like to be markup. */
function tableOf(target: 'number' | 'two' | 'three'): Table {
  const a = normals(fold(key(5), 'a'), n)
  const b = normals(fold(key(5), 'b'), n)
  const signal = a.map((v, i) => Math.abs(v) + 0.5 * b[i] + (i % 3) / 2)
  const cut = [...signal].sort((p, q) => p - q)
  const classOf = (v: number) =>
    `${EVIL}${target === 'two' ? Number(v > cut[30]) : Number(v > cut[20]) + Number(v > cut[40])}`
  return {
    rows: n,
    source: HOSTILE[3],
    notes: [],
    columns: [
      { kind: 'number', name: HOSTILE[0], values: a, missing: null },
      { kind: 'number', name: HOSTILE[1], values: b, missing: Uint8Array.from(a, (_, i) => (i % 9 === 0 ? 1 : 0)) },
      {
        kind: 'text',
        name: HOSTILE[2],
        values: Array.from({ length: n }, (_, i) => [`${EVIL}&amp;`, '</td>', null][i % 3]),
      },
      target === 'number'
        ? { kind: 'number', name: HOSTILE[3], values: signal, missing: null }
        : { kind: 'text', name: HOSTILE[3], values: Array.from(signal, classOf) },
    ],
  }
}

async function trained(
  target: 'number' | 'two' | 'three',
): Promise<{ model: SavedModel; data: Dataset; trace: Trace }> {
  const data = datasetOf(tableOf(target))
  const fitted = await fit(data.x, data.y, {
    model: 'gated',
    patterns: 15,
    lambdaFraction: 0.05,
    tolerance: 1e-4,
    backend: 'js',
    ...(data.target.kind === 'classes' && { classes: data.target.labels }),
  })
  const loss = { number: 'squared', two: 'logistic', three: 'multinomial' } as const
  const model: SavedModel = {
    madeBy: '0',
    network: fitted.network,
    standardisation: fitted.standardisation,
    encoding: data.encoding,
    target: data.target,
    loss: { name: loss[target] },
    lambda: fitted.lambda,
    lambdaMax: fitted.lambdaMax,
    patterns: { gates: fitted.patterns.gates, complete: fitted.patterns.complete },
    certificate: fitted.certificate,
    training: {
      source: data.source,
      rows: n,
      weights: null,
      status: fitted.status,
      iterations: fitted.iterations,
      seconds: fitted.seconds,
      seed: 0,
      backend: fitted.backend,
      gap: 1e-4,
      solver: fitted.solver,
    },
    metrics: {},
  }
  const validation = {
    lambdas: [1, 0.1, 0.01],
    mean: [0.5, 0.3, 0.4],
    standardError: [0.05, 0.04, 0.05],
    lambdaMin: 0.1,
    lambdaOneStandardError: 0.1,
    folds: 5,
    ended: null,
  }
  return { model: { ...model, metrics: evaluate(model, data) }, data, trace: { curve: fitted.curve, validation } }
}

const TARGETS = ['number', 'two', 'three'] as const
type Made = Awaited<ReturnType<typeof trained>> & { report: Report; elements: Element[]; problems: string[] }
const all = new Map<string, Made>()
beforeAll(async () => {
  for (const target of TARGETS) {
    const made = await trained(target)
    const report = await makeReport(
      {
        model: made.model,
        data: { rows: made.data, source: made.data.source },
        trace: made.trace,
        path: `runs/${EVIL}`,
        folder: 'report-figures',
        verdict: { valid: true, problems: [] },
        notes: [`column "${EVIL}"`],
      },
      { repeats: 2, search: target !== 'three' },
    )
    all.set(target, { ...made, report, ...readHtml(report.html) })
  }
}, 60_000)
const madeFor = (target: string) => all.get(target) as Made

describe.each(TARGETS)('the page of a model for %s', target => {
  it('is well-formed, with every figure, each with words for those who do not see it', () => {
    const { problems, elements, report } = madeFor(target)
    expect(problems).toEqual([])
    const figures = elements.filter(({ name }) => name === 'figure').map(({ attributes }) => attributes.get('id'))
    expect(figures).toEqual(report.figures.map(({ id }) => `figure-${id}`))
    expect(new Set(figures).size).toBe(figures.length)
    const drawings = elements.filter(({ name, attributes }) => name === 'svg' && attributes.get('role') === 'img')
    expect(drawings).toHaveLength(figures.length)
    for (const { attributes } of drawings) expect(attributes.get('aria-label')?.length).toBeGreaterThan(30)
    expect(elements.filter(({ name }) => name === 'figcaption')).toHaveLength(figures.length)
    expect(elements.filter(({ name }) => name === 'h1')).toHaveLength(1)
    expect(elements[0].attributes.get('lang')).toBe('en')
  })

  it('links of the page lead to its sections, and ids are given once', () => {
    const { elements } = madeFor(target)
    const ids = elements.map(({ attributes }) => attributes.get('id')).filter(id => id !== undefined)
    expect(new Set(ids).size).toBe(ids.length)
    const links = elements.filter(({ name }) => name === 'a').map(({ attributes }) => attributes.get('href') ?? '')
    expect(links.length).toBeGreaterThanOrEqual(9)
    for (const link of links) expect(ids).toContain(link.replace(/^#/, ''))
  })

  it('asks for nothing from anywhere, and runs nothing', () => {
    const { elements, report } = madeFor(target)
    const names = new Set(elements.map(({ name }) => name))
    for (const name of [
      'script',
      'link',
      'iframe',
      'img',
      'object',
      'embed',
      'base',
      'form',
      'image',
      'use',
      'foreignObject',
    ])
      expect(names, name).not.toContain(name)
    const wrong = elements.flatMap(({ name, attributes }) =>
      [...attributes]
        .filter(
          ([key, value]) =>
            /^on|^src|^xlink|^xmlns|^action$|^data$/i.test(key) ||
            (key === 'href' && !/^#[\w-]+$/.test(value)) ||
            (!['aria-label', 'content'].includes(key) && /:\/\/|url\(|javascript:|expression/i.test(value)),
        )
        .map(([key, value]) => `${name} ${key}=${value}`),
    )
    expect(wrong).toEqual([])
    expect(report.html).not.toMatch(/https?:\/\//)
    for (const { name, text } of elements)
      if (name === 'style') expect(text).not.toMatch(/url\(|@import|@font-face|\/\//)
  })

  it('shows hostile names as text', () => {
    const { elements, report } = madeFor(target)
    expect(report.html).not.toContain('<script')
    expect(report.html).not.toContain('</style></svg>')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
    expect(report.html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/)
    expect(Buffer.from(report.html, 'utf8').toString('utf8')).toBe(report.html)
    expect(elements.filter(({ name }) => name === 'style')).toHaveLength(1)
    const said = elements.map(({ text }) => text).join(' ')
    expect(said).toContain('&lt;script&gt;alert(')
  })

  it('the sentence of the certificate stands first, as it is', () => {
    const { elements, model } = madeFor(target)
    const first = elements.find(({ name }) => name === 'p')
    expect(first?.text.replaceAll('&#39;', "'")).toBe(model.certificate.statement)
    expect(elements.filter(({ name }) => name === 'p')[1].text).toContain('and they hold.')
  })

  it('the figures are those that fit the target', () => {
    const ids = madeFor(target).report.figures.map(({ id }) => id)
    const shared = [
      'gap-by-step',
      'gap-by-time',
      'objective-by-step',
      'objective-by-time',
      'lambda-choice',
      'path-loss',
      'path-weights',
      'path-neurons',
      ...(target === 'number' ? ['predicted-true'] : ['roc', 'calibration', 'confusion']),
      'baselines',
      'neuron-weights',
      'neuron-activity',
      'importance',
      'feature-weights',
    ]
    expect(ids.filter(id => !id.startsWith('dependence-'))).toEqual(shared)
    expect(ids.filter(id => id.startsWith('dependence-')).length).toBeGreaterThan(0)
    const methods = madeFor(target).report.methods.map(({ method }) => method.split(',')[0])
    expect(methods).toHaveLength(target === 'three' ? 3 : 4)
  })
})

describe('the numbers of the figures', () => {
  const dataOf = (target: string, id: string) => {
    const figure = madeFor(target).report.figures.find(each => each.id === id)
    expect(figure, id).toBeDefined()
    return (figure as Report['figures'][number]).data
  }

  it('gap and objective are those of the run, the bound from its gap', () => {
    const { trace } = madeFor('number')
    const gaps = dataOf('number', 'gap-by-step').rows
    const both = dataOf('number', 'objective-by-time').rows
    expect(gaps).toHaveLength(trace.curve.length)
    trace.curve.forEach(([seconds, objective, gap], k) => {
      expect(gaps[k]).toEqual([k + 1, Number.isFinite(gap) ? gap : null])
      expect(both[k].slice(0, 2)).toEqual([seconds, objective])
      if (Number.isFinite(gap)) expect((objective - (both[k][2] as number)) / Math.abs(objective)).toBeCloseTo(gap, 10)
    })
    expect(dataOf('number', 'lambda-choice').rows).toEqual([
      [1, 0.5, 0.05],
      [0.1, 0.3, 0.04],
      [0.01, 0.4, 0.05],
    ])
  })

  it('predictions are those of the model', () => {
    const { model, data } = madeFor('number')
    const values = valuesOf(model, data.x)
    expect(dataOf('number', 'predicted-true').rows).toEqual(Array.from(data.y, (y, i) => [y, values[i]]))
  })

  it('the confusion matrix counts every row once, and agrees with the accuracy', () => {
    for (const target of ['two', 'three']) {
      const { model, data } = madeFor(target)
      const { rows } = dataOf(target, 'confusion')
      const { values } = predictionsOf(valuesOf(model, data.x), { target: model.target, loss: model.loss.name })
      expect(rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(n)
      const right = rows
        .filter(([truth, predicted]) => truth === predicted)
        .reduce((sum, row) => sum + Number(row[2]), 0)
      expect(right).toBe([...values].filter((k, i) => k === data.y[i]).length)
      expect(right / n).toBe(model.metrics.accuracy)
    }
  })

  it('the ROC of two classes has the AUC of the metrics', () => {
    const { rows } = dataOf('two', 'roc')
    let area = 0
    for (let k = 1; k < rows.length; k++)
      area += ((Number(rows[k][2]) - Number(rows[k - 1][2])) * (Number(rows[k][3]) + Number(rows[k - 1][3]))) / 2
    expect(area).toBeCloseTo(madeFor('two').model.metrics.auc, 12)
  })

  it('baselines: the last row is the network, with its certified objective and no worse than local search', () => {
    const { model, report } = madeFor('number')
    const own = report.methods[report.methods.length - 1]
    expect(own).toMatchObject({ objective: model.certificate.primal, metrics: model.metrics })
    expect(report.methods[0].metrics.r2).toBeCloseTo(0, 12)
    expect(dataOf('number', 'baselines').rows.map(row => row[0])).toEqual(report.methods.map(({ method }) => method))
  })

  it.each(TARGETS)('the path of %s goes from the constant to the model, over its patterns', target => {
    const { model, data } = madeFor(target)
    const { header, rows } = dataOf(target, 'path-loss')
    const column = (name: string) => rows.map(row => Number(row[header.indexOf(name)]))
    const [first, last] = [0, rows.length - 1]
    expect(column('lambda')[first]).toBe(model.lambdaMax)
    expect(column('lambda')[last] / model.lambda).toBeCloseTo(1, 9)
    const [objective, bound] = [column('objective'), column('bound')]
    // The same program as the model's, solved to 1e-3: the intervals of the two certificates meet.
    expect(bound[last]).toBeLessThanOrEqual(model.certificate.primal)
    expect(objective[last]).toBeGreaterThanOrEqual(model.certificate.dual)
    expect((objective[last] - bound[last]) / objective[last]).toBeLessThan(2e-3)
    // Along the path optima fall with lambda, and so does the loss: each bound lies below all objectives before it.
    for (let k = 1; k < rows.length; k++) expect(bound[k]).toBeLessThanOrEqual(objective[k - 1])
    expect(column('training_loss')[first]).toBeCloseTo(objective[first], 6)
    expect(column('training_loss')[last]).toBeLessThan(column('training_loss')[first])
    expect(dataOf(target, 'path-neurons').rows[first][1]).toBe(0)
    const weights = dataOf(target, 'path-weights')
    expect(weights.header.slice(1)).toEqual(inspectModel(model, data, { repeats: 1 }).features.map(({ name }) => name))
    expect(weights.rows[first].slice(1).every(weight => weight === 0)).toBe(true)
    expect(weights.rows[last].slice(1).some(weight => Number(weight) > 0)).toBe(true)
  })

  it('the importance is that of the inspection, losses and metrics alike', () => {
    const { model, data } = madeFor('two')
    const { features } = inspectModel(model, data, { repeats: 2, seed: 0 })
    const { header, rows } = dataOf('two', 'importance')
    for (const row of rows) {
      const feature = features.find(({ name }) => name === row[0])
      expect(row[1]).toBe(feature?.importance?.loss.mean)
      expect(row[header.indexOf('auc_change')]).toBe(feature?.importance?.auc.mean)
    }
    expect(rows).toHaveLength(3)
  })

  it('as CSV they have as many lines as rows, quoted line ends included', () => {
    const text = csvText(dataOf('three', 'confusion'))
    expect(text.split('\n')).toHaveLength(1 + 9 + 1)
    expect(text).toContain('"<script>alert(""x"")</script>0"')
  })
})

describe('what is not there', () => {
  it('without rows and run the page says so, and is whole', async () => {
    const { model } = madeFor('number')
    const report = await makeReport({
      model,
      data: null,
      trace: { curve: [], validation: null },
      path: 'm.json',
      folder: 'f',
    })
    expect(readHtml(report.html).problems).toEqual([])
    expect(report.figures.map(({ id }) => id)).toEqual(['neuron-weights', 'feature-weights'])
    for (const text of [
      'The steps were not recorded',
      'No rows were given to predict on.',
      'Baselines need the rows of training.',
      'How it was chosen was not recorded',
      'This is what was saved with the model.',
    ])
      expect(report.html).toContain(text)
  })

  it('other rows than those of training get no baselines, and a refuted certificate is said first', async () => {
    const { model, data, trace } = madeFor('number')
    const other = { ...data, y: data.y.map(v => v + 1) }
    const report = await makeReport({
      model,
      data: { rows: other, source: 'others' },
      trace,
      path: 'm.json',
      folder: 'f',
      verdict: { valid: false, problems: ['the bound is above'] },
    })
    expect(report.methods).toEqual([])
    expect(report.html).toContain('does NOT hold for these weights and rows: the bound is above.')
    expect(report.html).not.toContain('and they hold.')
    expect(report.html).toContain('These rows are not those of training: others, 60 rows.')
  })

  it('a constant network has a page too', async () => {
    const { model, data } = madeFor('number')
    const { hidden, output } = model.network
    const constant: SavedModel = {
      ...model,
      network: {
        ...model.network,
        hidden: { ...hidden, rows: 0, data: new Float64Array() },
        output: { ...output, rows: 0, data: new Float64Array() },
        gates: { ...hidden, rows: 0, data: new Float64Array() },
      },
    }
    const report = await makeReport({
      model: constant,
      data: { rows: data, source: 'd' },
      trace: { curve: [[0.1, 0, 0]], validation: null },
      path: 'm.json',
      folder: 'f',
    })
    expect(readHtml(report.html).problems).toEqual([])
    expect(report.html).toContain('There are none: the network is a constant.')
  })

  it('test rows are measured on beside', async () => {
    const { model, data, trace } = madeFor('two')
    const report = await makeReport(
      {
        model,
        data: { rows: data, source: 'd' },
        test: { rows: { ...data, y: data.y.map(k => 1 - k) }, source: 'flipped' },
        trace,
        path: 'm.json',
        folder: 'f',
      },
      { search: false, repeats: 1 },
    )
    expect(report.html).toContain('These rows were kept out of training: flipped, 60 rows.')
    const own = report.methods[report.methods.length - 1]
    expect(own.metrics.accuracy).toBeCloseTo(1 - model.metrics.accuracy, 12)
    // What is learned of the labels is wrong for their opposites: the loss kept out rises as lambda falls.
    const held = report.figures.find(({ id }) => id === 'path-loss')?.data.rows.map(row => Number(row[4])) ?? []
    expect(held[held.length - 1]).toBeGreaterThan(held[0])
  })
})

describe('words', () => {
  it('shortens in the middle, and counts letters', () => {
    expect([shorten('abcdefghij', 5), shorten('abc', 5), shorten('😀😀😀😀', 3)]).toEqual(['ab…ij', 'abc', '😀…😀'])
    expect(shorten('a\n\tb\u0007', 9)).toBe('a b ')
  })
})
