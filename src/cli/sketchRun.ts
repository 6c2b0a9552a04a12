/**
 * Drawing a sketch for a table and applying it: at once for rows in memory, in passes over blocks of rows else.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { type NumberTables, numbersOf } from '../formats/regressionRows.ts'
import { type Dense, rowOf, transpose } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { qr } from '../matrix/factor/qr.ts'
import { dot } from '../matrix/vector.ts'
import type { Draw, RowDraw } from '../sketch/draw.ts'
import { type Embedding, embedding } from '../sketch/embedding.ts'
import { factorOfSketch, leverageScorer, leverageScores, samplingProbabilities } from '../sketch/leverageScores.ts'
import { type RowSummand, rowSum } from '../sketch/rowSum.ts'
import { sjlt } from '../sketch/sjlt.ts'
import { type SketchKind, sketch } from '../sketch/sketch.ts'
import { gramOf } from '../solvers/streamed/summands.ts'

/** What to draw. */
export interface SketchChoice {
  readonly kind: SketchKind
  /** m; default 4d. */
  readonly rows?: number
  readonly seed: number
  readonly sparsity?: number
  readonly blockRows?: number
}

/** A draw applied. */
export interface Sketched {
  readonly draw: Draw
  readonly sa: Dense
  readonly samples: number
  readonly cols: number
  /** null where it was not affordable, with the reason. */
  readonly embedding: Embedding | null
  readonly unmeasured: string | null
  /** Largest over mean squared row norm; null when rows are not drawn as if all were alike. */
  readonly coherence: number | null
}

const WEIGHTED: readonly SketchKind[] = ['leverage', 'bernoulli', 'less']
/** Columns, and flops of the QR, up to which the distortion is measured. */
const MOST_COLUMNS = 1000
const MOST_FLOPS = 4e10

/** Of a matrix in memory. Leverage scores are exact where a QR is affordable. */
export function sketchMatrix(a: Dense, choice: SketchChoice): Sketched {
  const { rows: n, cols: d } = a
  const affordable = 4 * n * d * d <= MOST_FLOPS && d <= MOST_COLUMNS
  const probabilities = WEIGHTED.includes(choice.kind)
    ? samplingProbabilities(leverageScores(a, { approximate: !affordable, seed: choice.seed }))
    : undefined
  const draw = drawOf(choice, { samples: n, cols: d, probabilities })
  const sa = draw.apply(a)
  const measured = !affordable
    ? { embedding: null, unmeasured: 'the matrix is too large for it' }
    : n < d
      ? { embedding: null, unmeasured: `${n} rows cannot have ${d} independent columns` }
      : measure(sa, () => qr(a).r)
  const spread = coherence()
  spread.add(a)
  return { draw, sa, samples: n, cols: d, ...measured, coherence: spread.value(choice.kind) }
}

/** Of rows that are read in passes: one to count them, two more where scores are needed, one for the sketch and the Gram matrix that measures it. */
export async function sketchRows(
  tables: NumberTables,
  names: readonly string[],
  choice: SketchChoice,
  onRows: (phase: string, rows: number) => void,
): Promise<Sketched> {
  if (choice.kind === 'srht' || choice.kind === 'srht-blocksample')
    throw new UnsupportedError(
      `sketch: ${choice.kind} needs all rows at once; rows are read in blocks. Use srht-blocksum, the Hadamard sketch for streams, or sjlt.`,
    )
  const d = names.length
  const pass = async (phase: string, visit: (offset: number, rows: Dense) => void) => {
    let rows = 0
    for await (const table of tables.blocks(names)) {
      visit(rows, numbersOf(table, names))
      rows += table.rows
      onRows(phase, rows)
    }
    return rows
  }
  const spread = coherence()
  const samples = await pass('count', (_, rows) => spread.add(rows))
  const summed = async (phase: string, parts: readonly RowSummand[]) => {
    const sums = parts.map(part => rowSum(part, d))
    await pass(phase, (offset, rows) => {
      for (const sum of sums) sum.add(offset, rows)
    })
    return sums.map(sum => sum.result(samples))
  }
  let probabilities: Float64Array | undefined
  if (WEIGHTED.includes(choice.kind)) {
    const [small] = await summed('leverage', [sjlt({ rows: 8 * d, samples, seed: choice.seed })])
    const score = leverageScorer(factorOfSketch(small), { samples, seed: choice.seed })
    const scores = new Float64Array(samples)
    await pass('leverage', (offset, rows) => scores.set(score(rows), offset))
    probabilities = samplingProbabilities(scores)
  }
  const draw = drawOf(choice, { samples, cols: d, probabilities }) as RowDraw
  const measurable = d <= MOST_COLUMNS
  const [sa, gram] = await summed('sketch', [draw, ...(measurable ? [gramOf(d, 0, null)] : [])])
  const measured = measurable
    ? measure(sa, () => transpose(cholesky(gram)))
    : { embedding: null, unmeasured: 'the matrix is too large for it' }
  return { draw, sa, samples, cols: d, ...measured, coherence: spread.value(choice.kind) }
}

function drawOf(
  { kind, rows, seed, sparsity, blockRows }: SketchChoice,
  { samples, cols, probabilities }: { samples: number; cols: number; probabilities: Float64Array | undefined },
): Draw {
  const less = kind === 'less' || kind === 'less-uniform'
  // Leverage scores that are approximate ask for twice the four rows that do with exact ones.
  const entries = sparsity ?? (less ? Math.min(8, samples) : undefined)
  const options = {
    rows: rows ?? 4 * cols,
    samples,
    seed,
    ...(entries !== undefined && { sparsity: entries }),
    ...(blockRows !== undefined && { blockRows }),
    ...(probabilities !== undefined && { probabilities }),
  }
  return sketch(kind as 'gaussian', options)
}

function measure(sa: Dense, factor: () => Dense): Pick<Sketched, 'embedding' | 'unmeasured'> {
  try {
    const r = factor()
    for (let j = 0; j < r.cols; j++)
      if (!(Math.abs(r.data[j * r.cols + j]) > 1e-12 * Math.abs(r.data[0])))
        return { embedding: null, unmeasured: 'the columns are dependent, to twelve digits' }
    return { embedding: embedding(sa, r), unmeasured: null }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'E_NOT_POSITIVE_DEFINITE')
      return { embedding: null, unmeasured: 'the columns are too nearly dependent for their Gram matrix' }
    throw error
  }
}

/** Largest over mean squared row norm of rows that come in blocks. */
function coherence(): { add(rows: Dense): void; value(kind: SketchKind): number | null } {
  let [count, sum, most] = [0, 0, 0]
  return {
    add(rows) {
      for (let i = 0; i < rows.rows; i++) {
        const size = dot(rowOf(rows, i), rowOf(rows, i))
        count++
        sum += size
        most = Math.max(most, size)
      }
    },
    value: kind => (kind !== 'uniform' && kind !== 'less-uniform' ? null : sum > 0 ? (most * count) / sum : 1),
  }
}
