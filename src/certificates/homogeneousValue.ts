/**
 * Networks with any activation φ(t) = s₊t (t ≥ 0), s₋t (t < 0), a constant and a linear way around the hidden layer: what training
 * pays for them, from above.
 *
 *   L(Σ_j a_j φ(X w_j) + c·1 + Z V) + β·½Σ_j(‖w_j‖² + a_j²) (+ (β/2)c²) (+ (β/2)‖V‖²)
 *
 * φ is Lipschitz, so a pre-activation whose sign rounding decided is off by no more than the rounding. With pooling a sample has several
 * rows (the patches of a signal) and φ(X w)_i stands for share·Σ_{k ∈ i} φ(x_k·w).
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Beside } from './freeConstants.ts'
import { lossAbove } from './networkValue.ts'
import { compensatedSum, gamma, up } from './rounding.ts'

/** Rows that are summed after φ. */
export interface Pooling {
  /** Sample of each row, in 0 … n − 1. */
  readonly sample: Int32Array
  /** n. */
  readonly samples: number
  /** 1 for a sum over the rows of a sample, 1/K for their mean. */
  readonly share: number
}

/** The class of networks a bound speaks of, over data. */
export interface HomogeneousProgram {
  /** X: n × p, the rows that hidden vectors meet; a ones column last where there are hidden biases. More than n with pooling. */
  readonly x: Dense
  /** Absent: one row a sample. */
  readonly pooling?: Pooling
  readonly slopes: { readonly positive: number; readonly negative: number }
  /** Whether the last coordinate of a hidden vector is a bias that costs nothing. */
  readonly freeBias: boolean
  /** Its offset is a constant that all networks of the class share (0 where c is part of them). */
  readonly loss: Loss
  /** β = n·lambda. */
  readonly beta: number
  readonly constant: Beside['constant']
  /** Z: n × q; null without a linear way. */
  readonly linear: Dense | null
}

/** Weights in that class. */
export interface HomogeneousNetwork {
  /** w: m × p. */
  readonly hidden: Dense
  /** a: m × c, each neuron feeding one output. */
  readonly output: Dense
  /** In R^c; 0 where there is none. */
  readonly constant: Float64Array
  /** V: q × c; null without a linear way. */
  readonly linear: Dense | null
}

/** The objective in sum form from above, the computed fit without the offset of the loss, and what it may be off by, entry by entry. Cost 2·n·p·m. */
export function homogeneousValue(
  network: HomogeneousNetwork,
  program: HomogeneousProgram,
): { readonly upper: number; readonly fit: Float64Array; readonly errors: Float64Array } {
  const { hidden, output, constant, linear } = network
  const { x, loss, beta, freeBias, slopes, pooling } = program
  const [n, p, m, c] = [loss.samples, x.cols, hidden.rows, loss.outputs]
  const { sample, share } = pooling ?? { sample: null, share: 1 }
  const fit = new Float64Array(n * c)
  const terms = new Float64Array(n * c)
  const steep = share * steepest(slopes)
  const counts = new Int32Array(n)
  for (let row = 0; row < x.rows; row++) {
    const i = sample === null ? row : sample[row]
    counts[i]++
    for (let j = 0; j < m; j++) {
      let [t, size] = [0, 0]
      for (let l = 0; l < p; l++) {
        const v = x.data[row * p + l] * hidden.data[j * p + l]
        t += v
        size += Math.abs(v)
      }
      const h = share * (t >= 0 ? slopes.positive : slopes.negative) * t
      for (let k = 0; k < c; k++) {
        const a = output.data[j * c + k]
        if (a === 0) continue
        fit[i * c + k] += a * h
        // φ is Lipschitz, so a sign lost to rounding costs no more than the rounding itself.
        terms[i * c + k] += Math.abs(a) * steep * size
      }
    }
  }
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++) {
      let sum = constant[k]
      let size = Math.abs(constant[k])
      if (linear !== null && program.linear !== null)
        for (let l = 0; l < linear.rows; l++) {
          const v = program.linear.data[i * linear.rows + l] * linear.data[l * c + k]
          sum += v
          size += Math.abs(v)
        }
      fit[i * c + k] += sum
      terms[i * c + k] += size
    }
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  const operations = p + m * most + (linear?.rows ?? 0) + 7
  const errors = terms.map(size => up(gamma(operations) * size, operations + 2))
  const squares = (values: Float64Array, counts: (at: number) => boolean = () => true) =>
    Array.from(values, (w, at) => (counts(at) ? w * w : 0))
  const decay = compensatedSum([
    ...squares(hidden.data, at => !(freeBias && at % p === p - 1)),
    ...squares(output.data),
    ...(program.constant === 'penalised' ? squares(constant) : []),
    ...(linear === null ? [] : squares(linear.data)),
  ])
  return { upper: up(lossAbove(loss, fit, errors) + up(0.5 * beta * decay, 8), 4), fit, errors }
}

/** The larger slope. */
export function steepest({ positive, negative }: HomogeneousProgram['slopes']): number {
  return Math.max(Math.abs(positive), Math.abs(negative))
}
