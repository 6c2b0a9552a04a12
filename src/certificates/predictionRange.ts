/**
 * How far equally good networks can differ at a row: bounds of the prediction that hold for every network with an objective up to U.
 *
 *   L(z) + β·½Σ_j(‖u_j‖² + v_j²) ≤ U,   f(x₀) = offset + Σ_j v_j φ_j(x₀),   z = Σ_j v_j φ_j(X)
 *
 * Let (θ, t), t > 0, be dual feasible over the rows (X; x₀): |θᵀφ_u(X) − t·φ_u(x₀)| ≤ β‖u‖ for every neuron u of the class. Then
 *
 *   U ≥ θᵀz − L*(θ) + βΣ_j‖u_j‖|v_j| ≥ t·(f(x₀) − offset) − L*(θ),   so   f(x₀) ≤ offset + (U + L*(θ))/t,
 *
 * and the same with −t from below. It is the training problem with the term −t·f(x₀) added to its loss, so the dual norms and their
 * rounding are those of `dualNorm.ts`. ReLU: each cell of X is split by x₀, and both parts are looked at, empty or not; neurons that are 0 on
 * all of X count as well, since they need not be at x₀. Gated: x₀ meets the gates as they are. Near the optimum, with U − p* = ε, the best t is of the order √ε and so is what the bound gives away.
 * Derived here.
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Masks, maskBit, masks, setMaskBit } from '../matrix/masks.ts'
import { gatedDualNorm, reluDualNorm } from './dualNorm.ts'
import { exactSign } from './exactSign.ts'
import { down, UNIT, up } from './rounding.ts'
import type { GivenPatterns, TwoLayerData } from './twoLayer.ts'

/** The class of networks: over which patterns, with which gates ('gated'). */
export interface RangeClass extends TwoLayerData {
  readonly kind: 'relu' | 'gated'
  readonly patterns: GivenPatterns
  /** P × d, the gate of each pattern; null for 'relu'. */
  readonly gates: Dense | null
  readonly compute?: Compute
}

/** Where, and for which networks. */
export interface RangeQuestion {
  /** x₀ ∈ R^d, in the coordinates of X. */
  readonly row: Float64Array
  readonly output: number
  /** U in mean form: networks with a higher objective are left out. */
  readonly level: number
  /** 1: how high the prediction can be; −1: how low. */
  readonly side: 1 | -1
}

/** A dual point over (X; x₀): θ ∈ R^{n·c} in sum form, and t. */
export interface RangePoint {
  readonly theta: Float64Array
  readonly t: number
}

/** The end of a range, with the dual point that proves it: no network at most U has side·f(x₀) above side·end. */
export interface RangeEnd extends RangePoint {
  readonly end: number
}

/**
 * The best end that the candidates prove; null when none is finite. Each is put into the domain of L* and scaled until it is feasible
 * beyond doubt, so candidates may come from anywhere.
 *
 * Cost: a dual norm over n + 1 rows (and 2P cells for 'relu') for each candidate, twice.
 */
export function predictionEnd(
  data: RangeClass,
  question: RangeQuestion,
  candidates: readonly RangePoint[],
): RangeEnd | null {
  const { x, loss, beta, kind, compute } = data
  const { row, output, level, side } = question
  const longer = withRow(x, row)
  const cells = withBit(data, row)
  const c = loss.outputs
  const dual = kind === 'relu' ? reluDualNorm : gatedDualNorm
  const normOf = (theta: Float64Array, t: number): number => {
    const point = new Float64Array(theta.length + c)
    point.set(theta)
    point[theta.length + output] = -side * t
    return dual(longer, cells, point, { floor: beta, ...(compute && { compute }) })
  }
  const above = up(level * x.rows)
  let best: RangeEnd | null = null
  for (const candidate of candidates) {
    if (candidate.theta.length !== loss.samples * c || !candidate.theta.every(Number.isFinite)) continue
    let theta = loss.project(candidate.theta)
    let { t } = candidate
    for (let attempt = 0; attempt < 30 && t > 0 && t < Infinity; attempt++) {
      const reached = normOf(theta, t)
      if (reached <= beta) {
        const conjugate = up(loss.conjugate(theta) + up(32 * UNIT * loss.conjugateMagnitude(theta)))
        const most = up(side * loss.offset[output] + up(up(above + conjugate) / t))
        if (Number.isFinite(most) && (best === null || most < side * best.end)) best = { end: side * most, theta, t }
        break
      }
      const share = (beta / reached) * (1 - 8 * UNIT)
      theta = loss.project(theta.map(v => share * v))
      t = down(share * t)
    }
  }
  return best
}

function withRow(x: Dense, row: Float64Array): Dense {
  const out = dense(x.rows + 1, x.cols)
  out.data.set(x.data)
  out.data.set(row, x.data.length)
  return out
}

/** The patterns over (X; x₀): for 'gated' with the bit of x₀'s gates; for 'relu' with both bits, and the one of x₀ alone. */
function withBit({ kind, patterns, gates }: RangeClass, row: Float64Array): Masks {
  const { masks: given } = patterns
  const [count, n] = [given.patterns, given.samples]
  const copies = kind === 'relu' ? 2 : 1
  const out = masks(copies * count + (kind === 'relu' ? 1 : 0), n + 1)
  if (kind === 'relu') setMaskBit(out, copies * count, n)
  for (let k = 0; k < count; k++)
    for (let copy = 0; copy < copies; copy++) {
      const at = copy * count + k
      for (let i = 0; i < n; i++) if (maskBit(given, k, i)) setMaskBit(out, at, i)
      const on =
        kind === 'relu' || gates === null ? copy === 1 : exactSign(row, 0, gates.data, k * row.length, row.length) > 0
      if (on) setMaskBit(out, at, n)
    }
  return out
}
