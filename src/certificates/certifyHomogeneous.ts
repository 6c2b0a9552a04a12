/**
 * Certificates for networks with any activation φ(t) = s₊t (t ≥ 0), s₋t (t < 0), biases penalised or not, and a linear way
 * around the hidden layer:
 *
 *   min  L(Σ_j a_j φ(X w_j) + c·1 + Z V) + β·½Σ_j(‖w_j‖² + a_j²) (+ (β/2)c²) (+ (β/2)‖V‖²)
 *     ≥  −L*(θ) − (1ᵀθ)²/(2β) − ‖Zᵀθ‖²/(2β)   for every θ with g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)| ≤ β,
 *
 * by weak duality: θᵀφ(Xw_j)a_j ≥ −β‖w_j‖|a_j| and the balance of the two weights. 1ᵀθ = 0 where c, or the bias in w, costs nothing.
 * `homogeneousOracles.ts` bounds g, `freeConstants.ts` the terms of c and V. The bound holds for every width.
 * @module
 */
import { type Dense, dense } from '../matrix/dense.ts'
import { assemble } from './assemble.ts'
import { type BestBound, bestBound } from './bestBound.ts'
import type { Certificate, Oracle } from './certificate.ts'
import { withFreeConstants } from './freeConstants.ts'
import { type HomogeneousOracle, homogeneousOracles, middle, type Shape } from './homogeneousOracles.ts'
import { type HomogeneousNetwork, type HomogeneousProgram, homogeneousValue, steepest } from './homogeneousValue.ts'
import { down, up } from './rounding.ts'

/** Shares of the fit whose ∇L is tried where the oracle is loose: less cancels there. */
const SHARES = [0.75, 0.5, 0.25, 0]

/**
 * The certificate of a network of the class, valid for every width: `dual ≤ inf ≤ primal` in the mean objective.
 *
 * @param options candidates: dual points in R^{n·c} (sum form) to try beside ∇L at the fit; oracles of `homogeneousOracles` where they are
 *   known already; what the class is called in the statement.
 * Scope 'global'; 'stationary' when no candidate is finite.
 */
export function certifyHomogeneous(
  network: HomogeneousNetwork,
  program: HomogeneousProgram,
  options: {
    readonly candidates?: readonly Float64Array[]
    readonly subject: string
    readonly oracles?: readonly HomogeneousOracle[]
  },
): Certificate {
  const { loss, beta, constant, linear, freeBias } = program
  const { candidates = [], subject, oracles = homogeneousOracles(program) } = options
  const n = loss.samples
  const { upper, fit } = homogeneousValue(network, program)
  const dual = withFreeConstants(loss, { constant, balanced: freeBias, linear, beta })
  const moves = movingRows(program)
  const points = [loss.gradient(fit), ...candidates]
  if (!oracles[0].exact) for (const share of SHARES) points.push(loss.gradient(fit.map(value => share * value)))
  let best: (BestBound & { oracle: Oracle }) | null = null
  for (const oracle of oracles) {
    const found = bestBound({ x: moves, loss: dual, beta }, points, oracle)
    if (found !== null && (best === null || found.lower > best.lower)) best = { ...found, oracle: oracle.oracle }
  }
  return assemble(up(upper / n), best === null ? null : { lower: down(best.lower / n), witness: best.witness }, {
    scope: 'global',
    oracle: best?.oracle ?? 'none',
    subject,
  })
}

/**
 * Rows Y with |g(θ) − g(θ')| ≤ ‖|Y|ᵀ|θ − θ'|‖: steepness times X, with R where a bias is free (θ and θ' both adding up to 0, |b| ≤ R‖w'‖).
 */
function movingRows({ x, slopes, freeBias }: Shape): Dense {
  const scale = steepest(slopes) * (freeBias ? 2 : 1)
  const power = 2 ** Math.ceil(Math.log2(scale) + 1e-9)
  const { centre, radius } = freeBias ? middle(x) : { centre: null, radius: 1 }
  return dense(
    x.rows,
    x.cols,
    x.data.map((v, at) => {
      const j = at % x.cols
      if (centre === null) return power * v
      return power * (j === x.cols - 1 ? radius : 2 * Math.abs(v - centre[j]))
    }),
  )
}
