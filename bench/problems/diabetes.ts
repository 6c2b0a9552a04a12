/**
 * Diabetes: real data, ReLU program over sampled patterns.
 * @module
 */
import { readFileSync } from 'node:fs'
import { type Dense, dense } from '../../src/matrix/dense.ts'
import { draws, patternsOf } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** 442 people, ten standardised measurements and a ones column, standardised target, 100 Gaussian gates (seed 1). */
export const diabetes: ProblemSource = sampled('diabetes', 100)

/** The same with 500 gates. */
export const diabetes500: ProblemSource = sampled('diabetes-500', 500)

function sampled(name: string, patterns: number): ProblemSource {
  return {
    name,
    title: `ReLU, squared: 442 × 11 real data, ${patterns} sampled patterns`,
    levels: [{ lambda: 0.1 }, { lambda: 0.01 }],
    make() {
      const { x, y } = standardised()
      return {
        name,
        kind: 'relu',
        loss: 'squared',
        outputs: 1,
        x,
        y,
        complete: false,
        ...patternsOf(x, draws(1).matrix(x.cols, patterns)),
      }
    },
  }
}

/** Columns and target to mean 0 and standard deviation 1 (divisor n), ones column last. */
function standardised(): { x: Dense; y: Float64Array } {
  const [, ...lines] = readFileSync(new URL('../../data/diabetes.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const rows = lines.map(line => line.split(',').map(Number))
  const [n, columns] = [rows.length, rows[0].length]
  for (let j = 0; j < columns; j++) {
    const mean = rows.reduce((sum, row) => sum + row[j], 0) / n
    const deviation = Math.sqrt(rows.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) / n)
    for (const row of rows) row[j] = (row[j] - mean) / deviation
  }
  const x = dense(n, columns)
  rows.forEach((row, i) => {
    x.data.set(row.slice(0, -1), i * columns)
    x.data[(i + 1) * columns - 1] = 1
  })
  return { x, y: Float64Array.from(rows, row => row[columns - 1]) }
}
