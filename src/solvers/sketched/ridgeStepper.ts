/**
 * Steps along a direction p: exact, reading A twice (A·p, then the gradient from the new residual), or, for matrices larger than any cache and far from the
 * goal, fused, reading it once: blocks of rows give A·p and Aᵀ(A·p) while they are at hand, and the gradient follows by g ← g + step·H·p.
 *
 * A recurrence drifts, and a bound must not rest on it: every sixteenth fused step, and the first one whose gradient comes near what proves the error asked for, is
 * followed by a gradient from x itself; from there on steps are exact.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { gradientNoise, type RidgeProblem, type RidgeState } from './ridgeProblem.ts'

/** Steps of one solver run. */
export interface RidgeStepper {
  /** pᵀHp. Keeps what `move` needs. */
  along(p: Float64Array): number
  /** x ← x + step·p, for the p of the last `along`. */
  move(step: number): void
}

/** Numbers of A from which memory is what a product waits for. */
const LARGE = 2 ** 21
/** Numbers of A in a block: a quarter of a megabyte. */
const BLOCK = 32768
const REFRESH_EVERY = 16
/** ‖g‖ over the goal, and over its own noise, above which drift does not matter. */
const FAR = 30
const CLEAR = 1e6

/** Goal and size of a stepper. */
export interface StepperOptions {
  /** Relative energy error asked for, squared; 0 when none is: then no step is fused. */
  readonly tolerance: number
  /** Numbers of A above which steps may be fused; default 2²¹. */
  readonly large?: number
}

/** The steps of a run from `state`, which they move. */
export function ridgeStepper(
  problem: RidgeProblem,
  state: RidgeState,
  { tolerance, large = LARGE }: StepperOptions,
): RidgeStepper {
  const { operator, lambda, target } = problem
  const { rows: n, cols: d } = operator
  const [ap, hp] = [new Float64Array(n), new Float64Array(d)]
  const noise = gradientNoise(problem)
  // ‖g‖²/λ ≤ tolerance·‖b‖² proves it.
  const goal = Math.sqrt(lambda * tolerance * dot(target, target))
  const far = () => norm(state.gradient) > Math.max(FAR * goal, CLEAR * noise(state))
  // Where rounding itself is in the way of the goal, bounds come from the spectrum, which needs every gradient exact.
  const usable = n * d > large && goal > 100 * noise(state)
  let direction: Float64Array = hp
  let [fused, since] = [usable && far(), 0]
  return {
    along(p) {
      direction = p
      if (fused) hessianTimes(problem, p, { ap, hp })
      else operator.apply(p, ap)
      return dot(ap, ap) + lambda * dot(p, p)
    },
    move(step) {
      if (!fused) return state.move(step, direction, ap)
      state.follow(step, direction, { ap, hp })
      since++
      fused = far()
      if (fused && since < REFRESH_EVERY) return
      state.refresh()
      since = 0
    },
  }
}

/** A·p and H·p in one pass over A. */
export function hessianTimes(
  { operator, lambda }: RidgeProblem,
  p: Float64Array,
  { ap, hp }: { readonly ap: Float64Array; readonly hp: Float64Array },
): void {
  const { rows: n, cols: d, data } = operator.matrix
  const { kernels } = compute()
  const height = Math.max(1, Math.floor(BLOCK / d))
  for (let j = 0; j < d; j++) hp[j] = lambda * p[j]
  for (let from = 0; from < n; from += height) {
    const end = Math.min(n, from + height)
    const block = data.subarray(from * d, end * d)
    const part = ap.subarray(from, end)
    kernels.gemv(false, end - from, d, 1, block, d, p, 0, part)
    kernels.gemv(true, end - from, d, 1, block, d, part, 1, hp)
  }
}
