/**
 * Descent on the network's own, non-convex objective from a network at hand: neurons move on to better cells.
 *
 * In the convex program a neuron stays in its cell; here it may cross over. Used between convex solves to find cells worth
 * having; proves nothing by itself. Only networks whose neurons feed one output each (the class of the program).
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { dense } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { lbfgsSteps } from '../baselines/lbfgs.ts'
import type { Network, TrainingData } from '../model.ts'
import type { Missing } from './missingNeurons.ts'
import { networkObjective } from './network.ts'
import { product } from './patterns/patternsOf.ts'
import { type Atom, atomsOf, networkOf } from './recover.ts'

export interface PolishOptions {
  /** Neurons to add (`missingNeurons`). */
  readonly add?: readonly Missing[]
  /** Default 150. */
  readonly maxIterations?: number
  readonly compute: Compute
}

/**
 * The better of `network` and what L-BFGS finds from it (and the neurons to add). Yields after each iteration, O(n·d·m); when
 * it is not taken to its end there is no result.
 */
export function* polish(network: Network, data: TrainingData, options: PolishOptions): Generator<void, Network, void> {
  const { x, loss, beta } = data
  const { add = [], maxIterations = 150, compute } = options
  const c = loss.outputs
  const d = x.cols
  const atoms = [...atomsOf(network), ...add.map(missing => withMass(missing, data, add.length))].filter(
    ({ w }) => norm(w) > 0,
  )
  if (atoms.length === 0) return network
  const m = atoms.length
  const start = new Float64Array(m * (d + 1))
  atoms.forEach(({ w, sign }, j) => {
    const root = Math.sqrt(norm(w))
    for (let a = 0; a < d; a++) start[j * d + a] = w[a] / root
    start[m * d + j] = sign * root
  })
  const outputs = Int32Array.from(atoms, ({ output }) => output)
  const n = x.rows
  const hidden = new Float64Array(n * m)
  const fitted = new Float64Array(n * c)
  const slope = new Float64Array(n * c)

  const steps = lbfgsSteps(
    (weights, gradient) => {
      const directions = weights.subarray(0, m * d)
      compute.gemm(false, true, n, m, d, 1, x.data, d, directions, d, 0, hidden, m)
      fitted.fill(0)
      for (let i = 0, at = 0; i < n; i++)
        for (let j = 0; j < m; j++, at++)
          if (hidden[at] > 0) fitted[i * c + outputs[j]] += hidden[at] * weights[m * d + j]
      loss.gradient(fitted, slope)
      let decay = 0
      for (let p = 0; p < weights.length; p++) {
        decay += weights[p] * weights[p]
        gradient[p] = beta * weights[p]
      }
      // The derivative by each pre-activation takes the place of the pre-activation.
      for (let i = 0, at = 0; i < n; i++)
        for (let j = 0; j < m; j++, at++) {
          if (!(hidden[at] > 0)) {
            hidden[at] = 0
            continue
          }
          const s = slope[i * c + outputs[j]]
          gradient[m * d + j] += hidden[at] * s
          hidden[at] = s * weights[m * d + j]
        }
      compute.gemm(true, false, m, d, n, 1, hidden, m, x.data, d, 1, gradient.subarray(0, m * d), d)
      return loss.value(fitted) + (beta / 2) * decay
    },
    start,
    { maxIterations },
  )
  let w: Float64Array = start
  for (const step of steps) {
    w = step.w
    yield
  }
  const output = dense(m, c)
  for (let j = 0; j < m; j++) output.data[j * c + outputs[j]] = w[m * d + j]
  const found: Network = { ...network, hidden: dense(m, d, w.slice(0, m * d)), output }
  const balanced = networkOf('relu', atomsOf(found), { features: d, offset: network.offset })
  return networkObjective(balanced, data) < networkObjective(network, data) ? balanced : network
}

/**
 * The length at which one neuron more is best for the loss's upper quadratic model, shared among `count` of them: along its
 * unit direction the objective changes by −(value − beta)·t + ½·smoothness·‖(Xu)₊‖²·t².
 */
function withMass({ atom, value }: Missing, { x, loss, beta }: TrainingData, count: number): Atom {
  let square = 0
  for (let i = 0; i < x.rows; i++) square += Math.max(product(x.data, i * x.cols, atom.w), 0) ** 2
  const mass = (value - beta) / (loss.smoothness * square * count)
  return { ...atom, w: atom.w.map(entry => mass * entry) }
}
