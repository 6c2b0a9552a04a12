/**
 * The Lasso view of training: with the directions fixed, min over z ≥ 0 of L(Σ z_k a_k) + β Σ z_k.
 *
 * Newton steps on the loss; each is a non-negative least squares problem once the linear term is written as a square,
 * β·1ᵀz + (ε/2)(1ᵀz − s)² = (ε/2)(1ᵀz − s + β/ε)² + const, with s = 1ᵀz of the step before: a proximal step in one number, exact when it
 * settles. For a few dozen directions.
 * @module
 */
import type { Loss } from '../../losses/loss.ts'
import { dense } from '../../matrix/dense.ts'
import { nnls } from '../../matrix/factor/nnls.ts'

const STEPS = 100
/** ε as a part of the squared length of a mean direction. */
const WEIGHT = 1e-3
const FLOOR = 1e-8

/** z ≥ 0 for directions a_k ∈ R^n. Never above the objective at `start`. */
export function directionLasso(
  directions: readonly Float64Array[],
  { loss, beta, start }: { readonly loss: Loss; readonly beta: number; readonly start: Float64Array },
): Float64Array {
  const [n, m] = [loss.samples, directions.length]
  const objective = (z: Float64Array) => loss.value(combine(directions, z, n)) + beta * sum(z)
  let z: Float64Array = start.slice()
  let value = objective(z)
  const columns = dense(m, n + 1)
  const target = new Float64Array(n + 1)
  for (let step = 0; step < STEPS; step++) {
    const fit = combine(directions, z, n)
    const slope = loss.gradient(fit)
    const bend = loss.curvature(fit)
    let energy = 0
    for (let i = 0; i < n; i++) {
      const root = Math.sqrt(Math.max(bend[i], FLOOR * loss.smoothness))
      target[i] = root * fit[i] - slope[i] / root
      directions.forEach((a, k) => {
        columns.data[k * (n + 1) + i] = root * a[i]
        energy += (root * a[i]) ** 2
      })
    }
    const weight = Math.sqrt((WEIGHT * energy) / m)
    if (weight === 0) return z
    for (let k = 0; k < m; k++) columns.data[k * (n + 1) + n] = weight
    target[n] = weight * (sum(z) - beta / (weight * weight))
    const next = nnls(columns, target, { passive: [...z.keys()].filter(k => z[k] > 0), maxIterations: 30 * m + 100 }).x
    let [trial, reached, share] = [next, objective(next), 1]
    // Only a loss that is no parabola can need less than the whole step.
    while (reached > value && share > 1e-6) {
      share /= 2
      trial = z.map((v, k) => v + share * (next[k] - v))
      reached = objective(trial)
    }
    if (!(reached < value)) break
    const gained = value - reached
    z = trial
    value = reached
    if (gained <= 1e-16 * Math.abs(value)) break
  }
  return z
}

function combine(directions: readonly Float64Array[], z: Float64Array, n: number): Float64Array {
  const fit = new Float64Array(n)
  directions.forEach((a, k) => {
    if (z[k] !== 0) for (let i = 0; i < n; i++) fit[i] += z[k] * a[i]
  })
  return fit
}

function sum(z: Float64Array): number {
  return z.reduce((total, v) => total + v, 0)
}
