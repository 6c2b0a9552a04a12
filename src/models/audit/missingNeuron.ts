/**
 * The neuron that a network lacks most, and what it would bring at least.
 *
 * At θ = ∇L(f) a neuron a·φ(Xw), |a| = ‖w‖ = √t, changes the objective by t·(β − |θᵀφ(Xŵ)|) to first order. Directions come from the exact
 * oracle where there is one and from a search; which is worth most is decided by minimising the objective itself along each:
 *   min over t ≥ 0 of L(f + t·sign·φ(Xŵ)) + β t,
 * a convex function of one number. What is found is a proof that the network is not optimal, whatever found it.
 * @module
 */
import {
  type HomogeneousOracle,
  type HomogeneousProgram,
  normBySearch,
  reluRows,
  reluTheta,
  zeroSum,
} from '../../certificates/index.ts'
import type { Key } from '../../random/index.ts'
import type { Measured } from './program.ts'
import { outputOf } from './program.ts'

/** A neuron worth adding, in mean form. */
export interface MissingNeuron {
  /** ŵ with its bias last where there are hidden biases; its penalised part has length 1. */
  readonly direction: Float64Array
  readonly output: number
  /** Sign of its output weight. */
  readonly sign: 1 | -1
  /** |θᵀφ(Xŵ)|/n: above lambda. */
  readonly value: number
  /** The best t = ‖w‖·|a|. */
  readonly mass: number
  /** The objective falls by at least this much. */
  readonly decrease: number
  /** Rows on which it is not 0 (for ReLU) or positive. */
  readonly active: number
}

/** A lower bound of g(θ)/n, and the best neuron; null when none was found that lowers the objective. */
export function missingNeuron(
  { network, loss, fit, freeBias }: Measured,
  program: HomogeneousProgram,
  options: { readonly oracle: HomogeneousOracle; readonly key: Key },
): { readonly lower: number; readonly best: MissingNeuron | null } {
  const { x, slopes, beta } = program
  const [n, p, c] = [x.rows, x.cols, loss.outputs]
  const gradient = loss.gradient(fit)
  // With biases that cost nothing, what a constant could bring is none of the neuron's.
  const theta = freeBias ? zeroSum(gradient, c) : gradient
  const near = reluRows(program, 1)
  const own = Array.from({ length: network.hidden.rows }, (_, j) =>
    near.directionOf(network.hidden.data.slice(j * p, (j + 1) * p)),
  )
  const searched = normBySearch(near.rows, reluTheta(slopes, theta), { key: options.key, from: own })
  const found = searched.witness.directions.map(each => ({ ...each, hidden: near.hiddenOf(each.u) }))
  if (options.oracle.exact)
    for (const each of options.oracle.norm(theta, 0).witness.directions)
      found.push({ ...each, hidden: options.oracle.relu.hiddenOf(each.u) })
  let lower = 0
  let best: MissingNeuron | null = null
  const before = loss.value(fit)
  for (const { hidden, output } of found) {
    const h = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      let t = 0
      for (let l = 0; l < p; l++) t += x.data[i * p + l] * hidden[l]
      h[i] = (t >= 0 ? slopes.positive : slopes.negative) * t
    }
    const product = outputOf(theta, output, c).reduce((sum, t, i) => sum + t * h[i], 0)
    lower = Math.max(lower, Math.abs(product))
    const sign = product > 0 ? -1 : 1
    const at = (t: number) => {
      const moved = fit.slice()
      for (let i = 0; i < n; i++) moved[i * c + output] += sign * t * h[i]
      return moved
    }
    const slope = (t: number) =>
      sign * outputOf(loss.gradient(at(t)), output, c).reduce((sum, s, i) => sum + s * h[i], 0) + beta
    const mass = lowestPoint(slope)
    // Rounding of two sums of n terms each is far below this part of them.
    const decrease = before - loss.value(at(mass)) - beta * mass - 1e-12 * (Math.abs(before) + beta * mass)
    if (decrease > 0 && decrease / n > (best?.decrease ?? 0))
      best = {
        direction: hidden,
        output,
        sign,
        value: Math.abs(product) / n,
        mass,
        decrease: decrease / n,
        active: h.reduce((count, value) => count + (value === 0 ? 0 : 1), 0),
      }
  }
  return { lower: lower / n, best }
}

/** Zero of a rising function, or 0 when it is not below 0 there; up to 1e12. */
export function lowestPoint(slope: (t: number) => number): number {
  if (!(slope(0) < 0)) return 0
  let [low, high] = [0, 1]
  while (slope(high) < 0 && high < 1e12) [low, high] = [high, 4 * high]
  for (let step = 0; step < 100 && high - low > 1e-14 * high; step++) {
    const middle = (low + high) / 2
    if (slope(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}
