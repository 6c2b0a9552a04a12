/**
 * Non-negative least squares: min ‖E·x − f‖₂ over x ≥ 0, by the active-set method of Lawson and Hanson.
 *
 * Optimal x satisfies x ≥ 0, Eᵀ(f − E·x) ≤ 0, and zero gradient where x > 0. The method keeps a passive set P (where x may
 * be positive), solves least squares on it by an updated QR, lets the column of largest gradient in and drops those
 * whose coefficient would turn negative; every round lowers the residual, so no set comes back.
 *
 * Source: C. Lawson, R. Hanson, Solving Least Squares Problems, 1974, chapter 23.
 * @module
 */
import { DomainError, NotSolvedError, ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../dense.ts'
import { dot } from '../vector.ts'
import { checkFinite, ROUND_OFF, scaleOf } from './input.ts'
import { type PassiveSet, passiveSet } from './passiveSet.ts'

/** Warm start and limit of `nnls`. */
export interface NnlsOptions {
  /** Columns expected to be positive, e.g. `passive` of a neighbouring problem. */
  readonly passive?: ArrayLike<number>
  /** Changes of the passive set before giving up; default 3·columns + 10. */
  readonly maxIterations?: number
}

/** The minimiser of ‖E·x − f‖ over x ≥ 0, with its residual. */
export interface NnlsSolution {
  /** In R^n, ≥ 0. */
  readonly x: Float64Array
  /** f − E·x, in R^d. */
  readonly residual: Float64Array
  /** The columns with x > 0. */
  readonly passive: Uint32Array
  /** Changes of the passive set. */
  readonly iterations: number
}

/**
 * The minimiser for E ∈ R^{d × n} given by its columns: row j of `columns` ∈ R^{n × d} is column j of E.
 *
 * Stops when the largest gradient is ≤ 1e-12·‖Eᵀf‖, or within its own rounding error. Meant for d up to a few hundred
 * and any n: a round costs n·d + d·|P| flops.
 *
 * @throws ShapeError when f is not in R^d.
 * @throws DomainError for entries that are not finite, or a passive index out of range.
 * @throws NotSolvedError (code E_NNLS) at `maxIterations`.
 */
export function nnls(columns: Dense, f: Float64Array, options: NnlsOptions = {}): NnlsSolution {
  if (f.length !== columns.cols)
    throw new ShapeError(
      `nnls: the target must have ${columns.cols} numbers (the length of a column); got ${f.length}.`,
    )
  checkFinite('nnls', columns)
  checkFinite('nnls target', dense(1, f.length, f))
  // Powers of two, so that squares stay in range; they change no bit of the solution otherwise.
  const [scaleE, scaleF] = [scaleOf(columns.data), scaleOf(f)]
  const e = dense(
    columns.rows,
    columns.cols,
    columns.data.map(v => v / scaleE),
  )
  const scaled = lawsonHanson(
    e,
    f.map(v => v / scaleF),
    options,
  )
  return {
    ...scaled,
    x: scaled.x.map(v => (v / scaleE) * scaleF),
    residual: scaled.residual.map(v => v * scaleF),
  }
}

function lawsonHanson(e: Dense, f: Float64Array, options: NnlsOptions): NnlsSolution {
  const n = e.rows
  const { passive = [], maxIterations = 3 * n + 10 } = options
  const set = passiveSet(f)
  const x = new Float64Array(n)
  const norms = Float64Array.from({ length: n }, (_, j) => Math.sqrt(dot(rowOf(e, j), rowOf(e, j))))
  const sizeF = Math.sqrt(dot(f, f))
  const correlation = Float64Array.from({ length: n }, (_, j) => dot(rowOf(e, j), f))
  const stop = 1e-12 * Math.sqrt(dot(correlation, correlation))
  let iterations = 0
  const count = () => {
    if (++iterations > maxIterations)
      throw new NotSolvedError(
        `nnls: the passive set must settle within ${maxIterations} changes; it did not. Raise maxIterations, or scale the columns alike.`,
        'E_NNLS',
      )
  }

  const inside = new Uint8Array(n)
  for (let i = 0; i < passive.length; i++) {
    const j = passive[i]
    if (!(Number.isInteger(j) && j >= 0 && j < n))
      throw new DomainError(`nnls: passive indices must be in 0..${n - 1}; got ${j}.`)
    if (inside[j] === 0 && set.add(j, rowOf(e, j))) inside[j] = 1
  }
  // From x = 0 on the given set, columns with a negative coefficient leave at once.
  retreat(set, x, inside, () => {})

  const residual = f.slice()
  // Columns that were let in and did not help, until something else changes.
  const refused = new Uint8Array(n)
  for (;;) {
    residual.set(f)
    let mass = sizeF
    for (const j of set.members) {
      const column = rowOf(e, j)
      mass += x[j] * norms[j]
      for (let i = 0; i < f.length; i++) residual[i] -= x[j] * column[i]
    }
    let best = -1
    let steepest = 0
    for (let j = 0; j < n; j++) {
      if (inside[j] === 1 || refused[j] === 1) continue
      const g = dot(rowOf(e, j), residual)
      if (g > steepest && g > stop && g > 4 * ROUND_OFF * norms[j] * mass) {
        steepest = g
        best = j
      }
    }
    if (best < 0) break
    count()
    if (!set.add(best, rowOf(e, best))) {
      refused[best] = 1
      continue
    }
    const z = set.solve()
    if (!(z[z.length - 1] > 0)) {
      // A positive gradient must give a positive coefficient: this one is rounding.
      set.remove(z.length - 1)
      refused[best] = 1
      continue
    }
    inside[best] = 1
    retreat(set, x, inside, count)
    refused.fill(0)
  }
  return { x, residual, passive: Uint32Array.from(set.members), iterations }
}

/** Moves x to the least-squares solution on the set, dropping members as they reach zero. */
function retreat(set: PassiveSet, x: Float64Array, inside: Uint8Array, count: () => void): void {
  for (;;) {
    const z = set.solve()
    let step = 1
    set.members.forEach((j, p) => {
      if (z[p] <= 0) step = Math.min(step, x[j] / (x[j] - z[p]))
    })
    let dropped = 0
    for (let p = set.members.length - 1; p >= 0; p--) {
      const j = set.members[p]
      const blocking = z[p] <= 0 && (x[j] === 0 || x[j] / (x[j] - z[p]) <= step)
      x[j] = blocking ? 0 : x[j] + step * (z[p] - x[j])
      if (!blocking) continue
      set.remove(p)
      inside[j] = 0
      dropped++
      count()
    }
    if (dropped === 0) {
      set.members.forEach((j, p) => {
        x[j] = z[p]
      })
      return
    }
  }
}
