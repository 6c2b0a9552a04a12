/**
 * Whether a network is at a stationary point, kinks included.
 *
 * The objective is not differentiable where a pre-activation is 0, and optimal networks sit there: at the optimum of eight points in
 * the plane every neuron does, and the gradient that automatic differentiation reports is as large as 0.26. So the test is the shortest
 * element of Clarke's subdifferential, in sum form
 *
 *   r_j = min over σ ∈ [0,1]^Z of ‖a_j Σ_i θ_i φ'_i(σ) x_i + β w_j‖,   and |θᵀφ(X w_j) + β a_j|,
 *
 * with Z the rows whose pre-activation is 0 up to the kink tolerance, times ‖x_i‖‖w_j‖.
 *
 * r = 0 does not mean that nothing descends: where a_j θ_i (s₊ − s₋) < 0 the objective is concave across the kink, and a point
 * that needs 0 < σ_i < 1 there is stationary in Clarke's sense only; both sides descend. Such kinks are listed.
 * @module
 */
import type { HomogeneousProgram } from '../../certificates/index.ts'
import { norm } from '../../matrix/vector.ts'
import { boxLeastSquares } from './boxLeastSquares.ts'
import { fedBy, hiddenLength, type Measured, outputOf, preActivation } from './program.ts'

/** A row on the kink of a neuron across which the objective is concave, and which the residual needs half-open. */
export interface ConcaveKink {
  readonly neuron: number
  readonly row: number
}

/** Stationarity of one neuron, in mean form. */
export interface NeuronStationarity {
  /** Length of the shortest subgradient by w_j and a_j. */
  readonly residual: number
  /** Rows on its kink. */
  readonly kinks: number
  /** −sign(a_j)·θᵀφ(X w_j)/(β‖w_j‖): 1 at a stationary point. NaN for a neuron without weights. */
  readonly dualRatio: number
}

/** Stationarity of the whole network, in mean form. */
export interface Stationarity {
  /** Length of the shortest subgradient by all weights. */
  readonly residual: number
  /** The same over lambda times the length of all penalised weights. */
  readonly relative: number
  /** What automatic differentiation would report: the length of the gradient, kinks decided by their convention. */
  readonly gradientNorm: number
  readonly neurons: readonly NeuronStationarity[]
  readonly concaveKinks: readonly ConcaveKink[]
}

