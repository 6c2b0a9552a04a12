/**
 * Training on the best approximation of rank k, with a certificate for the data as they are.
 *
 * X = X̂ + E, ‖E‖ = σ_{k+1}. The program over X̂ has the rows X V_k ∈ R^{n × k}, hence O(n^{k−1}) cells instead of O(n^{d−1}). Its network, with
 * weights V_k u, is one for X: its objective there is an upper bound. Its dual point θ̂ bounds from below, since |θᵀφ(Xu) − θᵀφ(X̂u)| ≤ s·‖θ‖σ_{k+1}, s the
 * steeper slope:
 *   g_X(θ̂) ≤ β + s·σ_{k+1}‖θ̂‖.
 * Beforehand: if ‖∇L‖ ≤ G everywhere (logistic loss: G = √Σw²), then p* ≤ upper ≤ p*·(1 + s·G·σ_{k+1}/β)². Squared loss has no such G: only the bound
 * after the fact holds for it.
 * @module
 */
import {
  type Certificate,
  certifyHomogeneous,
  type HomogeneousNetwork,
  type HomogeneousProgram,
  homogeneousOracles,
  homogeneousValue,
  reluRows,
} from '../../certificates/index.ts'
import { DomainError } from '../../errors.ts'
import { dense } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { activationName } from '../activation.ts'
import { enumeratePatterns } from '../networks/patterns/enumeratePatterns.ts'
import { trainCells } from './trainCells.ts'

/** Values in sum form. */
export interface LowRank {
  readonly network: HomogeneousNetwork
  /** Optimum of the approximation, p̂. */
  readonly approximate: number
  /** Objective of the network on X itself. */
  readonly value: number
  /** σ_{k+1}. */
  readonly sigma: number
  /** Cells of the approximation. */
  readonly cells: number
  /** (1 + s·G·σ_{k+1}/β)²; null where the loss is not Lipschitz. */
  readonly ratioBefore: number | null
  /** Over networks of every width on X, in mean form. */
  readonly certificate: Certificate
}

/**
 * Trains over the cells of the best rank-k approximation of the rows.
 *
 * @throws DomainError for a rank that is no whole number in 1 … d; UnsupportedError (E_TOO_MANY_PATTERNS) when its cells are too many.
 */
export async function trainLowRank(
  program: HomogeneousProgram,
  options: { readonly rank: number; readonly tolerance?: number; readonly signal?: AbortSignal },
): Promise<LowRank> {
  const { rank, tolerance = 1e-8, signal } = options
  const { x, slopes, loss, beta, pooling } = program
  const [n, d] = [x.rows, x.cols]
  if (!Number.isInteger(rank) || rank < 1 || rank > Math.min(n, d))
    throw new DomainError(`trainLowRank: rank must be a whole number in 1 … ${Math.min(n, d)}; got ${rank}.`)
  const { values, vt } = svd(x)
  const small = dense(n, rank)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < rank; k++)
      for (let j = 0; j < d; j++) small.data[i * rank + k] += x.data[i * d + j] * vt.data[k * d + j]
  const reduced: HomogeneousProgram = { ...program, x: small }
  const patterns = enumeratePatterns(reluRows(reduced).rows)
  const trained = await trainCells(reduced, patterns.masks, { tolerance, ...(signal && { signal }) })
  const own = trained.network.hidden
  const hidden = dense(own.rows, d)
  for (let j = 0; j < own.rows; j++)
    for (let k = 0; k < rank; k++)
      for (let a = 0; a < d; a++) hidden.data[j * d + a] += own.data[j * rank + k] * vt.data[k * d + a]
  const network: HomogeneousNetwork = { ...trained.network, hidden }
  const sigma = rank < values.length ? values[rank] : 0
  const steep = Math.max(Math.abs(slopes.positive), Math.abs(slopes.negative))
  const lipschitz = loss.name === 'logistic' && pooling === undefined ? Math.sqrt(weightSquares(program)) : null
  return {
    network,
    approximate: trained.objective,
    value: homogeneousValue(network, program).upper,
    sigma,
    cells: patterns.cells,
    ratioBefore: lipschitz === null ? null : (1 + (steep * lipschitz * sigma) / beta) ** 2,
    certificate: certifyHomogeneous(network, program, {
      candidates: [trained.dualPoint],
      subject: activationName(slopes),
      oracles: homogeneousOracles(program, { rank }),
    }),
  }
}

function weightSquares({ loss }: HomogeneousProgram): number {
  return loss.weights === null ? loss.samples : loss.weights.reduce((sum, w) => sum + w * w, 0)
}
