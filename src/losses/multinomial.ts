/**
 * Multinomial cross-entropy of c classes: ℓ(z, y) = log Σ_k e^{z_k} − z_y for z ∈ R^c and a class index y.
 *
 * ∇ℓ = p − e_y with p = softmax(z). ℓ*(t) = Σ_k p_k log p_k with p = t + e_y in the simplex, so the domain asks for
 * Σ_k t_k = 0 exactly: rounded numbers miss that by an ulp, and `project` puts them on a grid where sums are exact.
 * The curvature is the diagonal 2·p(1 − p), a matrix above the Hessian diag(p) − ppᵀ (Gershgorin).
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { bind, checkLength, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { total } from './scalarLoss.ts'

/** How far outside the simplex a point still counts as rounding, as a part of the weight. */
const SLACK = 1e-12

/**
 * L(f) = Σ_i w_i (log Σ_k exp(f_ik + o_k) − f_i,y_i − o_y_i): several classes, the negative log-likelihood of softmax.
 *
 * @param targets class indices 0 … c − 1 in R^n.
 * @param options weights w ∈ R^n, outputs c ≥ 2 (default: largest index + 1), offset o ∈ R^c.
 * @throws DomainError (E_LABELS) for a target that is not such an index; ShapeError for c < 2; else as `bind`.
 */
