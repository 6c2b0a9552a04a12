/**
 * Certificates: two numbers that hold in exact arithmetic, and the point that proves the lower one.
 * @module
 */

import type { HalfProof } from './oracles/oracle.ts'

/** What the bound covers: every network of the class; only the given patterns or gates; nothing (a residual only). */
export type Scope = 'global' | 'restricted' | 'stationary'
/** How the lower bound was obtained. */
export type Oracle = 'enumeration' | 'closed-form' | 'spectral' | 'sdp' | 'low-rank' | 'dictionary' | 'none'

/**
 * `dual ≤ optimum ≤ primal` in the public (mean) objective, rounding included: `primal` is an upper bound of the exact
 * value at the weights and `dual` a lower bound of the exact dual value at `witness`, both for the data as given.
 */
export interface Certificate {
  readonly primal: number
  /** −∞ when scope is 'stationary'. */
  readonly dual: number
  /** primal − dual ≥ 0. */
  readonly gap: number
  /** gap / |primal| (0 when both are 0). */
  readonly relativeGap: number
  readonly scope: Scope
  readonly oracle: Oracle
  /** One sentence for people; made by `statement.ts` alone. */
  readonly statement: string
  /** The dual point θ in R^{n·c} (sum form) from which `recheck` starts; null when scope is 'stationary'. */
  readonly witness: Float64Array | null
  /** For the oracles 'spectral' and 'sdp': what proves the dual norm of the witness, one for each output and sign. */
  readonly proofs?: readonly HalfProof[]
}
