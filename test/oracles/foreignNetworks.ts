/** Naive judge of foreign networks: what training pays for them, written out, and a crude descent that needs no theory. */
import { type Dense, dense } from '../../src/matrix/dense.ts'
import type { ForeignNetwork } from '../../src/models/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'

/** Everything that decides an objective. */
export interface Judged {
  readonly x: Dense
  readonly y: ArrayLike<number>
  readonly loss: 'squared' | 'logistic' | 'squared-hinge' | 'huber'
  readonly lambda: number
  readonly hiddenBias: 'penalised' | 'free'
  readonly outputBias: 'penalised' | 'free' | 'fixed'
}

/** A network of these parts, for inputs as they are. */
export function foreign(parts: Partial<ForeignNetwork> & Pick<ForeignNetwork, 'hidden' | 'output'>): ForeignNetwork {
  return {
    activation: { positive: 1, negative: 0 },
    hiddenBias: null,
    outputBias: null,
    skip: null,
    scaler: null,
    rescale: null,
    link: 'identity',
    labels: null,
    single: false,
    producer: '',
    ...parts,
  }
}

/** A Gaussian network of the given shape. */
export function drawnForeign(
  seed: number,
  shape: {
    readonly inputs: number
    readonly neurons: number
    readonly biases?: boolean
    readonly skip?: boolean
    readonly slope?: number
  },
): ForeignNetwork {
  const { inputs: d, neurons: m, biases = false, skip = false, slope = 0 } = shape
  const draw = (rows: number, cols: number, purpose: number) =>
    dense(rows, cols, normals(fold(fold(key(seed), 'foreign'), purpose), rows * cols))
  return foreign({
    activation: { positive: 1, negative: slope },
    hidden: draw(m, d, 0),
    output: draw(m, 1, 1),
    ...(biases && { hiddenBias: draw(m, 1, 2).data, outputBias: draw(1, 1, 3).data }),
    ...(skip && { skip: draw(d, 1, 4) }),
  })
}

/** f(x_i), one output. */
export function valueAt(network: ForeignNetwork, x: Dense, i: number): number {
  const { hidden, hiddenBias, output, outputBias, skip, scaler, activation } = network
  const d = x.cols
  const row = Array.from({ length: d }, (_, l) => {
    const v = x.data[i * d + l]
    return scaler === null ? v : v * scaler.factor[l] + scaler.shift[l]
  })
  let f = outputBias?.[0] ?? 0
  for (let j = 0; j < hidden.rows; j++) {
    const t = row.reduce((sum, v, l) => sum + v * hidden.data[j * d + l], hiddenBias?.[j] ?? 0)
    f += output.data[j] * (t > 0 ? activation.positive : activation.negative) * t
  }
  return row.reduce((sum, v, l) => sum + v * (skip?.data[l] ?? 0), f)
}

/** (1/n) Σ ℓ + lambda·½(what carries the penalty). */
export function objectiveOf(network: ForeignNetwork, judged: Judged): number {
  const { x, y, loss, lambda } = judged
  let sum = 0
  for (let i = 0; i < x.rows; i++) {
    const f = valueAt(network, x, i)
    const r = Math.abs(f - y[i])
    const margin = Math.max(0, 1 - y[i] * f)
    if (loss === 'squared') sum += (r * r) / 2
    else if (loss === 'huber') sum += r <= 1 ? (r * r) / 2 : r - 0.5
    else if (loss === 'logistic') sum += Math.log1p(Math.exp(-y[i] * f))
    else sum += (margin * margin) / 2
  }
  const square = (values: ArrayLike<number> | undefined | null) =>
    Array.from(values ?? []).reduce((total, v) => total + v * v, 0)
  const decay =
    square(network.hidden.data) +
    square(network.output.data) +
    square(network.skip?.data) +
    (judged.hiddenBias === 'penalised' ? square(network.hiddenBias) : 0) +
    (judged.outputBias === 'penalised' ? square(network.outputBias) : 0)
  return sum / x.rows + (lambda / 2) * decay
}

/** A better network by pattern search on every weight: no gradients, no convexity, only the objective above. */
export function descended(network: ForeignNetwork, judged: Judged, sweeps = 60): ForeignNetwork {
  const copy: ForeignNetwork = {
    ...network,
    hidden: dense(network.hidden.rows, network.hidden.cols, network.hidden.data.slice()),
    output: dense(network.output.rows, network.output.cols, network.output.data.slice()),
    hiddenBias: network.hiddenBias?.slice() ?? null,
    outputBias: network.outputBias?.slice() ?? null,
    skip: network.skip && dense(network.skip.rows, network.skip.cols, network.skip.data.slice()),
  }
  const parts = [
    copy.hidden.data,
    copy.output.data,
    copy.hiddenBias,
    judged.outputBias === 'fixed' ? null : copy.outputBias,
    copy.skip?.data,
  ]
  let best = objectiveOf(copy, judged)
  for (let sweep = 0, step = 0.5; sweep < sweeps; sweep++) {
    let moved = false
    for (const part of parts)
      for (let at = 0; at < (part?.length ?? 0); at++)
        for (const sign of [1, -1]) {
          const values = part as Float64Array
          const before = values[at]
          values[at] = before + sign * step
          const value = objectiveOf(copy, judged)
          if (value < best) {
            best = value
            moved = true
            break
          }
          values[at] = before
        }
    if (!moved) step /= 2
  }
  return copy
}
