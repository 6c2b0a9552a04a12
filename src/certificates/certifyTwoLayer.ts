/**
 * Certificates of two-layer networks, from weights, data, patterns and dual points to try, and nothing else.
 *
 * Weak duality of the convex program (β = n·lambda, sum of losses): for every θ with Ω°(θ) ≤ β,
 *
 *   −L*(θ) ≤ min_u L(Σ_k D_k X u_k) + β Σ‖u_k‖ ≤ L(f) + β·½Σ_j(‖u_j‖² + ‖v_j‖²),
 *
 * the right-hand side being the network's own objective (AM–GM; equality when ‖u_j‖ = |v_j|). The bound covers the given
 * patterns and those the network itself uses; when the given ones are all there are, it covers every network.
 *
 * Source: M. Pilanci, T. Ergen, Neural Networks are Convex Regularizers, 2020; A. Mishkin, A. Sahiner, M. Pilanci, Fast
 * Convex Optimization for Two-Layer ReLU Networks, 2022 (gated).
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { assemble } from './assemble.ts'
import type { Certificate, Oracle, Scope } from './certificate.ts'
import { type DualBound, type DualNorm, dualBound } from './dualBound.ts'
import { gatedDualNorm, reluDualNorm } from './dualNorm.ts'
import { networkPatterns, withOwnPatterns } from './networkPatterns.ts'
import { networkValue } from './networkValue.ts'
import { inHalfSpace } from './offTheRows.ts'
import { down, up } from './rounding.ts'
import { checkTwoLayer, type GivenPatterns, type TwoLayerData, type TwoLayerNetwork } from './twoLayer.ts'

/**
 * How far a network is from the best one over the patterns (for 'relu': over their cells).
 *
 * With `patterns.complete` the scope is 'global': every ReLU network of any width, or every gated network whose gates pass
 * through no sample, which the statement says where it matters (`offTheRows.ts`). Otherwise it is 'restricted'.
 * @param candidates dual points θ ∈ R^{n·c} (sum form) to try beside ∇L at the fit: a solver's own can be far tighter.
 *   Ones that are not finite or of another size are passed over.
 * @param compute for the one product over all patterns; plain loops without. Its rounding is bounded, not trusted.
 * @throws ShapeError, DomainError, UnsupportedError as `checkTwoLayer`. Cost: 2·n·d·P·c flops a candidate; for 'relu' an
 *   NNLS for each cell whose cone matters.
 */
export function certify(
  network: TwoLayerNetwork,
  data: TwoLayerData,
  patterns: GivenPatterns,
  candidates: readonly Float64Array[] = [],
  compute?: Compute,
): Certificate {
  const { kind } = network
  checkTwoLayer('certify', network, data, patterns)
  const n = data.x.rows
  const own = networkPatterns(network, data.x)
  const { upper, fit } = networkValue(network, data, own)
  // Closed cells cover every direction, so a complete set needs no additions for ReLU.
  const masks = patterns.complete && kind === 'relu' ? patterns.masks : withOwnPatterns(patterns.masks, own, network)
  const bound = kind === 'relu' ? reluDualNorm : gatedDualNorm
  const norm: DualNorm = (theta, options) => bound(data.x, masks, theta, { ...options, ...(compute && { compute }) })

  let best: DualBound | null = null
  for (const candidate of [data.loss.gradient(fit), ...candidates]) {
    const found = dualBound(data, candidate, norm)
    if (found !== null && (best === null || found.lower > best.lower)) best = found
  }
  const [scope, oracle]: [Scope, Oracle] = patterns.complete ? ['global', 'enumeration'] : ['restricted', 'dictionary']
  const off = kind === 'gated' && patterns.complete && !inHalfSpace(data.x, patterns.masks)
  const subject = kind === 'relu' ? 'ReLU network' : `gated ReLU network${off ? ' with every row off its gates' : ''}`
  return assemble(up(upper / n), best === null ? null : { ...best, lower: down(best.lower / n) }, {
    scope,
    oracle,
    subject,
    patterns: masks.patterns,
  })
}
