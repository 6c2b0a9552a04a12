/**
 * The independent re-check: feasibility and value of a certificate once more, from the definition.
 *
 * Shares no code with what made the certificate: no loss, kernel, solver or bound of the library is called, only types are
 * imported. It has its own losses, its own sums with error bounds, its own cone projection and, for a claim about every
 * network, its own enumeration of the patterns in exact arithmetic, or a covering of the sphere where they are too many; what a
 * relaxed oracle proves is proved again from the slopes and weights it left (`provedNorm.ts`).
 *
 * The numbers it returns are proved on their own: `primal` is at least the value at the point (`primalFromDefinition.ts`), `dual`
 * at most the optimum (`dualFromDefinition.ts`).
 * @module
 */
import type { Certificate } from '../certificate.ts'
import type { TwoLayerNetwork } from '../twoLayer.ts'
import { coveringNorm } from './covering.ts'
import { best, dualFromPoint } from './dualFromDefinition.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, bitsOf, exactCells } from './exactCells.ts'
import { type Part, partsOfNetwork, primalBound } from './primalFromDefinition.ts'
import { provedNorm } from './provedNorm.ts'
import { checkShapes, type RecheckData } from './recheckData.ts'
import { signedProductsNorm } from './signedProducts.ts'
import { type Verdict, verdictOf } from './verdictOf.ts'

/** Rows up to which the cells are enumerated; above, the sphere is covered, which needs no list. */
const ENUMERATED = 40

/**
 * Checks a certificate of a two-layer network against its network and data.
 *
 * @returns what the re-check proves by itself, and every way in which the certificate claims more.
 * @throws ShapeError for data that do not fit together; UnsupportedError for a claim by enumeration on too many columns (6,
 *   3 for gated networks), which it can neither enumerate nor cover. Cost: 2·n·d·P·c flops for a restricted claim, n·d²·c for a
 *   relaxed oracle.
 */
export function recheck(certificate: Certificate, data: RecheckData): Verdict {
  const { network, x, loss } = data
  checkShapes(data, network.hidden.cols)
  const problems: string[] = []
  const parts = partsOfNetwork(network, x)
  const offset = loss.offset.some((o, k) => o !== network.offset[k])
  if (offset) problems.push('the network has another offset than the loss, so bound and network differ in class')
  if (network.output.cols > 1 && feedsSeveral(network))
    problems.push('a neuron feeds several outputs, which the program charges more for than weight decay does')

  const { scope, oracle, witness } = certificate
  if (!canBeChecked(certificate, network.kind))
    problems.push(`scope '${scope}' with oracle '${oracle}' is not a claim that can be checked here`)
  const primal = primalBound(parts, data)
  const norm = normOf(certificate, data, parts, problems)
  const dual = best((witness === null ? [] : [witness]).map(theta => dualFromPoint(theta, norm, data)))
  if (scope === 'stationary') {
    if (certificate.dual !== -Infinity || witness !== null) problems.push("scope 'stationary' must claim no bound")
  } else if (witness === null) problems.push('the claim has no witness')
  else problems.push(...dual.problems)
  return verdictOf(certificate, { primal: primal.upper, dual: dual.value, problems })
}

function canBeChecked({ scope, oracle }: Certificate, kind: TwoLayerNetwork['kind']): boolean {
  if (scope === 'stationary') return oracle === 'none'
  if (scope === 'restricted') return oracle === 'dictionary'
  if (oracle === 'enumeration') return true
  return kind === 'relu' && (oracle === 'spectral' || oracle === 'sdp' || oracle === 'closed-form')
}

/** The dual norm of a point from above, by whatever the claim says it rests on. */
function normOf(
  { scope, oracle, proofs = [] }: Certificate,
  { network, x, beta, masks }: RecheckData,
  parts: readonly Part[],
  problems: string[],
): (theta: Float64Array) => number {
  const { kind } = network
  if (scope === 'global' && oracle === 'closed-form') return theta => signedProductsNorm(x, theta)
  if (scope === 'global' && oracle !== 'enumeration')
    return theta => {
      // At 0 there is nothing to prove.
      if (theta.every(value => value === 0)) return 0
      const found = provedNorm(x, theta, proofs)
      problems.push(...found.problems)
      return found.norm
    }
  if (scope === 'global' && kind === 'relu' && (x.rows > ENUMERATED || x.cols > 3))
    return theta => coveringNorm(x, theta, beta)
  const patterns = scope === 'global' ? exactCells(x) : bitsOf(masks)
  if (scope !== 'global' || kind === 'gated') addOwn(patterns, parts)
  return theta => dualNormFromDefinition(kind, x, patterns, theta, beta)
}

/** The patterns of neurons that work and are not there yet. */
function addOwn(patterns: Bits[], parts: readonly Part[]): void {
  const seen = new Set(patterns.map(bits => bits.join('')))
  for (const { own, w, coefficient } of parts) {
    const key = own.join('')
    if (seen.has(key) || coefficient === 0 || w.every(value => value === 0)) continue
    seen.add(key)
    patterns.push(own)
  }
}

function feedsSeveral({ output }: TwoLayerNetwork): boolean {
  return Array.from({ length: output.rows }, (_, j) =>
    output.data.subarray(j * output.cols, (j + 1) * output.cols),
  ).some(row => row.filter(v => v !== 0).length > 1)
}
