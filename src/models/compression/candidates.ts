/**
 * The ways to spend a number of bits on a matrix: each a candidate with a name, what it costs, and drafts that get better.
 *
 * A candidate that does not fit the budget is not made. Costs are counted as the file counts them: codes, scales, codebooks, tables of bits.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import type { Svd } from '../../matrix/factor/svd.ts'
import { type BitPlan, evenBits, gradedBits } from './allocateBits.ts'
import { caldera } from './caldera.ts'
import { type CodedLines, lineValues } from './codedLines.ts'
import { codeLines } from './codeLines.ts'
import type { Term } from './compressed.ts'
import { gradedTerm, improving, roundFactors } from './gradedFactors.ts'
import { gradedLines } from './gradedLines.ts'
import { columnsAsLines, rowsAsLines } from './lines.ts'
import { type PublishedOptions, publishedFactors } from './publishedFactors.ts'

/** Terms with ‖A − Â‖²_F; `value` is what the method minimises (the same, unless calibrated). */
export interface Draft {
  readonly squaredError: number
  readonly value: number
  terms(): readonly Term[]
}

/** One way to spend the bits. */
export interface Candidate {
  readonly name: string
  /** Better and better drafts; null is a pause within long work. Ends where there is nothing to improve. */
  drafts(): Generator<Draft | null>
}

/** A and what all candidates share. */
export interface Workload {
  readonly a: Dense
  /** Leading factors to the largest rank that any candidate needs. */
  factors(rank: number): Svd
  readonly seed: number
}

/** A component's float32 scale. */
const SCALE_BITS = 32
/** One byte a line, for L and for R. */
const TABLE_BITS = 16

/** How a whole matrix is coded. */
export interface DirectOptions {
  readonly bits: number
  readonly grid: 'min-max' | 'clip' | 'codebook'
  readonly by: 'matrix' | 'rows' | 'columns'
  readonly dither?: number
}

/** Quantizes entry by entry. */
export function directCandidate({ a }: Workload, { bits, grid, by, dither }: DirectOptions): Candidate {
  const oneBitSign = bits === 1 && grid === 'clip' ? 'sign' : `${grid}, ${bits} bit`
  return {
    name: `direct (${oneBitSign}, ${by === 'matrix' ? 'one scale' : `a scale for each ${by === 'rows' ? 'row' : 'column'}`})`,
    *drafts() {
      const lines = by === 'columns' ? columnsAsLines(a) : rowsAsLines(a)
      const matrix = codeLines(lines, { bits, grid, shared: by === 'matrix', ...(dither !== undefined && { dither }) })
      const squaredError = linesError(lines, matrix)
      const term: Term = { kind: 'full', by: by === 'columns' ? 'columns' : 'rows', matrix }
      yield { squaredError, value: squaredError, terms: () => [term] }
    },
  }
}

/** Quantizes entry by entry, with bits chosen for each line; no draft when not even the scales fit. */
export function gradedDirectCandidate({ a }: Workload, by: 'rows' | 'columns', total: number): Candidate {
  return {
    name: `direct (bits chosen for each ${by === 'rows' ? 'row' : 'column'})`,
    *drafts() {
      const lines = by === 'columns' ? columnsAsLines(a) : rowsAsLines(a)
      const matrix = gradedLines(lines, total)
      if (matrix === null) return
      const squaredError = linesError(lines, matrix)
      yield { squaredError, value: squaredError, terms: () => [{ kind: 'full', by, matrix }] }
    },
  }
}

/** A published factorisation, and its rounds. */
export function publishedCandidate({ a }: Workload, options: PublishedOptions): Candidate {
  const { method, rank, leftBits, rightBits, grid, scale } = options
  return {
    name: `${method} (rank ${rank}, ${leftBits}+${rightBits} bit, ${grid}, ${scale === 'matrix' ? 'one scale a factor' : 'a scale each component'})`,
    *drafts() {
      for (const { term, squaredError } of publishedFactors(a, options))
        yield { squaredError, value: squaredError, terms: () => [term] }
    },
  }
}

