/**
 * Rank-one data, X = c aᵀ without biases: two neurons, whatever the loss.
 *
 *   min L(Σ_j v_j (X u_j)₊) + β·½Σ(‖u_j‖² + v_j²)
 *
 * Theorem: (X u)₊ is (a·u)₊(c)₊ or (−a·u)₊(−c)₊ up to sign, so with f_± = ‖a‖(±c)₊ training is min L(t₊f₊ + t₋f₋) + β(|t₊| + |t₋|). The supports
 * of f₊ and f₋ are disjoint and L is a sum over samples: two problems in one number each. Squared loss: t_± = S_β(f_±ᵀy)/‖f_±‖², S_β the soft
 * threshold, and p* = ½‖y‖² − Σ ½(|f_±ᵀy| − β)₊²/‖f_±‖².
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { rowOf } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { lowestPoint } from '../audit/missingNeuron.ts'
import type { Atom } from '../networks/recover.ts'
import { type ClosedForm, type ClosedFormData, closedFormOf, requireLoss } from './closedForm.ts'

/** A row counts as a multiple of another when what is left is shorter than this part of the longest row. */
const PARALLEL = 1e-12

/**
 * The optimal network on rows that are multiples of one vector. Cost O(n·d); losses other than squared take a bisection.
 *
 * @throws DomainError (E_RANK) naming a row that is no multiple; UnsupportedError for several outputs.
 */
export function rankOneNetwork(data: ClosedFormData): ClosedForm {
  const { x, loss, beta } = data
  requireLoss(loss, 'rankOneNetwork', ['squared', 'huber', 'logistic', 'squared-hinge'])
  const { c, a } = factorsOf(x)
  const length = norm(a)
  const atoms: Atom[] = []
  for (const side of [1, -1] as const) {
    const feature = c.map(v => length * Math.max(0, side * v))
    const at = (t: number) => dot(feature, loss.gradient(feature.map(f => t * f)))
    const slope = at(0)
    if (Math.abs(slope) <= beta) continue
    const sign = slope < 0 ? 1 : -1
    const bend = loss.curvature(new Float64Array(x.rows)).reduce((sum, h, i) => sum + h * feature[i] ** 2, 0)
    const t =
      loss.name === 'squared' ? (Math.abs(slope) - beta) / bend : lowestPoint(mass => sign * at(sign * mass) + beta)
    atoms.push({ w: a.map(v => (side * t * v) / length), output: 0, sign, gate: null })
  }
  return closedFormOf(atoms, data)
}

function factorsOf(x: Dense): { c: Float64Array; a: Float64Array } {
  let longest = 0
  for (let i = 1; i < x.rows; i++) if (norm(rowOf(x, i)) > norm(rowOf(x, longest))) longest = i
  const a = rowOf(x, longest).slice()
  const square = dot(a, a)
  if (!(square > 0)) throw new DomainError('rankOneNetwork: some row must not be 0; all are. Check the data.', 'E_RANK')
  const c = Float64Array.from({ length: x.rows }, (_, i) => dot(rowOf(x, i), a) / square)
  for (let i = 0; i < x.rows; i++)
    if (norm(rowOf(x, i).map((v, j) => v - c[i] * a[j])) > PARALLEL * Math.sqrt(square))
      throw new DomainError(
        `rankOneNetwork: all rows must be multiples of one vector; row ${i} is none of row ${longest}. Use fit.`,
        'E_RANK',
      )
  return { c, a }
}