export function multinomialLoss(targets: ArrayLike<number>, options: LossOptions = {}): Loss {
  const who = 'multinomialLoss'
  const bound = bind(who, targets, 1, { ...options, outputs: options.outputs ?? classesOf(targets) })
  const { samples: n, outputs: c, weights, offset } = bound
  if (c < 2) throw new ShapeError(`${who}: outputs must be at least 2; got ${c}. Count the classes.`)
  const labels = bound.targets
  const at = labels.findIndex(y => !Number.isInteger(y) || y < 0 || y >= c)
  if (at >= 0)
    throw new DomainError(
      `${who}: targets must be class indices 0..${c - 1}; got ${labels[at]} at ${at}. Number the classes from 0.`,
      'E_LABELS',
    )
  const size = n * c
  const weight = (i: number) => (weights === null ? 1 : weights[i])
  const z = new Float64Array(c)
  const p = new Float64Array(c)

  /** Fills z with row i of f + offset; returns its largest entry. */
  function row(f: Float64Array, i: number): number {
    let top = -Infinity
    for (let k = 0; k < c; k++) top = Math.max(top, (z[k] = f[i * c + k] + offset[k]))
    return top
  }
  /** Fills p with softmax of row i. */
  function softmax(f: Float64Array, i: number): void {
    const top = row(f, i)
    let sum = 0
    for (let k = 0; k < c; k++) sum += p[k] = Math.exp(z[k] - top)
    for (let k = 0; k < c; k++) p[k] /= sum
  }
  /** Σ of all entries of p but entry y, without the cancellation of 1 − p_y. */
  function others(y: number): number {
    let sum = 0
    for (let k = 0; k < c; k++) if (k !== y) sum += p[k]
    return sum
  }

  return {
    name: 'multinomial',
    samples: n,
    outputs: c,
    targets: labels,
    weights,
    offset,
    smoothness: 0.5 * bound.heaviest,
    value(f) {
      checkLength(who, f, size)
      return total(n, i => {
        const top = row(f, i)
        let leader = true
        let rest = 0
        // The largest entry contributes e⁰ = 1 once, which log1p takes; ties count in `rest`.
        for (let k = 0; k < c; k++) {
          if (leader && z[k] === top) leader = false
          else rest += Math.exp(z[k] - top)
        }
        return weight(i) * (top - z[labels[i]] + Math.log1p(rest))
      })
    },
    gradient(f, out = new Float64Array(size)) {
      checkLength(who, f, size)
      for (let i = 0; i < n; i++) {
        softmax(f, i)
        const w = weight(i)
        for (let k = 0; k < c; k++) out[i * c + k] = k === labels[i] ? -w * others(k) : w * p[k]
      }
      return out
    },
    curvature(f, out = new Float64Array(size)) {
      checkLength(who, f, size)
      for (let i = 0; i < n; i++) {
        softmax(f, i)
        for (let k = 0; k < c; k++) out[i * c + k] = 2 * weight(i) * p[k] * (p[k] < 0.5 ? 1 - p[k] : others(k))
      }
      return out
    },
    hessianProduct(f, v, out) {
      for (const vector of [f, v, out]) checkLength(who, vector, size)
      for (let i = 0; i < n; i++) {
        softmax(f, i)
        let mean = 0
        for (let k = 0; k < c; k++) mean += p[k] * v[i * c + k]
        for (let k = 0; k < c; k++) out[i * c + k] = weight(i) * p[k] * (v[i * c + k] - mean)
      }
      return out
    },
    conjugate(theta) {
      checkLength(who, theta, size)
      return total(n, i => {
        const w = weight(i)
        let [entropy, sum, shifted, used] = [0, 0, 0, 0]
        for (let k = 0; k < c; k++) {
          const t = theta[i * c + k]
          sum += t
          shifted += t * offset[k]
          if (t !== 0) used++
          if (k === labels[i] || t === 0 || w === 0) continue
          if (!(t >= -SLACK * w)) return Infinity
          const q = t / w
          if (q > 0) entropy += q * Math.log(q)
        }
        if (w === 0) return used === 0 ? 0 : Infinity
        // The true class has p = 1 + t_y; log1p keeps the digits of a small t_y.
        const ty = theta[i * c + labels[i]] / w
        if (!(ty >= -1 - SLACK && ty <= SLACK && Math.abs(sum) <= c * SLACK * w)) return Infinity
        if (ty > -1 && ty < 0) entropy += (1 + ty) * Math.log1p(ty)
        return w * entropy - shifted
      })
    },
    conjugateMagnitude(theta) {
      checkLength(who, theta, size)
      // Every q·log q is at most 1/e, c of them a sample; the rest is room for log(1 − q) near q = 1 and for plain sums.
      return total(n, i => {
        let shifted = 0
        for (let k = 0; k < c; k++) shifted += Math.abs(theta[i * c + k] * offset[k])
        return weight(i) * (c + 1) + shifted * (1 + c / 16)
      })
    },
    domainScale(theta) {
      checkLength(who, theta, size)
      let scale = Infinity
      for (let i = 0; i < n; i++) {
        const w = weight(i)
        let sum = 0
        for (let k = 0; k < c; k++) {
          const t = theta[i * c + k]
          sum += t
          if ((k !== labels[i] && t < -SLACK * w) || (w === 0 && t !== 0)) return 0
        }
        if (Math.abs(sum) > c * SLACK * w) return 0
        const down = -theta[i * c + labels[i]]
        if (down > 0) scale = Math.min(scale, w / down)
      }
      return scale
    },
    project(theta, out = new Float64Array(size)) {
      checkLength(who, theta, size)
      for (let i = 0; i < n; i++) {
        const w = weight(i)
        // Multiples of 2⁻⁵² of a power of two above w: sums of those up to w have no rounding at all.
        const grid = w === 0 ? 1 : 2 ** (Math.ceil(Math.log2(w)) - 52)
        let sum = 0
        for (let k = 0; k < c; k++)
          if (k !== labels[i])
            sum += out[i * c + k] = w === 0 ? 0 : Math.max(0, Math.round(theta[i * c + k] / grid) * grid)
        // Past the weight only by rounding when θ is inside; then every sum below is exact and one round is enough.
        while (sum > w) {
          const shrink = (w / sum) * (1 - 2 ** -50)
          sum = 0
          for (let k = 0; k < c; k++)
            if (k !== labels[i]) sum += out[i * c + k] = Math.floor((out[i * c + k] * shrink) / grid) * grid
        }
        out[i * c + labels[i]] = 0 - sum
      }
      return out
    },
  }
}

function classesOf(targets: ArrayLike<number>): number {
  let most = 1
  for (let i = 0; i < targets.length; i++) if (targets[i] > most) most = Math.floor(targets[i])
  return most < Infinity ? most + 1 : 2
}