/** Graded factors with the bits of a plan. */
export function gradedCandidate(work: Workload, plan: BitPlan, name?: string): Candidate {
  return {
    name: name ?? `graded (rank ${plan.left.length}, ${range(plan.left)}+${range(plan.right)} bit)`,
    *drafts() {
      let state = roundFactors(work.a, work.factors(plan.left.length), plan)
      for (;;) {
        const shown = state
        yield { squaredError: state.squaredError, value: state.squaredError, terms: () => [gradedTerm(shown)] }
        for (const round = improving(work.a, state); ; ) {
          const { value, done } = round.next()
          if (done) {
            state = value
            break
          }
          yield null
        }
      }
    },
  }
}

/** Q + L·R. */
export function calderaCandidate(work: Workload, bits: number, plan: BitPlan, calibration?: Dense): Candidate {
  return {
    name: `caldera (${bits} bit + rank ${plan.left.length}, ${range(plan.left)}+${range(plan.right)} bit)`,
    *drafts() {
      const options = { bits, plan, seed: work.seed, ...(calibration !== undefined && { calibration }) }
      for (const { terms, squaredError, weighted } of caldera(work.a, options))
        yield { squaredError, value: weighted, terms: () => terms }
    },
  }
}

/** Everything that fits into `total` bits. */
export function candidatesFor(work: Workload, total: number, values: Float64Array, most: number): Candidate[] {
  const { rows, cols } = work.a
  const list: Candidate[] = []
  // The one that is good nearly always comes first: work may be stopped after it.
  for (const take of [1, 0.6, 0.3]) {
    const plan = gradedPlan(work.a, total, values, most, take)
    if (plan !== null) list.push(gradedCandidate(work, plan))
  }
  for (const bits of [2, 4]) {
    const rank = Math.min(most, Math.floor(total / (bits * (rows + cols) + SCALE_BITS)))
    if (rank >= 1) list.push(gradedCandidate(work, evenBits(rank, bits, bits)))
  }
  for (let bits = 1; bits <= 8; bits++)
    for (const by of ['matrix', 'rows', 'columns'] as const)
      for (const grid of ['min-max', 'clip', 'codebook'] as const) {
        const groups = by === 'matrix' ? 1 : by === 'rows' ? rows : cols
        const extra = 32 * groups * (grid === 'min-max' ? 2 : 1) + (grid === 'codebook' ? 32 * 2 ** bits : 0)
        const cost = bits * rows * cols + extra
        // More bits are never worse: only the most that fit.
        if (cost <= total && cost + rows * cols > total) list.push(directCandidate(work, { bits, grid, by }))
      }
  for (const by of ['rows', 'columns'] as const)
    if (total >= 72 * (by === 'rows' ? rows : cols)) list.push(gradedDirectCandidate(work, by, total))
  for (let bits = 1; bits <= 7; bits++) {
    const plan = gradedPlan(work.a, total - bits * rows * cols - 32 * rows, values, most, 1)
    if (plan !== null) list.push(calderaCandidate(work, bits, plan))
  }
  return list
}

/** A graded plan within `total` bits; null when not even one component fits. */
export function gradedPlan(a: Dense, total: number, values: Float64Array, most: number, take = 1): BitPlan | null {
  const { rows, cols } = a
  const plan = gradedBits(values.subarray(0, most), {
    ...{ rows, cols, total, take },
    overheadEach: SCALE_BITS + TABLE_BITS,
  })
  return plan.left.length === 0 ? null : plan
}

function range(bits: Uint8Array): string {
  const [low, high] = [Math.min(...bits), Math.max(...bits)]
  return low === high ? String(low) : `${low}–${high}`
}

function linesError(lines: readonly Float64Array[], coded: CodedLines): number {
  let sum = 0
  const line = new Float64Array(coded.length)
  lines.forEach((exact, k) => {
    lineValues(coded, k, line)
    for (let i = 0; i < line.length; i++) sum += (exact[i] - line[i]) ** 2
  })
  return sum
}
