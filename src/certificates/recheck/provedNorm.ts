/**
 * The dual norm of a point from the proof of a relaxed oracle: the re-check's own.
 *
 * A diagonal proof (a lifted one is read by `liftedFromDefinition.ts`) names y_0 > 0, y_i > 0 where t_i > 0 and κ_i ∈ [0, 1] where t_i < 0. Whatever they are,
 *   max over ‖u‖ ≤ 1 of tᵀ(Xu)₊ ≤ √(Σy · λ_max(S)),   S = z_0z_0ᵀ/y_0 + Σ_{t_i>0} z_i z_iᵀ/y_i,
 *   z_i = ½t_i x_i,  z_0 = Σ_{t_i>0} z_i + Σ_{t_i<0} κ_i t_i x_i.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import type { HalfProof } from '../oracles/oracle.ts'
import { largestEigenvalue } from './definite.ts'
import { liftedFromDefinition } from './liftedFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'

/** Rows whose squares are added before they join the rest: keeps sums of many rows accurate. */
const BLOCK = 256

/**
 * A number ≥ the dual norm of θ ∈ R^{n·c}, and what is wrong with the proofs: one must be there for each output and sign.
 *
 * Cost n·d² flops for each, and 50 Cholesky factorisations of d × d.
 */
export function provedNorm(
  x: Dense,
  theta: Float64Array,
  proofs: readonly HalfProof[],
): { norm: number; problems: string[] } {
  const outputs = theta.length / x.rows
  let norm = 0
  for (let c = 0; c < outputs; c++)
    for (const sign of [1, -1]) {
      const t = Float64Array.from({ length: x.rows }, (_, i) => sign * theta[i * outputs + c])
      const proof = proofs.find(each => each.output === c && each.sign === sign)
      if (proof === undefined)
        return { norm: Infinity, problems: [`there is no proof for output ${c}, sign ${sign > 0 ? '+' : '−'}`] }
      if (proof.form === 'lifted') {
        const found = liftedFromDefinition(x, t, proof.weights)
        if (typeof found === 'string')
          return { norm: Infinity, problems: [`the proof for output ${c} is none: ${found}`] }
        norm = Math.max(norm, found)
        continue
      }
      const wrong = fault(t, proof.weights)
      if (wrong !== null) return { norm: Infinity, problems: [`the proof for output ${c} is none: ${wrong}`] }
      norm = Math.max(norm, halfBound(x, t, proof.weights))
    }
  return { norm, problems: [] }
}

function fault(t: Float64Array, weights: Float64Array): string | null {
  if (weights.length !== t.length + 1) return `it must have ${t.length + 1} numbers, not ${weights.length}`
  if (!(weights[0] > 0 && weights[0] < Infinity)) return 'its first weight is not positive'
  for (let i = 0; i < t.length; i++) {
    const w = weights[1 + i]
    if (t[i] > 0 && !(w > 0 && w < Infinity)) return `weight ${i} is not positive`
    if (t[i] < 0 && !(w >= 0 && w <= 1)) return `slope ${i} is not between 0 and 1`
  }
  return null
}

function halfBound(x: Dense, t: Float64Array, weights: Float64Array): number {
  const [n, d] = [x.rows, x.cols]
  const centre = Array.from({ length: d }, () => new BoundedSum())
  const total = new BoundedSum()
  total.add(weights[0])
  const gram = new Float64Array(d * d)
  const block = new Float64Array(d * d)
  let [rows, inBlock, blocks] = [0, 0, 0]
  const flush = () => {
    for (let at = 0; at < gram.length; at++) gram[at] += block[at]
    block.fill(0)
    blocks++
    inBlock = 0
  }
  for (let i = 0; i < n; i++) {
    if (t[i] === 0) continue
    const factor = t[i] > 0 ? t[i] / 2 : t[i] * weights[1 + i]
    for (let j = 0; j < d; j++) centre[j].add(factor * x.data[i * d + j])
    if (!(t[i] > 0)) continue
    total.add(weights[1 + i])
    const scale = t[i] / 2 / Math.sqrt(weights[1 + i])
    for (let j = 0; j < d; j++) {
      const a = scale * x.data[i * d + j]
      if (a !== 0) for (let k = 0; k <= j; k++) block[j * d + k] += a * (scale * x.data[i * d + k])
    }
    rows++
    if (++inBlock === BLOCK) flush()
  }
  flush()
  const z = centre.map(sum => sum.value)
  const off = Math.hypot(...centre.map(sum => sum.error(2))) * (1 + 1e-12)
  for (let j = 0; j < d; j++) for (let k = 0; k <= j; k++) gram[j * d + k] += (z[j] * z[k]) / weights[0]
  // Entries are off by their share of |R|ᵀ|R|, which is at most the trace long.
  const relative = (Math.min(rows, BLOCK) + blocks + 14) * 1.01 * ROUND
  const largest = largestEigenvalue(gram, d, relative)
  const sum = total.value + total.error(0)
  return (Math.sqrt(sum * largest) + off) * (1 + 16 * ROUND)
}
