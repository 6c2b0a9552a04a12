/**
 * L-BFGS: a quasi-Newton descent for the smooth (or nearly smooth) objectives of the baselines.
 *
 * It finds a point where no small step helps; on a convex objective that is the optimum, on a network's it is some valley.
 * Two-loop recursion over the last 10 steps, Armijo backtracking, curvature pairs kept only when sᵀy > 0.
 * Source: J. Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; Nocedal and Wright, "Numerical
 * Optimization", 2006, alg. 7.4.
 * @module
 */
import { axpy, dot, norm } from '../../matrix/vector.ts'

/** Value at w, and the gradient written into `gradient`. */
export type Smooth = (w: Float64Array, gradient: Float64Array) => number

export interface LbfgsOptions {
  /** Default 500. */
  readonly maxIterations?: number
  /** Stop when ‖gradient‖ ≤ tolerance·max(1, ‖w‖); default 1e-7. */
  readonly tolerance?: number
}

export interface LbfgsResult {
  readonly w: Float64Array
  readonly value: number
  readonly iterations: number
}

const MEMORY = 10
const ARMIJO = 1e-4

/** Descends from `start` (copied). Cost a step: one or two evaluations and O(20·size). */
export function lbfgs(f: Smooth, start: Float64Array, options: LbfgsOptions = {}): LbfgsResult {
  const steps = lbfgsSteps(f, start, options)
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
  }
}

/** The same, one step at a time with the point so far, for callers that must breathe in between. */
export function* lbfgsSteps(
  f: Smooth,
  start: Float64Array,
  options: LbfgsOptions = {},
): Generator<LbfgsResult, LbfgsResult, void> {
  const { maxIterations = 500, tolerance = 1e-7 } = options
  let w = start.slice()
  let g = new Float64Array(w.length)
  let value = f(w, g)
  const steps: Float64Array[] = []
  const changes: Float64Array[] = []
  let iterations = 0
  for (; iterations < maxIterations; iterations++) {
    if (norm(g) <= tolerance * Math.max(1, norm(w))) break
    let direction = descent(g, steps, changes)
    let slope = dot(direction, g)
    if (!(slope < 0)) {
      steps.length = 0
      changes.length = 0
      direction = g.map(v => -v)
      slope = -dot(g, g)
    }
    const next = new Float64Array(w.length)
    const gradient = new Float64Array(w.length)
    let step = steps.length === 0 ? Math.min(1, 1 / norm(g)) : 1
    let reached = value
    let moved = false
    for (let halvings = 0; halvings < 40 && !moved; halvings++, step /= 2) {
      next.set(w)
      axpy(step, direction, next)
      reached = f(next, gradient)
      moved = reached <= value + ARMIJO * step * slope
    }
    if (!moved) break
    const s = next.map((v, i) => v - w[i])
    const y = gradient.map((v, i) => v - g[i])
    if (dot(s, y) > 1e-12 * norm(s) * norm(y)) {
      steps.push(s)
      changes.push(y)
      if (steps.length > MEMORY) {
        steps.shift()
        changes.shift()
      }
    }
    w = next
    g = gradient
    value = reached
    yield { w, value, iterations: iterations + 1 }
  }
  return { w, value, iterations }
}

/** −H·g by the two-loop recursion, with H the approximate inverse Hessian. */
function descent(g: Float64Array, steps: Float64Array[], changes: Float64Array[]): Float64Array {
  const q = g.map(v => -v)
  const along: number[] = []
  for (let k = steps.length - 1; k >= 0; k--) {
    along[k] = dot(steps[k], q) / dot(steps[k], changes[k])
    axpy(-along[k], changes[k], q)
  }
  const last = steps.length - 1
  if (last >= 0) {
    const scale = dot(steps[last], changes[last]) / dot(changes[last], changes[last])
    for (let i = 0; i < q.length; i++) q[i] *= scale
  }
  for (let k = 0; k < steps.length; k++) axpy(along[k] - dot(changes[k], q) / dot(steps[k], changes[k]), steps[k], q)
  return q
}
