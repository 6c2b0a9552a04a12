/**
 * Exported models say what `nadir predict` says, for any weights: the JavaScript module to the last bit, the SQL expression in
 * DuckDB to 1e-9, the plain weights on raw columns to 1e-9 of the largest value, the ONNX graph in its runtime to 1e-12 of it
 * (1e-5 in float32).
 */
import { describe, expect, it } from 'vitest'
import { parseDelimited } from '../../src/data/delimited.ts'
import { BUNDLED, bundled, type Dataset, datasetOf, rowsOf, type Table } from '../../src/data/index.ts'
import { exportJs } from '../../src/formats/export/exportJs.ts'
import { exportSql } from '../../src/formats/export/exportSql.ts'
import { hasDuckdb } from '../../src/formats/index.ts'
import type { SavedModel } from '../../src/formats/modelFile.ts'
import type { LossName } from '../../src/losses/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { type Cell, evaluated, jsLaw, jsonLaw, moduleOf, onnxLaw, rowOf, sqlLaw } from '../oracles/exported.ts'
import { drawnModel, predicted } from '../oracles/savedModels.ts'

const HOSTILE = ['a "b" it\'s', 'x*/ y', '</script>', 'back\\slash `tick` $']
/** Categories, truth values, missing cells, scales from 1e-6 to 1e6, a mean 1e5 times the spread, a constant while training. */
function wild(rows: number, target: 'number' | 2 | 3, fresh = false): Table {
  const z = normals(fold(key(7), fresh ? 1 : 0), rows * 6)
  const header = [...HOSTILE, 'far', 'colour', 'flag', 'half flag', 'lone', 'y']
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c, d, e, f] = z.subarray(6 * i, 6 * i + 6)
    const colour = fresh && i % 7 === 0 ? 'violet' : ['red', "o'range", 'gr"een', '<b>', ''][(i * i + (i % 3)) % 5]
    const y = target === 'number' ? 1e4 * (a + f) : ["no 'q'", '__proto__', '10'][(i + (a > 0 ? 1 : 0)) % target]
    return [
      a * 1e-6,
      i % 4 === 0 ? 'NA' : b * 1e6,
      fresh && i % 5 === 0 ? '' : c,
      d * 1e-3 - 7,
      1e5 + e,
      quote(colour),
      i % 3 === 0 ? 'True' : 'False',
      i % 4 === 1 ? '' : i % 2 === 0 ? 'True' : 'False',
      fresh && i % 2 === 0 ? '' : f,
      quote(String(y)),
    ].join(',')
  })
  return parseDelimited(`${header.map(quote).join(',')}\n${lines.join('\n')}\n`, { source: 'wild.csv' })
}

interface Case {
  readonly name: string
  readonly model: SavedModel
  /** The rows to predict. */
  readonly table: Table
}

async function cases(): Promise<Case[]> {
  const all: Case[] = []
  for (const [what, loss] of [
    ['number', 'squared'],
    ['number', 'huber'],
    [2, 'logistic'],
    [2, 'squared-hinge'],
    [2, 'multinomial'],
    [3, 'multinomial'],
  ] as const)
    for (const kind of ['relu', 'gated'] as const)
      for (const intercept of [true, false]) {
        const data = datasetOf(wild(60, what), { target: 'y' })
        const model = drawnModel(data, {
          kind,
          loss,
          intercept,
          shared: !intercept,
          neurons: intercept ? 15 : 8,
          constant: intercept ? [] : [0, 7],
        })
        all.push({
          name: `wild, ${what}, ${loss}, ${kind}${intercept ? '' : ', no bias'}`,
          model,
          table: wild(45, what, true),
        })
      }
  // Other activations are written as pairs of ReLU neurons; slopes of powers of two keep the bits.
  for (const activation of [
    { positive: 1, negative: -1 },
    { positive: 1, negative: 0.25 },
  ])
    all.push({
      name: `wild, slopes 1 and ${activation.negative}`,
      model: drawnModel(datasetOf(wild(60, 'number'), { target: 'y' }), { kind: 'relu', activation, loss: 'squared' }),
      table: wild(45, 'number', true),
    })
  for (const name of BUNDLED) {
    const table = await bundled(name)
    const data: Dataset = datasetOf(table)
    const loss: LossName =
      data.target.kind === 'number' ? 'squared' : data.target.labels.length === 2 ? 'logistic' : 'multinomial'
    const some = rowsOf(
      table,
      Array.from({ length: 120 }, (_, i) => i),
    )
    for (const kind of ['relu', 'gated'] as const)
      all.push({ name: `${name}, ${kind}`, model: drawnModel(data, { kind, loss }), table: some })
  }
  return all
}
const ALL = await cases()

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

