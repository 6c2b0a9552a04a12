/**
 * What every exported model must do: say what `nadir predict` says, wherever it runs.
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as ort from 'onnxruntime-web'
import { expect } from 'vitest'
import { encode, type Table } from '../../src/data/index.ts'
import { cellText, isMissing } from '../../src/data/table.ts'
import { exportJs } from '../../src/formats/export/exportJs.ts'
import { exportJson } from '../../src/formats/export/exportJson.ts'
import { exportOnnx } from '../../src/formats/export/exportOnnx.ts'
import { exportSql } from '../../src/formats/export/exportSql.ts'
import type { SavedModel } from '../../src/formats/modelFile.ts'
import { predicted } from './savedModels.ts'

type Answer = number | { readonly label: string; readonly probabilities: Record<string, number> | null }
/** A cell as a program hands it over. */
export type Cell = string | number | boolean | null
/** The function of an exported module. */
export type Predict = (row: Record<string, Cell>) => Answer

const folder = mkdtempSync(join(tmpdir(), 'nadir-exported-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let count = 0

/** Runs the text of a module and gives its function. */
export async function moduleOf(text: string): Promise<Predict> {
  const path = join(folder, `m${count++}.mjs`)
  writeFileSync(path, text)
  const module: { predict: Predict } = await import(/* @vite-ignore */ pathToFileURL(path).href)
  return module.predict
}

/** A row of a table as an object. */
export function rowOf(table: Table, i: number): Record<string, Cell> {
  return Object.fromEntries(
    table.columns.map(column => [
      column.name,
      isMissing(column, i) ? null : column.kind === 'number' ? column.values[i] : cellText(column, i),
    ]),
  )
}

/** The JavaScript module, to the last bit. */
export async function jsLaw(model: SavedModel, table: Table): Promise<void> {
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
}

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

/** The plain weights on raw columns, `neurons` of them, to `tolerance` of the largest value. */
export function jsonLaw(
  model: SavedModel,
  table: Table,
  { neurons, tolerance = 1e-9 }: { neurons?: number; tolerance?: number },
): void {
  const w = JSON.parse(exportJson(model)) as Weights
  expect(w.link).toBe(links[model.loss.name] ?? 'sign')
  if (neurons !== undefined) expect(w.bias).toHaveLength(neurons)
  expect(w.bias.length).toBeGreaterThan(0)
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
    if (w.link === 'identity') expect(Math.abs(f[0] - values[i])).toBeLessThan(tolerance * size)
    else if (w.link === 'softmax') {
      const powers = f.map(value => Math.exp(value - Math.max(...f)))
      const total = powers.reduce((a, b) => a + b)
      powers.forEach((power, k) => {
        expect(power / total).toBeCloseTo(probabilities?.data[i * f.length + k] ?? Number.NaN, 9)
      })
    } else expect(f[0]).toBeCloseTo(scores?.[i] ?? Number.NaN, 8)
  }
}

ort.env.wasm.numThreads = 1

async function run(model: SavedModel, table: Table, precision: 'float64' | 'float32') {
  const { x } = encode(model.encoding, table)
  const session = await ort.InferenceSession.create(exportOnnx(model, { precision }), {
    executionProviders: ['wasm'],
  })
  const data = precision === 'float64' ? x.data : Float32Array.from(x.data)
  const answer = await session.run({ x: new ort.Tensor(precision, data, [x.rows, x.cols]) })
  await session.release()
  return answer
}
/** The ONNX graph in ONNX Runtime, to `tolerance` of the largest number. */
export async function onnxLaw(
  model: SavedModel,
  table: Table,
  precision: 'float64' | 'float32',
  tolerance: number,
): Promise<void> {
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

/** The SQL expression in DuckDB, to 1e-9. */
export async function sqlLaw(model: SavedModel, table: Table): Promise<void> {
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
}

/** The expression on the rows of the table, with the types given in place of DOUBLE and VARCHAR. */
export async function evaluated(
  expression: string,
  table: Table,
  types: Record<string, string> = {},
): Promise<unknown[]> {
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
