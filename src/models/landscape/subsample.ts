/**
 * Training over sampled vertices of the zonotope, with the ratio by which it can be off.
 *
 * Z = {Xᵀh : h ∈ [0, 1]^n}; h = 1[Xu > 0] maximises hᵀXu, so vertices of Z are the patterns of X. A Gaussian direction finds a vertex with the
 * probability of its normal cone, sharp vertices first ('gauss'). A random ray of the arrangement, orthogonal to d − 1 rows, has 2^{d−1} vertices
 * around it, of which one is drawn ('vertex').
 *
 * Let p_S be the optimum over the sampled cells, θ_S its dual point and ḡ ≥ g(θ_S) = max_{‖u‖≤1} |θ_Sᵀφ(Xu)|. Then θ_S·β/ḡ is feasible for the whole
 * dual and, −L* being concave with −L*(0) ≥ 0,
 *   p_S·(β/ḡ) ≤ p* ≤ p_S:
 * valid after the fact for every sample. No ratio is promised beforehand.
 * @module
 */
import {
  type Certificate,
  certifyHomogeneous,
  type HomogeneousNetwork,
  type HomogeneousProgram,
  homogeneousOracles,
  reluRows,
} from '../../certificates/index.ts'
import { DomainError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { dot } from '../../matrix/vector.ts'
import { fold, type Key, normals, permutation, signs } from '../../random/index.ts'
import type { Status } from '../../solvers/solve.ts'
import { activationName } from '../activation.ts'
import { patternsOf } from '../networks/patterns/patternsOf.ts'
import { trainCells } from './trainCells.ts'

/** The sample, and how well to solve over it. */
export interface SubsampleOptions {
  /** P × d vectors whose patterns are used. */
  readonly gates: Dense
  /** Relative, of the sampled program; default 1e-9. */
  readonly tolerance?: number
  readonly maxTime?: number
  readonly signal?: AbortSignal
}

/** Values in sum form. */
export interface Subsample {
  readonly network: HomogeneousNetwork
  /** p_S. */
  readonly value: number
  /** Distinct patterns. */
  readonly patterns: number
  /** ḡ(θ_S)/β ≥ 1 up to the tolerance. */
  readonly dualNorm: number
  /** β/ḡ(θ_S): p* ≥ ratio·p_S. At most 1. */
  readonly ratio: number
  /** Over networks of every width, in mean form. */
  readonly certificate: Certificate
  readonly status: Status
}

/** The optimum over the cells of given vectors, and how far from the whole program it is at most. */
export async function subsample(program: HomogeneousProgram, options: SubsampleOptions): Promise<Subsample> {
  const { gates, tolerance = 1e-9, maxTime, signal } = options
  const found = patternsOf(reluRows(program).rows, gates)
  if (found.masks.patterns === 0)
    throw new DomainError('subsample: at least one vector must be active on some row; none is. Draw more.', 'E_EMPTY')
  const trained = await trainCells(program, found.masks, {
    tolerance,
    ...(maxTime !== undefined && { maxTime }),
    ...(signal && { signal }),
  })
  const oracles = homogeneousOracles(program)
  const dualNorm = oracles[0].norm(trained.dualPoint, 0).value / program.beta
  return {
    network: trained.network,
    value: trained.objective,
    patterns: found.masks.patterns,
    dualNorm,
    ratio: Math.min(1, 1 / dualNorm),
    certificate: certifyHomogeneous(trained.network, program, {
      candidates: [trained.dualPoint],
      subject: activationName(program.slopes),
      oracles,
    }),
    status: trained.status,
  }
}

/** Vectors N(0, I) in R^d. */
export function gaussGates(x: Dense, draws: number, key: Key): Dense {
  return dense(draws, x.cols, normals(fold(key, 'gauss'), draws * x.cols))
}

/** How far from its ray a vertex's vector lies: beyond rounding, short of other rows as a rule. */
const ASIDE = 1e-6

/** Vectors next to random rays of the arrangement of X: orthogonal to d − 1 random rows, then a little to a random side of each. */
export function vertexGates(x: Dense, draws: number, key: Key): Dense {
  const [n, d] = [x.rows, x.cols]
  const out = dense(draws, d)
  for (let k = 0; k < draws; k++) {
    const own = fold(fold(key, 'vertex'), k)
    const chosen = permutation(fold(own, 'rows'), n).slice(0, Math.min(n, d - 1))
    const sides = signs(fold(own, 'sides'), d)
    const rows = dense(d, d)
    chosen.forEach((i, at) => {
      rows.data.set(rowOf(x, i), at * d)
    })
    const { u, values, vt } = svd(rows)
    const gate = rowOf(vt, d - 1).map(v => sides[d - 1] * v)
    // X_S w = sides by the pseudo-inverse.
    for (let a = 0; a < d; a++) {
      if (!(values[a] > 1e-9 * values[0])) continue
      let along = 0
      for (let at = 0; at < chosen.length; at++) along += u.data[at * u.cols + a] * sides[at]
      const direction = rowOf(vt, a)
      for (let j = 0; j < d; j++) gate[j] += (ASIDE * values[0] * along * direction[j]) / values[a]
    }
    const length = Math.sqrt(dot(gate, gate))
    for (let j = 0; j < d; j++) out.data[k * d + j] = gate[j] / length
  }
  return out
}
