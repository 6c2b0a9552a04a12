/**
 * Which oracle is affordable, cheapest valid one first when none is exact.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Oracle } from '../certificate.ts'
import { type Arrangement, arrangementOf } from './arrangement.ts'
import { normByClosedForm } from './closedForm.ts'
import { arcsOf, normByEnumeration } from './enumeration.ts'
import type { OracleResult } from './oracle.ts'
import { normBySdp } from './sdp.ts'
import { normBySpectrum } from './spectral.ts'

/** Oracles that can be asked for. */
export type OracleChoice = 'auto' | 'enumeration' | 'closed-form' | 'spectral' | 'sdp'

/** An upper bound of g(θ), or of max(floor, g(θ)), as a function of θ. */
export interface UpperOracle {
  readonly oracle: Oracle
  /** Whether the bound is g itself, up to rounding. */
  readonly exact: boolean
  norm(theta: Float64Array, floor: number): OracleResult
  /** A cheaper one by which dual points can be ranked; null when there is none, or no need. */
  readonly rough: ((theta: Float64Array, floor: number) => OracleResult) | null
}

/** 'auto' enumerates up to this many arcs: some seconds. */
export const AFFORDABLE = 2e7
/** The relaxation takes hundreds of passes over n·d² numbers; 'auto' leaves it above this. */
const LARGE = 5e7

/**
 * The oracle asked for, or the best affordable one.
 *
 * @param outputs c; every output costs as much again.
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) when enumeration is asked for and too large.
 */
export function upperOracle(x: Dense, outputs: number, choice: OracleChoice, compute: Compute): UpperOracle {
  const spectral = (theta: Float64Array): OracleResult => normBySpectrum(x, theta, { compute })
  if (choice === 'enumeration' || (choice === 'auto' && maybeSmall(x))) {
    const arrangement: Arrangement = arrangementOf(x, 5, compute)
    if (choice === 'enumeration' || (arrangement.complete && arcsOf(arrangement) * outputs <= AFFORDABLE))
      return {
        oracle: 'enumeration',
        exact: true,
        rough: null,
        norm: (theta, floor) => normByEnumeration(x, theta, { compute, floor, arrangement }),
      }
  }
  if (choice === 'closed-form')
    return {
      oracle: 'closed-form',
      // Whether it is depends on the loss as well (`dataClass`).
      exact: false,
      rough: null,
      norm: theta => normByClosedForm(x, theta, { compute }),
    }
  if (choice === 'spectral' || (choice === 'auto' && x.data.length * x.cols > LARGE))
    return { oracle: 'spectral', exact: false, rough: null, norm: spectral }
  return { oracle: 'sdp', exact: false, rough: spectral, norm: theta => normBySdp(x, theta, { compute }) }
}

/** Whether a decomposition, to learn the rank, is worth its cost. */
function maybeSmall(x: Dense): boolean {
  return x.data.length * x.cols <= 1e9
}
