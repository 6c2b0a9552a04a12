/**
 * Spike-free data: the cell with every sample active is enough.
 *
 * X is spike-free when (Xu)₊ is in its range for every u, as for rows that are independent, and max over ‖u‖ ≤ 1 of ‖X†(Xu)₊‖ ≤ 1: then (Xu)₊ = Xu' for a u' no longer than u, which is active on every sample, and
 * training equals
 *   min over v, w  L(X(v − w)) + β(‖v‖ + ‖w‖),   Xv ≥ 0, Xw ≥ 0.
 * For other data this program is a restriction: its value is an upper bound, its network a real one. Whether data are spike-free is a maximum of a convex
 * function; ascent finds a u that refutes it or nothing, and nothing is no proof. Proved are whitened rows, and nonnegative multiples of one vector.
 * Source: T. Ergen, M. Pilanci, "Convex Geometry and Duality of Over-parameterized Neural Networks", 2021 (spike-free matrices).
 * @module
 */
import type { HomogeneousProgram } from '../../certificates/index.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { masks, setMaskBit } from '../../matrix/masks.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, type Key, normals } from '../../random/index.ts'
import { type TrainCellsOptions, type TrainedCells, trainCells } from '../landscape/trainCells.ts'
import type { ClosedFormData } from './closedForm.ts'

/** The optimum over the cell of all samples: an upper bound, and the optimum itself on spike-free data. */
export async function allActiveNetwork(
  { x, loss, beta }: ClosedFormData,
  options: Pick<TrainCellsOptions, 'tolerance' | 'maxTime' | 'signal'> = {},
): Promise<TrainedCells> {
  const all = masks(1, x.rows)
  for (let i = 0; i < x.rows; i++) setMaskBit(all, 0, i)
  const slopes = { positive: 1, negative: 0 }
  const program: HomogeneousProgram = { x, loss, beta, slopes, freeBias: false, constant: 'none', linear: null }
  return trainCells(program, all, options)
}

/** What ascent found out. */
export interface SpikeSearch {
  /** A number ≤ max ‖X†(Xu)₊‖ over ‖u‖ ≤ 1, reached at `u`. */
  readonly value: number
  readonly u: Float64Array
  /** Whether (Xu)₊ was found outside the range of X. */
  readonly outside: boolean
  /** value > 1 beyond rounding, or outside: proof that the data are not spike-free. */
  readonly refuted: boolean
}

const RANK = 1e-12
const BEYOND = 1e-9
const STEPS = 200

/**
 * Looks for a direction that shows the data not to be spike-free, by ascent from random starts: a convex function rises along its gradient,
 * u ← ∇/‖∇‖. Cost O(starts·steps·n·d).
 */
export function searchSpikes(x: Dense, options: { readonly key: Key; readonly starts?: number }): SpikeSearch {
  const { key, starts = 30 } = options
  const [n, d] = [x.rows, x.cols]
  const { u: basis, values, vt } = svd(x)
  const rank = values.filter(value => value > RANK * values[0]).length
  /** X†h, and its transpose. */
  const inverse = (h: Float64Array): Float64Array => {
    const out = new Float64Array(d)
    for (let k = 0; k < rank; k++) {
      let along = 0
      for (let i = 0; i < n; i++) along += basis.data[i * basis.cols + k] * h[i]
      for (let j = 0; j < d; j++) out[j] += (along / values[k]) * vt.data[k * d + j]
    }
    return out
  }
  const inverseT = (p: Float64Array): Float64Array => {
    const out = new Float64Array(n)
    for (let k = 0; k < rank; k++) {
      let along = 0
      for (let j = 0; j < d; j++) along += vt.data[k * d + j] * p[j]
      for (let i = 0; i < n; i++) out[i] += (along / values[k]) * basis.data[i * basis.cols + k]
    }
    return out
  }
  let best: { value: number; u: Float64Array } = { value: 0, u: new Float64Array(d) }
  const draws = dense(starts, d, normals(fold(key, 'spikes'), starts * d))
  for (let s = 0; s < starts; s++) {
    let u: Float64Array = rowOf(draws, s).slice()
    let before = 0
    for (let step = 0; step < STEPS; step++) {
      const length = norm(u)
      if (!(length > 0)) break
      u = u.map(v => v / length)
      const product = Float64Array.from({ length: n }, (_, i) => {
        let t = 0
        for (let j = 0; j < d; j++) t += x.data[i * d + j] * u[j]
        return t
      })
      const active = product.map(t => Math.max(0, t))
      const p = inverse(active)
      const left = active.map((h, i) => {
        for (let j = 0; j < d; j++) h -= x.data[i * d + j] * p[j]
        return h
      })
      if (norm(left) > BEYOND * norm(active)) return { value: norm(p), u, outside: true, refuted: true }
      const value = norm(p)
      if (value > best.value) best = { value, u }
      if (!(value > before * (1 + 1e-14))) break
      before = value
      const back = inverseT(p)
      const gradient = new Float64Array(d)
      for (let i = 0; i < n; i++)
        if (product[i] > 0) for (let j = 0; j < d; j++) gradient[j] += back[i] * x.data[i * d + j]
      u = gradient
    }
  }
  return { ...best, outside: false, refuted: best.value > 1 + BEYOND }
}
