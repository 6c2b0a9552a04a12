/**
 * Certificates that hold for ReLU networks of every width, whatever patterns they were trained over.
 *
 * For any θ and any number ḡ ≥ g(θ) = max over ‖u‖ ≤ 1 of |θᵀ(Xu)₊|, the point θ·β/ḡ is feasible in the dual, so −L*(θ·β/ḡ) is a
 * lower bound of the training objective of every network. An oracle supplies ḡ (`oracles/`): exact by enumeration in small rank,
 * else by semidefinite relaxations (of the half, and for small problems of training itself) or from singular values; these are valid however loose, and the statement says how loose
 * they may be. The dual points tried are ∇L at shares of the network's fit, and those handed in.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { bestScale } from '../losses/bestScale.ts'
import type { Compute } from '../matrix/compute.ts'
import { compute as sharedCompute } from '../matrix/createCompute.ts'
import { masks } from '../matrix/masks.ts'
import { dot } from '../matrix/vector.ts'
import { fold, key } from '../random/index.ts'
import { assemble } from './assemble.ts'
import { type BestBound, bestBound, boundAt } from './bestBound.ts'
import type { Certificate } from './certificate.ts'
import { networkPatterns } from './networkPatterns.ts'
import { networkValue } from './networkValue.ts'
import { type OracleChoice, upperOracle } from './oracles/chooseOracle.ts'
import { dataClass } from './oracles/dataClass.ts'
import { affordableSteps, type LiftedPoint, liftedPoints } from './oracles/lifted.ts'
import { liftedBound } from './oracles/liftedBound.ts'
import { normBySearch } from './oracles/search.ts'
import { down, up } from './rounding.ts'
import { checkTwoLayer, type TwoLayerData, type TwoLayerNetwork } from './twoLayer.ts'

/** Which oracle, and what it may start from. */
export interface GlobalOptions {
  /** Default 'auto': enumeration where it is affordable, else the semidefinite relaxation. */
  readonly oracle?: OracleChoice
  /** Dual points θ ∈ R^{n·c} (sum form) to try beside those of the fit. */
  readonly candidates?: readonly Float64Array[]
  readonly compute?: Compute
  /** Iterations of the lifted relaxation (oracle 'sdp', small problems); default as many as some ten seconds hold. */
  readonly iterations?: number
  /** Of the search that measures how loose a bound is; default 0. */
  readonly seed?: number
}

/** Shares of the fit whose ∇L is tried where the oracle is loose: less cancels there. */
const SHARES = [0.75, 0.5, 0.25, 0]
/** Rows up to which all inner products are looked at for a class with a closed form. */
const MOST_PRODUCTS = 5000
/** The lifted relaxation is left when its bound is this near (relatively) to the objective. */
const CLOSE = 1e-4

/**
 * How far a ReLU network is from the best of every width.
 *
 * @returns a certificate of scope 'global'; `proofs` holds what a relaxed oracle rests on, for `recheck`.
 * @throws ShapeError, DomainError, UnsupportedError as `certify`; UnsupportedError (E_TOO_MANY_PATTERNS) when enumeration is asked for
 *   and too large. Cost: the oracle's, for a few dual points.
 */
export function certifyGlobal(network: TwoLayerNetwork, data: TwoLayerData, options: GlobalOptions = {}): Certificate {
  const { x, loss, beta } = data
  const { oracle = 'auto', candidates = [], compute = sharedCompute(), seed = 0 } = options
  const n = x.rows
  checkTwoLayer('certify', network, data, { masks: masks(0, n), complete: false })
  if (network.kind !== 'relu')
    throw new UnsupportedError(
      'certify: the oracles bound ReLU networks; got a gated one. Its bound over all patterns is global already: train with all of them.',
    )
  const { upper, fit } = networkValue(network, data, networkPatterns(network, x))
  const closed = (oracle === 'auto' || oracle === 'closed-form') && n <= MOST_PRODUCTS && dataClass(data).factor === 1
  const usual = upperOracle(x, loss.outputs, closed ? 'closed-form' : oracle, compute)
  const chosen = closed ? { ...usual, exact: true } : usual
  const points = [loss.gradient(fit), ...candidates]
  if (!chosen.exact) for (const share of SHARES) points.push(loss.gradient(fit.map(value => share * value)))

  let best = bestBound(data, points, chosen)
  if (chosen.oracle === 'sdp' && loss.outputs === 1 && (options.iterations ?? affordableSteps(x)) > 0) {
    const lifted = fromLifting()
    if (lifted !== null && (best === null || lifted.lower > best.lower)) best = lifted
  }
  const could = best === null || chosen.exact ? null : couldBe(best)
  return assemble(up(upper / n), best === null ? null : { ...best, lower: down(best.lower / n) }, {
    scope: 'global',
    oracle: chosen.oracle,
    subject: 'ReLU network',
    ...(could !== null && { loose: could }),
    ...(best !== null && best.proofs.length > 0 && { proofs: best.proofs }),
  })

  /** The best dual point of the lifted relaxation, with its proofs in the scale of the witness. */
  function fromLifting(): BestBound | null {
    let last: LiftedPoint | null = null
    for (const point of liftedPoints(x, loss, beta, {
      compute,
      ...(options.iterations !== undefined && { iterations: options.iterations }),
    })) {
      if (point === null) continue
      last = point
      if (point.estimate >= upper * (1 - CLOSE)) break
    }
    if (last === null) return null
    const { theta: point, proofs } = last
    const found = boundAt(data, point, theta => ({
      value: Math.max(
        ...proofs.map(({ sign, weights }) =>
          liftedBound(
            x,
            theta.map(v => sign * v),
            weights,
            compute,
          ),
        ),
      ),
      kind: 'upper',
      oracle: 'sdp',
      witness: { directions: [], proofs },
    }))
    if (found === null) return null
    const share = dot(found.witness, point) / dot(point, point)
    const rescaled = proofs.map(proof => ({
      ...proof,
      weights: proof.weights.map((w, at) => (at === 0 ? w : share * w)),
    }))
    return { ...found, proofs: rescaled }
  }

  /** How loose the oracle is at the network's own residual, and what an exact one could prove there or at the best point, at most. */
  function couldBe({ witness, lower }: BestBound): { factor: number; bound: number } {
    let most = lower
    let factor = 1
    // Every point that was tried: the best for this oracle is seldom the best for an exact one.
    for (const point of [witness, ...points]) {
      if (point.length !== witness.length || !point.every(Number.isFinite)) continue
      const theta = loss.project(point)
      const under = normBySearch(x, theta, { key: fold(key(seed), 'looseness'), starts: 8 }).value
      if (!(under > 0)) continue
      most = Math.max(most, bestScale(loss, theta, beta / under).bound)
      if (point === points[0]) factor = Math.max(1, chosen.norm(theta, 0).value / under)
    }
    return { factor, bound: most / n }
  }
}
