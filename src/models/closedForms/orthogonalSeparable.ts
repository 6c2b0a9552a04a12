/**
 * Orthogonal separable classes, x_i·x_k > 0 within a class and ≤ 0 across, with a monotone classification loss: one neuron a class.
 *
 * Theorem: the slopes of a monotone loss have the sign of −y at every network, so g(θ) = max(‖X₊ᵀθ₊‖, ‖X₋ᵀθ₋‖) with all samples of a class active and none
 * of the other, and training splits into two problems over vectors,
 *   min over u  Σ_{i ∈ ±} ℓ(x_i·u) + β‖u‖,   network (x·u₊)₊ − (x·u₋)₊.
 * Without weight decay gradient flow tends to the largest margin, and that splits alike:
 *   min Σ‖u_j‖|v_j| with y_i f(x_i) ≥ 1  =  ‖u₊‖ + ‖u₋‖,   u_± = argmin ‖u‖ with x_i·u ≥ 1 for the samples of ±.
 * Squared loss is not monotone: where a fit overshoots, the sign of its residual turns, and the split is wrong.
 * Source: Y. Wang, M. Pilanci, "The Convex Geometry of Backpropagation", ICLR 2022; M. Phuong, C. Lampert, 2021 (orthogonal separable data).
 * @module
 */
import { normByClosedForm, requireOrthogonalSeparable } from '../../certificates/index.ts'
import { compensatedSum, down, gamma, normUp, up } from '../../certificates/rounding.ts'
import { NotSolvedError } from '../../errors.ts'
import { createLoss } from '../../losses/index.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { leastDistance } from '../../matrix/factor/leastDistance.ts'
import { gatedOperator } from '../../matrix/gated.ts'
import { masks, setMaskBit } from '../../matrix/masks.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { groupL2 } from '../../penalties/index.ts'
import { chooseSolver } from '../../solvers/chooseSolver.ts'
import type { CompositeProblem } from '../../solvers/problem.ts'
import { solve } from '../../solvers/solve.ts'
import type { Network } from '../model.ts'
import { type Atom, networkOf } from '../networks/recover.ts'
import { type ClosedForm, type ClosedFormData, closedFormOf, requireLoss } from './closedForm.ts'

/**
 * The optimal network for logistic or squared hinge loss, labels ±1 and no offset: two group problems of d unknowns.
 *
 * @throws DomainError (E_NOT_ORTHSEP) naming the first pair of rows that breaks the class; UnsupportedError for other losses.
 */
export async function orthogonalSeparableNetwork(
  data: ClosedFormData,
  options: { readonly tolerance?: number; readonly signal?: AbortSignal } = {},
): Promise<ClosedForm> {
  const { x, loss, beta } = data
  const { tolerance = 1e-10, signal } = options
  requireLoss(loss, 'orthogonalSeparableNetwork', ['logistic', 'squared-hinge'])
  requireOrthogonalSeparable(x, loss.targets)
  const atoms: Atom[] = []
  const theta = new Float64Array(x.rows)
  for (const sign of [1, -1] as const) {
    const { rows, index } = classRows(x, loss.targets, sign)
    if (index.length === 0) continue
    const all = masks(1, rows.rows)
    index.forEach((_, i) => {
      setMaskBit(all, 0, i)
    })
    const problem: CompositeProblem = {
      kind: 'composite',
      operator: gatedOperator(rows, all, sharedCompute()),
      loss: createLoss(loss.name, {
        targets: new Float64Array(rows.rows).fill(1),
        ...(loss.weights !== null && { weights: Float64Array.from(index, i => (loss.weights as Float64Array)[i]) }),
      }),
      penalty: groupL2(x.cols, { groupSize: x.cols, beta }),
    }
    const found = await solve(problem, chooseSolver(problem).solver, { tolerance, ...(signal && { signal }) })
    // Both classes were solved with targets 1.
    index.forEach((i, at) => {
      theta[i] = sign * (found.dualPoint?.[at] ?? 0)
    })
    atoms.push({ w: found.x, output: 0, sign, gate: null })
  }
  return closedFormOf(atoms, data, [theta])
}

/** The network of largest margin, with what proves it. */
export interface LargestMargin {
  readonly network: Network
  /** ‖u₊‖ + ‖u₋‖ over the margin of the network: at least the least norm at margin one. */
  readonly primal: number
  /** Σq/g(Yq): at most the least norm of networks of every width. */
  readonly dual: number
  readonly relativeGap: number
  /** q ≥ 0. */
  readonly witness: Float64Array
}

/**
 * The largest margin of networks of every width, by two least-distance problems; both numbers with their rounding counted. Cost O(n·d·rounds).
 *
 * @throws DomainError (E_NOT_ORTHSEP) naming the first pair of rows that breaks the class; NotSolvedError when a class has no separating
 *   direction to working accuracy.
 */
export function largestMargin(x: Dense, labels: ArrayLike<number>): LargestMargin {
  requireOrthogonalSeparable(x, labels)
  const d = x.cols
  const atoms: Atom[] = []
  const witness = new Float64Array(x.rows)
  for (const sign of [1, -1] as const) {
    const { rows, index } = classRows(x, labels, sign)
    if (index.length === 0) continue
    const nearest = leastDistance(rows)
    if (nearest === null)
      throw new NotSolvedError(`largestMargin: no direction separates class ${sign} from 0. Check the data.`)
    const { u, multipliers } = nearest
    // Multipliers of ½‖u‖²: u = Σ q_i x_i; over ‖u‖ they are those of ‖u‖.
    index.forEach((i, at) => {
      witness[i] = multipliers[at] / norm(u)
    })
    atoms.push({ w: u, output: 0, sign, gate: null })
  }
  const network = networkOf('relu', atoms, { features: d, offset: new Float64Array(1) })
  let margin = Infinity
  for (let i = 0; i < x.rows; i++) {
    let [f, terms] = [0, 0]
    for (const { w, sign } of atoms) {
      f += sign * Math.max(0, dot(w, rowOf(x, i)))
      for (let j = 0; j < d; j++) terms += Math.abs(w[j] * x.data[i * d + j])
    }
    // (·)₊ is Lipschitz: what rounding moves a product by moves f by no more.
    margin = Math.min(margin, down(labels[i] * f - up(gamma(d + 4) * terms, d + 4)))
  }
  if (!(margin > 0)) throw new NotSolvedError('largestMargin: the classes were not separated to working accuracy.')
  const primal = up(up(compensatedSum(atoms.map(({ w }) => normUp(w)))) / margin)
  const theta = witness.map((q, i) => -labels[i] * q)
  const dual = Math.max(0, down(down(compensatedSum(witness)) / normByClosedForm(x, theta).value))
  return { network, primal, dual, relativeGap: (primal - dual) / primal, witness }
}

function classRows(x: Dense, labels: ArrayLike<number>, sign: number): { rows: Dense; index: number[] } {
  const index = Array.from({ length: x.rows }, (_, i) => i).filter(i => labels[i] === sign)
  const rows = dense(index.length, x.cols)
  index.forEach((i, at) => {
    rows.data.set(rowOf(x, i), at * x.cols)
  })
  return { rows, index }
}