describe('exportJs', () => {
  it.each(ALL)('$name', ({ model, table }) => jsLaw(model, table))
})

describe('exportJs of truth values, numbers as texts and untidy cells', () => {
  it.each(ALL.slice(0, 3))('$name', async ({ model, table }) => {
    const predict = await moduleOf(exportJs(model))
    const truth = (cell: Cell) => (cell === null ? null : cell === 'True')
    const answers = range(table.rows).map(i => {
      const row = rowOf(table, i)
      const far = ` ${row.far} `
      const colour = row.colour === null ? ' NA ' : ` ${row.colour}`
      const answer = predict({
        ...row,
        far,
        colour,
        flag: truth(row.flag),
        'half flag': truth(row['half flag']),
        more: 1,
      })
      expect(answer).toEqual(predict(row))
      return answer
    })
    expect(new Set(answers).size).toBeGreaterThan(1)
  })
})

describe('exportJson', () => {
  it.each(ALL)('$name', ({ model, table }) => {
    const { hidden, activation } = model.network
    const live = hidden.rows - Math.floor(hidden.rows / 5)
    jsonLaw(model, table, { neurons: activation === undefined ? live : 2 * live })
  })
})

describe('exportOnnx in ONNX Runtime', () => {
  it.each(ALL)('$name, float64', ({ model, table }) => onnxLaw(model, table, 'float64', 1e-12))
  it.each(ALL.filter(({ name }) => !name.startsWith('wild')))('$name, float32', ({ model, table }) =>
    onnxLaw(model, table, 'float32', 1e-5),
  )

  it('a network without neurons is its constant', async () => {
    const data = datasetOf(await bundled('diabetes'))
    const model = drawnModel(data, { kind: 'gated', loss: 'squared', neurons: 0 })
    const table = rowsOf(await bundled('diabetes'), [0, 1])
    await onnxLaw(model, table, 'float64', 1e-12)
    const predict = await moduleOf(exportJs(model))
    expect(predict(rowOf(table, 0))).toBe(predicted(model, table).values[0])
  })
})

describe.skipIf(!(await hasDuckdb()))('exportSql in DuckDB', () => {
  it.each(ALL)('$name', ({ model, table }) => sqlLaw(model, table))

  it('takes the columns as whole numbers and truth values too', async () => {
    const table = parseDelimited(
      `n,flag,y\n${Array.from({ length: 20 }, (_, i) => `${i * i - 7},${i % 3 ? 'True' : 'False'},${i * 0.5}\n`).join('')}`,
      { source: 'x' },
    )
    const model = drawnModel(datasetOf(table), { kind: 'relu', loss: 'squared' })
    const { values } = predicted(model, table)
    const answers = await evaluated(exportSql(model), table, { n: 'INTEGER', flag: 'BOOLEAN' })
    answers.forEach((answer, i) => {
      expect(Math.abs(Number(answer) - values[i])).toBeLessThan(1e-9 * Math.abs(values[i]))
    })
  })

  it('does not nest too deep for 1200 neurons', async () => {
    const { rows, ...rest } = await bundled('diabetes')
    const table = rowsOf(
      { rows, ...rest, columns: rest.columns.slice(0, 2).concat(rest.columns.slice(-1)) },
      range(rows),
    )
    const model = drawnModel(datasetOf(table), { kind: 'relu', loss: 'squared', neurons: 1200 })
    const answers = await evaluated(exportSql(model), table)
    predicted(model, table).values.forEach((value, i) => {
      expect(Math.abs(Number(answers[i]) - value)).toBeLessThan(1e-9 * Math.abs(value))
    })
  })
})
