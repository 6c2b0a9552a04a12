/**
 * Exported models say what `nadir predict` says, for any weights: the JavaScript module to the last bit, the SQL expression in
 * DuckDB to 1e-9, the plain weights on raw columns to 1e-9 of the largest value, the ONNX graph in its runtime to 1e-12 of it
 * (1e-5 in float32).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as ort from 'onnxruntime-web'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDelimited } from '../../src/data/delimited.ts'
import { BUNDLED, bundled, type Dataset, datasetOf, encode, rowsOf, type Table } from '../../src/data/index.ts'
import { cellText, isMissing } from '../../src/data/table.ts'
import { exportJs } from '../../src/formats/export/exportJs.ts'
import { exportJson } from '../../src/formats/export/exportJson.ts'
import { exportOnnx } from '../../src/formats/export/exportOnnx.ts'
import { exportSql } from '../../src/formats/export/exportSql.ts'
import { hasDuckdb } from '../../src/formats/index.ts'
import type { SavedModel } from '../../src/formats/modelFile.ts'
import type { LossName } from '../../src/losses/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { drawnModel, predicted } from '../oracles/savedModels.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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

type Answer = number | { readonly label: string; readonly probabilities: Record<string, number> | null }
type Cell = string | number | boolean | null
type Predict = (row: Record<string, Cell>) => Answer

let count = 0
async function moduleOf(text: string): Promise<Predict> {
  const path = join(folder, `m${count++}.mjs`)
  writeFileSync(path, text)
  const module: { predict: Predict } = await import(/* @vite-ignore */ pathToFileURL(path).href)
  return module.predict
}

function rowOf(table: Table, i: number): Record<string, Cell> {
  return Object.fromEntries(
    table.columns.map(column => [
      column.name,
      isMissing(column, i) ? null : column.kind === 'number' ? column.values[i] : cellText(column, i),
    ]),
  )
}

describe('exportJs', () => {
  it.each(ALL)('$name', async ({ model, table }) => {
    const text = exportJs(model)
    expect(text).not.toMatch(/<\/script|\bimport\b/)
    const predict = await moduleOf(text)
    const { values, probabilities } = predicted(model, table)
    for (let i = 0; i < table.rows; i++) {
      const answer = predict(rowOf(table, i))
      if (model.target.kind === 'number') expect(answer).toBe(values[i])
      else {
        const { labels } = model.target
        const expected =
          probabilities === null
            ? null
            : Object.fromEntries(labels.map((label, k) => [label, probabilities.data[i * labels.length + k]]))
        expect(answer).toEqual({ label: labels[values[i]], probabilities: expected })
      }
    }
    expect(new Set(values).size).toBeGreaterThan(1)
  })
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
  interface Weights {
    readonly kind: string
    readonly link: string
    readonly inputs: string[]
    readonly hidden: number[][]
    readonly bias: number[]
    readonly gates?: number[][]
    readonly gateBias?: number[]
    readonly output: number[][]
    readonly offset: number[]
  }
  const links: Record<string, string> = {
    squared: 'identity',
    huber: 'identity',
    logistic: 'logistic',
    multinomial: 'softmax',
  }
  it.each(ALL)('$name', ({ model, table }) => {
    const w = JSON.parse(exportJson(model)) as Weights
    expect(w.link).toBe(links[model.loss.name] ?? 'sign')
    expect(w.bias).toHaveLength(model.network.hidden.rows - Math.floor(model.network.hidden.rows / 5))
    const { x } = encode(model.encoding, table)
    expect(w.inputs).toHaveLength(x.cols)
    const { values, probabilities, scores } = predicted(model, table)
    const size = Math.max(...values.map(Math.abs))
    for (let i = 0; i < x.rows; i++) {
      const row = x.data.subarray(i * x.cols, (i + 1) * x.cols)
      const dot = (u: number[]) => row.reduce((total, value, j) => total + value * u[j], 0)
      const f = w.offset.slice()
      w.hidden.forEach((u, j) => {
        const t = w.bias[j] + dot(u)
        const on = w.gates && w.gateBias ? w.gateBias[j] + dot(w.gates[j]) > 0 : t > 0
        if (on)
          w.output[j].forEach((v, k) => {
            f[k] += v * t
          })
      })
      if (w.link === 'identity') expect(Math.abs(f[0] - values[i])).toBeLessThan(1e-9 * size)
      else if (w.link === 'softmax') {
        const powers = f.map(value => Math.exp(value - Math.max(...f)))
        const total = powers.reduce((a, b) => a + b)
        powers.forEach((power, k) => {
          expect(power / total).toBeCloseTo(probabilities?.data[i * f.length + k] ?? Number.NaN, 9)
        })
      } else expect(f[0]).toBeCloseTo(scores?.[i] ?? Number.NaN, 8)
    }
  })
})

