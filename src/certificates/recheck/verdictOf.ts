/**
 * From what a re-check proved by itself to its verdict on a claim.
 * @module
 */
import type { Certificate } from '../certificate.ts'

/** What `recheck` found: whether the claim stands, and the two numbers it proved by itself. */
export interface Verdict {
  /** No problem was found, and both numbers of the claim are proved again (to 1e-10 of the objective). */
  readonly valid: boolean
  /** Proved by the re-check alone, in the public (mean) objective. */
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  readonly problems: readonly string[]
}

/** Part of the objective by which two provers, each with its own error bounds, may differ. */
const AGREE = 1e-10

/**
 * Compares a claim with the two numbers proved anew, in mean form; of scope 'stationary' only the upper one is claimed.
 *
 * @param proved `problems` found so far; more are added here.
 * @param agree part of the objective by which the two may differ.
 */
export function verdictOf(
  claim: Certificate,
  proved: { readonly primal: number; readonly dual: number; readonly problems: readonly string[] },
  agree: number = AGREE,
): Verdict {
  const { primal, dual } = proved
  const problems = [...proved.problems]
  // The constant is what provers allow for underflow.
  const slack = agree * Math.abs(primal) + 1e-280
  if (!(claim.dual <= dual + slack))
    problems.push(`the bound ${claim.dual} is not proved by its witness, which gives ${dual}`)
  if (!(claim.primal >= primal - slack))
    problems.push(`the objective at the weights is ${primal}, above the claim ${claim.primal}`)
  if (!(claim.primal <= primal + slack))
    problems.push(`the objective at the weights is ${primal}, far below the claim ${claim.primal}`)
  if (claim.dual > claim.primal) problems.push('the bound is above the objective')
  const gap = claim.primal - claim.dual
  const followed =
    Math.abs(claim.gap - gap) <= slack && Math.abs(claim.relativeGap * Math.abs(claim.primal) - gap) <= slack
  if (claim.scope !== 'stationary' && !followed)
    problems.push('gap and relative gap do not follow from the two numbers')
  return verdict(primal, dual, problems)
}

/** The verdict on two proved numbers; valid when there is no problem. */
export function verdict(primal: number, dual: number, problems: readonly string[]): Verdict {
  const gap = Math.max(0, primal - dual)
  return { valid: problems.length === 0, primal, dual, relativeGap: gap === 0 ? 0 : gap / Math.abs(primal), problems }
}
