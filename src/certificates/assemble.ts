/**
 * A certificate put together from its two numbers and what they cover.
 * @module
 */
import { NadirError } from '../errors.ts'
import type { Certificate, Oracle, Scope } from './certificate.ts'
import type { DualBound } from './dualBound.ts'
import type { HalfProof } from './oracles/oracle.ts'
import { showingCertificate } from './showCertificate.ts'
import { type Claim, statement } from './statement.ts'

/** What the bound covers, in the words of `Claim`, and the proofs of a relaxed oracle. */
export interface Cover extends Pick<Claim, 'subject' | 'patterns' | 'loose'> {
  readonly scope: Scope
  readonly oracle: Oracle
  readonly proofs?: readonly HalfProof[]
}

/**
 * Puts the two numbers and their words together; without a bound the scope is 'stationary'.
 *
 * @throws NadirError (E_BOUND_ABOVE_PRIMAL) when the lower bound exceeds the upper one: a bug, never to be smoothed over.
 */
export function assemble(primal: number, bound: DualBound | null, cover: Cover): Certificate {
  const { proofs, ...claim } = cover
  const proved = bound !== null
  const scope = proved ? claim.scope : 'stationary'
  const oracle = proved ? claim.oracle : 'none'
  const dual = proved ? bound.lower : -Infinity
  if (dual > primal)
    throw new NadirError(
      'E_BOUND_ABOVE_PRIMAL',
      `certify: the lower bound must not exceed the objective; got ${dual} above ${primal}. This is a bug in Nadir: please report it.`,
    )
  const gap = primal - dual
  const relativeGap = gap === 0 ? 0 : gap / Math.abs(primal)
  return showingCertificate({
    primal,
    dual,
    gap,
    relativeGap,
    scope,
    oracle,
    statement: statement({ primal, dual, relativeGap, ...claim, scope, oracle }),
    witness: proved ? bound.witness : null,
    ...(proved && proofs !== undefined && { proofs }),
  })
}
