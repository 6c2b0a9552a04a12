/**
 * What is exported predicts what was trained: networks trained at column scales from 1e-6 to 1e6, with and without intercept, with
 * categories, truth values and missing cells, through every format, on rows that were not trained on.
 */
import { beforeAll, describe, it } from 'vitest'
import { savedModel } from '../../src/cli/train.ts'
import { parseDelimited } from '../../src/data/delimited.ts'
import { type Dataset, datasetOf, type Table } from '../../src/data/index.ts'
import { hasDuckdb } from '../../src/formats/index.ts'
import type { SavedModel } from '../../src/formats/modelFile.ts'
import type { LossName } from '../../src/losses/index.ts'
import { fit } from '../../src/models/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { jsLaw, jsonLaw, onnxLaw, sqlLaw } from '../oracles/exported.ts'

/** Five columns of numbers whose spreads run from 1e-6 to 1e6, two of texts; missing cells in a column of each kind. */
function scaled(rows: number, target: 'number' | 2 | 3, seed: number): Table {
  const z = normals(fold(key(seed), 'scaled'), rows * 6)
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c, d, e, noise] = z.subarray(6 * i, 6 * i + 6)
    const score = Math.max(a + b, 0) - Math.max(c - d, 0) + 0.5 * (i % 3) + 0.1 * noise
    const y = target === 'number' ? 1e5 * score : `class ${Math.min(target - 1, Math.max(0, Math.floor(score + 1)))}`
    const colour = ['red', 'green', 'blue', ''][i % 4]
    return [
      1e-6 * a,
      i % 5 === 2 ? '' : 1e-3 * b,
      c,
      1e3 * (d + 1),
      1e6 * e,
      colour,
      i % 3 === 0 ? 'True' : 'False',
      y,
    ].join(',')
  })
  return parseDelimited(`micro,milli,one,kilo,mega,colour,flag,y\n${lines.join('\n')}\n`, { source: 'scaled.csv' })
}

/** The data set without its hidden bias, or with it, trained. */
async function trained(data: Dataset, kind: 'relu' | 'gated', loss: LossName, intercept: boolean): Promise<SavedModel> {
  const fitted = await fit(data.x, data.y, {
    model: kind,
    loss,
    intercept,
    ...(data.target.kind === 'classes' && { classes: data.target.labels }),
    patterns: 25,
    rounds: 0,
    lambdaFraction: 0.1,
    tolerance: 1e-3,
    backend: 'wasm',
    threads: 1,
  })
  return savedModel(data, fitted, { model: kind, loss, patterns: 25, gap: 1e-3, seed: 0 })
}

const CASES = (['relu', 'gated'] as const).flatMap(kind =>
  (
    [
      ['number', 'squared'],
      [2, 'logistic'],
      [3, 'multinomial'],
    ] as const
  ).flatMap(([target, loss]) => [true, false].map(intercept => ({ kind, target, loss, intercept }))),
)

const duck = await hasDuckdb()

describe.each(CASES)('$kind, $loss, intercept $intercept', ({ kind, target, loss, intercept }) => {
  let model: SavedModel
  const table = scaled(60, target, 2)
  beforeAll(async () => {
    model = await trained(datasetOf(scaled(80, target, 1), { target: 'y' }), kind, loss, intercept)
  })

  it('js, to the last bit', () => jsLaw(model, table))
  it('plain weights, to 1e-9', () => jsonLaw(model, table, {}))
  it('onnx in float64, to 1e-12', () => onnxLaw(model, table, 'float64', 1e-12))
  it('onnx in float32, to 1e-5', () => onnxLaw(model, table, 'float32', 1e-5))
  it.skipIf(!duck)('sql in DuckDB, to 1e-9', () => sqlLaw(model, table))
})
