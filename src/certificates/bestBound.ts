/**
 * The best lower bound among several dual points under one oracle.
 *
 * Where the oracle is a relaxation, points are first ranked by a cheaper one, and the relaxation is solved for the best few.
 * @module
 */
import { type DualBound, type DualData, dualBound } from './dualBound.ts'
import type { OracleResult } from './oracles/oracle.ts'

/** An upper bound of the dual norm as a function of θ, and a cheaper one where there is. */
export interface RankedOracle {
  norm(theta: Float64Array, floor: number): OracleResult
  readonly rough: ((theta: Float64Array, floor: number) => OracleResult) | null
}

/** A bound, the point it came from and what proves its dual norm. */
export interface BestBound extends DualBound {
  readonly proofs: OracleResult['witness']['proofs']
  readonly point: Float64Array
}

/** Dual points for which a relaxation is solved: the best by the cheaper oracle. */
const FINALISTS = 3

/** The best bound on the ray of one point under a norm; null when the point is not finite. */
export function boundAt(data: DualData, point: Float64Array, norm: RankedOracle['norm']): BestBound | null {
  let result: OracleResult | null = null
  const found = dualBound(data, point, (theta, { floor }) => {
    result = norm(theta, floor ?? 0)
    return Math.max(floor ?? 0, result.value)
  })
  // A point whose norm was never asked for is 0 or nothing: any proof will do, and none is needed.
  return found && { ...found, proofs: (result as OracleResult | null)?.witness.proofs ?? [], point }
}

/** The highest bound that the points give; null when none is finite. Cost: the oracle's, for each point or for three. */
export function bestBound(data: DualData, points: readonly Float64Array[], oracle: RankedOracle): BestBound | null {
  const ranked = (norm: RankedOracle['norm'], among: readonly Float64Array[]): BestBound[] =>
    among
      .map(point => boundAt(data, point, norm))
      .filter(found => found !== null)
      .sort((a, b) => b.lower - a.lower)
  const finalists =
    oracle.rough === null
      ? points
      : ranked(oracle.rough, points)
          .slice(0, FINALISTS)
          .map(({ point }) => point)
  return ranked(oracle.norm, finalists)[0] ?? null
}
