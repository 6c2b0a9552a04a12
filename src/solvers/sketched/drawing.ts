/**
 * Which sketch a solver draws, and with how many rows.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Draw, DrawOptions } from '../../sketch/draw.ts'
import { type ObliviousKind, sketch } from '../../sketch/sketch.ts'
import type { RidgeProblem } from './ridgeProblem.ts'

/** Which sketch, how many rows, and its seed. */
export interface SketchChoice {
  /**
   * A kind that needs nothing of the data, or a distribution with its scores filled in:
   * `o => leverageRows({ ...o, probabilities })`. Default 'sjlt'.
   */
  readonly kind?: ObliviousKind | ((options: DrawOptions) => Draw)
  /** m; default 4·d. */
  readonly rows?: number
  /** Integer in 0..2³² − 1; default 0. */
  readonly seed?: number
}

/** S·A for a fresh S of `rows` rows. */
export function sketchMatrix(
  problem: RidgeProblem,
  { kind = 'sjlt' }: SketchChoice,
  rows: number,
  seed: number,
): Dense {
  const { matrix } = problem.operator
  const options = { rows, samples: matrix.rows, seed }
  const draw = typeof kind === 'function' ? kind(options) : sketch(kind, options)
  const out = draw.apply(matrix)
  return dense(out.rows, out.cols, out.data)
}

/**
 * The rows asked for, or 4·d.
 *
 * @throws DomainError (E_PARAM_RANGE) when m is not a whole number ≥ 1; (E_SKETCH_TOO_LARGE) when m > n; (E_SKETCH_TOO_SMALL) when λ = 0 and m < d.
 */
export function sketchRows(who: string, problem: RidgeProblem, { rows }: SketchChoice): number {
  const { rows: n, cols: d } = problem.operator
  const m = rows ?? 4 * d
  if (!(Number.isInteger(m) && m >= 1))
    throw new DomainError(`${who}: rows must be a whole number ≥ 1; got ${m}. ${4 * d} is usual here.`, 'E_PARAM_RANGE')
  if (m > n)
    throw new DomainError(
      `${who}: the sketch must have at most the ${n} rows of the data; got ${m}. Use method direct, which costs no more.`,
      'E_SKETCH_TOO_LARGE',
    )
  if (problem.lambda === 0 && m < d)
    throw new DomainError(
      `${who}: without a ridge the sketch must have at least ${d} rows, the columns of the data; got ${m}. Take ${4 * d}, or a ridge.`,
      'E_SKETCH_TOO_SMALL',
    )
  return m
}
