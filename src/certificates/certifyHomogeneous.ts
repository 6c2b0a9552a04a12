/**
 * Certificates for networks with any activation φ(t) = s₊t (t ≥ 0), s₋t (t < 0), biases penalised or not, and a linear way
 * around the hidden layer:
 *
 *   min  L(Σ_j a_j φ(X w_j) + c·1 + Z V) + β·½Σ_j(‖w_j‖² + a_j²) (+ (β/2)c²) (+ (β/2)‖V‖²)
 *     ≥  −L*(θ) − (1ᵀθ)²/(2β) − ‖Zᵀθ‖²/(2β)   for every θ with g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)| ≤ β,
 *
 * by weak duality: θᵀφ(Xw_j)a_j ≥ −β‖w_j‖|a_j| and the balance of the two weights. 1ᵀθ = 0 where c, or the bias in w, costs nothing.
 * `homogeneousOracles.ts` bounds g, `freeConstants.ts` the terms of c and V. The bound holds for every width. Over given patterns g is the
 * largest of their cells and those of the network itself, and the bound is for networks in these cells.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Masks, maskBit, masks, setMaskBit } from '../matrix/masks.ts'
import { assemble } from './assemble.ts'
import { type BestBound, bestBound } from './bestBound.ts'
import type { Certificate, Oracle } from './certificate.ts'
import { withFreeConstants } from './freeConstants.ts'
import { type HomogeneousOracle, homogeneousOracles, middle, reluRows, type Shape } from './homogeneousOracles.ts'
import {
  type HomogeneousNetwork,
  type HomogeneousProgram,
  homogeneousValue,
  type Pooling,
  steepest,
} from './homogeneousValue.ts'
import { networkPatterns, withOwnPatterns } from './networkPatterns.ts'
import { down, up } from './rounding.ts'

/** Shares of the fit whose ∇L is tried where the oracle is loose: less cancels there. */
const SHARES = [0.75, 0.5, 0.25, 0]

/**
 * The certificate of a network of the class, valid for every width: `dual ≤ inf ≤ primal` in the mean objective.
 *
 * @param options candidates: dual points in R^{n·c} (sum form) to try beside ∇L at the fit; oracles of `homogeneousOracles` where they are
 *   known already; what the class is called in the statement; patterns over the rows X, when the bound is for networks in their cells only.
 * Scope 'global' ('restricted' with patterns); 'stationary' when no candidate is finite.
 */
export function certifyHomogeneous(
  network: HomogeneousNetwork,
  program: HomogeneousProgram,
  options: {
    readonly candidates?: readonly Float64Array[]
    readonly subject: string
    readonly oracles?: readonly HomogeneousOracle[]
    readonly patterns?: Masks
  },
): Certificate {
  const { loss, beta, constant, linear, freeBias } = program
  const { candidates = [], subject } = options
  const cells = options.patterns === undefined ? null : cellsWithOwn(network, program, options.patterns)
  const oracles =
    cells === null ? (options.oracles ?? homogeneousOracles(program)) : homogeneousOracles(program, { patterns: cells })
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
    scope: cells === null ? 'global' : 'restricted',
    oracle: best?.oracle ?? 'none',
    subject,
    ...(cells !== null && { patterns: cells.patterns }),
    ...(best !== null && best.proofs.length > 0 && { proofs: best.proofs }),
  })
}

/** Patterns over X (or X̃) as patterns over X̃, and those of the neurons that are not among them: what a restricted bound runs over. */
export function cellsWithOwn(network: HomogeneousNetwork, program: HomogeneousProgram, given: Masks): Masks {
  if (program.freeBias)
    throw new UnsupportedError(
      'certify: bounds over given patterns are for hidden biases that are penalised. Leave the patterns out.',
    )
  const { rows } = reluRows(program)
  const shown = {
    kind: 'relu',
    hidden: network.hidden,
    output: network.output,
    gates: null,
    offset: new Float64Array(1),
  } as const
  return withOwnPatterns(overReluRows(given, rows.rows), networkPatterns(shown, rows), shown)
}

/** Patterns over X as patterns over X̃ = [X; −X]: what is on is off below. */
export function overReluRows(given: Masks, rows: number): Masks {
  const n = given.samples
  if (rows === n) return given
  const out = masks(given.patterns, rows)
  for (let k = 0; k < given.patterns; k++)
    for (let i = 0; i < n; i++) setMaskBit(out, k, maskBit(given, k, i) ? i : n + i)
  return out
}

/**
 * Rows Y with |g(θ) − g(θ')| ≤ ‖|Y|ᵀ|θ − θ'|‖: steepness times X, with R where a bias is free (θ and θ' both adding up to 0, |b| ≤ R‖w'‖).
 */
function movingRows({ x: all, slopes, freeBias, pooling }: Shape): Dense {
  const x = pooling === undefined ? all : summedSizes(all, pooling)
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

/** share·Σ_{k ∈ i} |x_k|, from above. */
function summedSizes(x: Dense, { sample, samples, share }: Pooling): Dense {
  const p = x.cols
  const out = dense(samples, p)
  for (let row = 0; row < x.rows; row++)
    for (let j = 0; j < p; j++) out.data[sample[row] * p + j] += share * Math.abs(x.data[row * p + j])
  return dense(
    samples,
    p,
    out.data.map(v => up(v, x.rows + 2)),
  )
}