describe('exportOnnx in ONNX Runtime', () => {
  ort.env.wasm.numThreads = 1
  const run = async (model: SavedModel, table: Table, precision: 'float64' | 'float32') => {
    const { x } = encode(model.encoding, table)
    const session = await ort.InferenceSession.create(exportOnnx(model, { precision }), {
      executionProviders: ['wasm'],
    })
    const data = precision === 'float64' ? x.data : Float32Array.from(x.data)
    const answer = await session.run({ x: new ort.Tensor(precision, data, [x.rows, x.cols]) })
    await session.release()
    return answer
  }
  /** The largest error of numbers against what is expected, as a part of the largest. */
  const check = async (model: SavedModel, table: Table, precision: 'float64' | 'float32', tolerance: number) => {
    const answer = await run(model, table, precision)
    const { values, probabilities } = predicted(model, table)
    const { target } = model
    if (target.kind === 'classes') {
      expect(answer.label.dims).toEqual([table.rows])
      expect(answer.label.data).toEqual(Array.from(values, k => target.labels[k]))
      expect(answer.probabilities === undefined).toBe(probabilities === null)
      if (probabilities === null) return
    }
    const expected = probabilities?.data ?? values
    const got = (answer.value ?? answer.probabilities).data
    expect(got).toHaveLength(expected.length)
    const size = Math.max(...expected.map(Math.abs))
    expected.forEach((value, at) => {
      expect(Math.abs(Number(got[at]) - value)).toBeLessThan(tolerance * size)
    })
  }

  it.each(ALL)('$name, float64', ({ model, table }) => check(model, table, 'float64', 1e-12))
  it.each(ALL.filter(({ name }) => !name.startsWith('wild')))('$name, float32', ({ model, table }) =>
    check(model, table, 'float32', 1e-5),
  )

  it('a network without neurons is its constant', async () => {
    const data = datasetOf(await bundled('diabetes'))
    const model = drawnModel(data, { kind: 'gated', loss: 'squared', neurons: 0 })
    const table = rowsOf(await bundled('diabetes'), [0, 1])
    await check(model, table, 'float64', 1e-12)
    const predict = await moduleOf(exportJs(model))
    expect(predict(rowOf(table, 0))).toBe(predicted(model, table).values[0])
  })
})

describe.skipIf(!(await hasDuckdb()))('exportSql in DuckDB', () => {
  it.each(ALL)('$name', async ({ model, table }) => {
    const { target } = model
    const { values, probabilities } = predicted(model, table)
    const classes = target.kind === 'classes' && probabilities !== null ? target.labels : [undefined]
    // All classes where they are few, the first and the last of many.
    for (const className of classes.length > 3 ? [classes[0], classes[9]] : classes) {
      const answers = await evaluated(exportSql(model, { ...(className !== undefined && { className }) }), table)
      expect(answers).toHaveLength(table.rows)
      answers.forEach((answer, i) => {
        if (target.kind === 'number')
          expect(Math.abs(Number(answer) - values[i])).toBeLessThan(1e-9 * Math.abs(values[i]))
        else if (probabilities === null) expect(answer).toBe(target.labels[values[i]])
        else {
          const p = probabilities.data[i * probabilities.cols + target.labels.indexOf(className ?? '')]
          expect(Math.abs(Number(answer) - p)).toBeLessThan(1e-9)
        }
      })
    }
  })

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

/** The expression on the rows of the table, with the types given in place of DOUBLE and VARCHAR. */
async function evaluated(expression: string, table: Table, types: Record<string, string> = {}): Promise<unknown[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const declared = table.columns.map(
      ({ name, kind }) =>
        `"${name.replaceAll('"', '""')}" ${types[name] ?? (kind === 'number' ? 'DOUBLE' : 'VARCHAR')}`,
    )
    const texts = table.columns.map(
      ({ name, kind }) => `"${name.replaceAll('"', '""')}" ${kind === 'number' ? 'DOUBLE' : 'VARCHAR'}`,
    )
    await connection.run(`CREATE TABLE raw (i INTEGER, ${texts.join(', ')})`)
    await connection.run(`CREATE TABLE t (i INTEGER, ${declared.join(', ')})`)
    const appender = await connection.createAppender('raw')
    for (let i = 0; i < table.rows; i++) {
      appender.appendInteger(i)
      for (const column of table.columns) {
        if (isMissing(column, i)) appender.appendNull()
        else if (column.kind === 'number') appender.appendDouble(column.values[i])
        else appender.appendVarchar(column.values[i] ?? '')
      }
      appender.endRow()
    }
    appender.closeSync()
    await connection.run('INSERT INTO t SELECT * FROM raw')
    const result = await connection.runAndReadAll(`SELECT ${expression} AS answer FROM t ORDER BY i`)
    return result.getRows().map(row => row[0])
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