/** The residuals at a program. Cost 2·n·m·p, and small bounded least squares where rows lie on kinks. */
export function stationarity(
  { network, loss, fit, freeBias }: Measured,
  program: HomogeneousProgram,
  kinkTolerance: number,
): Stationarity {
  const { x, slopes, beta, constant, linear } = program
  const [n, p, c] = [x.rows, x.cols, loss.outputs]
  const theta = loss.gradient(fit)
  const columns = Array.from({ length: c }, (_, k) => outputOf(theta, k, c))
  const lengths = Float64Array.from({ length: n }, (_, i) => norm(x.data.subarray(i * p, (i + 1) * p)))
  const neurons: NeuronStationarity[] = []
  const concaveKinks: ConcaveKink[] = []
  let [squares, plain, weights] = [0, 0, 0]
  for (let j = 0; j < network.hidden.rows; j++) {
    const k = fedBy(network, j)
    const a = network.output.data[j * c + k]
    const w = network.hidden.data.subarray(j * p, (j + 1) * p)
    const t = preActivation(network, j, x)
    const whole = norm(w)
    const base = new Float64Array(p)
    const gradient = new Float64Array(p)
    for (let l = 0; l < p; l++) base[l] = gradient[l] = freeBias && l === p - 1 ? 0 : beta * w[l]
    const rows: number[] = []
    let product = 0
    for (let i = 0; i < n; i++) {
      const s = t[i] >= 0 ? slopes.positive : slopes.negative
      product += columns[k][i] * s * t[i]
      const kink = Math.abs(t[i]) <= kinkTolerance * lengths[i] * whole
      if (kink) rows.push(i)
      // At 0 itself the convention of ReLU and leaky ReLU is the left slope, of |t| it is 0.
      const usual = t[i] === 0 ? (slopes.negative === -slopes.positive ? 0 : slopes.negative) : s
      for (let l = 0; l < p; l++) {
        const v = a * columns[k][i] * x.data[i * p + l]
        gradient[l] += usual * v
        base[l] += (kink ? slopes.negative : s) * v
      }
    }
    const vectors = rows.map(i =>
      Float64Array.from(
        { length: p },
        (_, l) => a * columns[k][i] * (slopes.positive - slopes.negative) * x.data[i * p + l],
      ),
    )
    const { sigma, rest } = boxLeastSquares(base, vectors)
    rows.forEach((i, at) => {
      const bent = a * columns[k][i] * (slopes.positive - slopes.negative)
      if (bent < 0 && sigma[at] > 1e-6 && sigma[at] < 1 - 1e-6 && norm(vectors[at]) > 1e-9 * beta)
        concaveKinks.push({ neuron: j, row: i })
    })
    const slope = product + beta * a
    const square = norm(rest) ** 2 + slope ** 2
    const length = hiddenLength(network, j, freeBias)
    squares += square
    plain += norm(gradient) ** 2 + slope ** 2
    weights += length ** 2 + a ** 2
    neurons.push({
      residual: Math.sqrt(square) / n,
      kinks: rows.length,
      dualRatio: (-Math.sign(a) * product) / (beta * length),
    })
  }
  for (let k = 0; k < c; k++) {
    if (constant !== 'none') {
      const sum =
        columns[k].reduce((total, v) => total + v, 0) + (constant === 'penalised' ? beta * network.constant[k] : 0)
      squares += sum ** 2
      plain += sum ** 2
      if (constant === 'penalised') weights += network.constant[k] ** 2
    }
    if (linear !== null && network.linear !== null)
      for (let l = 0; l < linear.cols; l++) {
        const v = network.linear.data[l * c + k]
        let sum = beta * v
        for (let i = 0; i < n; i++) sum += linear.data[i * linear.cols + l] * columns[k][i]
        squares += sum ** 2
        plain += sum ** 2
        weights += v ** 2
      }
  }
  const residual = Math.sqrt(squares)
  return {
    residual: residual / n,
    relative: residual === 0 ? 0 : residual / (beta * Math.sqrt(weights)),
    gradientNorm: Math.sqrt(plain) / n,
    neurons,
    concaveKinks,
  }
}

/**
 * The lambda at which the network is nearest to stationary by its output weights: least squares over θᵀφ(X w_j) = −n·lambda·a_j, and the
 * root mean square that is left, as a part. Mean form; 0 neurons or no output weight give lambda 0.
 */
export function nearestLambda(
  { network, loss, fit }: Measured,
  program: HomogeneousProgram,
): { lambda: number; spread: number } {
  const { x, slopes } = program
  const c = loss.outputs
  const theta = loss.gradient(fit)
  const pairs: [number, number][] = []
  for (let j = 0; j < network.hidden.rows; j++) {
    const k = fedBy(network, j)
    const a = network.output.data[j * c + k]
    const own = outputOf(theta, k, c)
    let product = 0
    let active = false
    preActivation(network, j, x).forEach((t, i) => {
      const h = (t >= 0 ? slopes.positive : slopes.negative) * t
      active ||= h !== 0
      product += own[i] * h
    })
    if (active && a !== 0) pairs.push([product, a])
  }
  const square = pairs.reduce((sum, [, a]) => sum + a * a, 0)
  const beta = square === 0 ? 0 : -pairs.reduce((sum, [q, a]) => sum + q * a, 0) / square
  const left = pairs.reduce((sum, [q, a]) => sum + (q + beta * a) ** 2, 0)
  return { lambda: beta / x.rows, spread: beta === 0 ? Infinity : Math.sqrt(left / square) / Math.abs(beta) }
}
