/**
 * Whitened rows, X Xᵀ = s²I (n ≤ d), squared loss: at most two neurons.
 *
 * Theorem: every vector z = Xu has a shortest u = Xᵀz/s², of length ‖z‖/s, so g(θ) = s·max(‖θ₊‖, ‖θ₋‖), and training splits into the positive and the
 * negative part of y. With β' = β/s and y_± = max(±y, 0),
 *   fit ±(1 − β'/‖y_±‖)₊ y_±,   neurons u_± = Xᵀy_±/(s‖y_±‖),   p* = Σ_± (β'‖y_±‖ − β'²/2 if ‖y_±‖ > β', else ½‖y_±‖²).
 * As β → 0 the norm of the smallest network through all points is (‖y₊‖ + ‖y₋‖)/s.
 * Source: M. Pilanci, T. Ergen, "Neural Networks are Convex Regularizers", ICML 2020 (whitened data).
 * @module
 */
import { DomainError } from '../../errors.ts'
import { rowOf } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import type { Atom } from '../networks/recover.ts'
import { type ClosedForm, type ClosedFormData, closedFormOf, requireLoss } from './closedForm.ts'

/** Entries of X Xᵀ/s² may be off those of the identity by this much. */
const WHITE = 1e-12

/**
 * The optimal network on whitened rows, and the least norm of networks through all points. Cost O(n²d).
 *
 * @throws DomainError (E_NOT_WHITENED) naming the first pair of rows that is not orthonormal; UnsupportedError for other losses, weights or several
 *   outputs.
 */
export function whitenedNetwork(data: ClosedFormData): ClosedForm & { readonly interpolation: number } {
  const { x, loss, beta } = data
  requireLoss(loss, 'whitenedNetwork', ['squared'])
  if (loss.weights !== null)
    throw new DomainError('whitenedNetwork: samples must have equal weights; got others. Use fit.')
  const scale = norm(rowOf(x, 0))
  for (let i = 0; i < x.rows; i++)
    for (let k = 0; k <= i; k++) {
      const product = dot(rowOf(x, i), rowOf(x, k)) / (scale * scale)
      if (!(Math.abs(product - (i === k ? 1 : 0)) <= WHITE))
        throw new DomainError(
          `whitenedNetwork: rows must be orthogonal and of one length; rows ${k} and ${i} are not. Whiten the data, or use fit.`,
          'E_NOT_WHITENED',
        )
    }
  const y = loss.targets.map((t, i) => t - loss.offset[i % loss.offset.length])
  const atoms: Atom[] = []
  let interpolation = 0
  for (const sign of [1, -1] as const) {
    const part = y.map(t => Math.max(0, sign * t))
    const length = norm(part)
    interpolation += length / scale
    const mass = (length - beta / scale) / scale
    if (!(mass > 0)) continue
    const w = new Float64Array(x.cols)
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < x.cols; j++) w[j] += (mass * part[i] * x.data[i * x.cols + j]) / (scale * length)
    atoms.push({ w, output: 0, sign, gate: null })
  }
  return { ...closedFormOf(atoms, data), interpolation }
}
