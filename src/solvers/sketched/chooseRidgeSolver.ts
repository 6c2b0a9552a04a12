/**
 * Which method for which shape: estimates of the work, in flops of a matrix product. Products with a vector run at the speed of memory and
 * count six times.
 * @module
 */
import { dot } from '../../matrix/vector.ts'
import { adaptivePcg } from './adaptivePcg.ts'
import { directRidge } from './directRidge.ts'
import { inTurn } from './inTurn.ts'
import { conjugateGradient, type RidgeSolver, sketchedPcg } from './pcg.ts'
import type { RidgeProblem } from './ridgeProblem.ts'

/** A method, and why. */
export interface RidgeChoice {
  readonly solver: RidgeSolver
  readonly reason: string
}

/** What the choice of a ridge solver depends on beside the shape. */
export interface ChooseOptions {
  /** ‖x − x*‖_H/‖b‖ wanted. */
  readonly tolerance: number
  readonly seed?: number
}

const MEMORY_BOUND = 6
/** Steps of PCG with m = 4d, each halving the error; and the products of the bound on the spectrum. */
const BOUND_PRODUCTS = 50
/** Products below which trying CG is not worth while. */
const FEWEST = 8
/** A sketch that has not this many products to spend before the direct method is the cheaper one runs to its end. */
const PRODUCTS_OF_SKETCH = 40

/** Chooses among direct, CG, and PCG with a sketch of fixed (λ = 0) or adaptive (λ > 0) size. Cost: one pass over A. */
export function chooseRidgeSolver(problem: RidgeProblem, { tolerance, seed = 0 }: ChooseOptions): RidgeChoice {
  const { operator, lambda } = problem
  const { rows: n, cols: d } = operator
  const digits = Math.log(2 / tolerance)
  const product = 4 * n * d * MEMORY_BOUND
  const side = Math.min(n, d)
  const direct = lambda > 0 ? n * d * side + side ** 3 / 3 : 4 * n * d * side
  const steps = Math.ceil(digits / Math.LN2)
  const sketched =
    4 * d > n ? Infinity : 8 * n * d + 4 * d ** 3 + (steps + (lambda > 0 ? 12 : BOUND_PRODUCTS)) * product
  // κ ≤ 1 + ‖A‖_F²/λ; CG shrinks the error by (√κ − 1)/(√κ + 1) a step.
  const condition = lambda > 0 ? 1 + dot(operator.matrix.data, operator.matrix.data) / lambda : Infinity
  const cgSteps = Math.min(Math.ceil((Math.sqrt(condition) * digits) / 2), 4 * Math.max(n, d))
  const cg = lambda > 0 ? cgSteps * product : Infinity
  const least = Math.min(direct, sketched, cg)
  const shape = `${n} × ${d}, ${lambda > 0 ? `ridge ${Number(lambda.toPrecision(3))} in sum form` : 'no ridge'}`
  const counts = [
    `direct ${flops(direct)}`,
    `CG ${Number.isFinite(cg) ? `${flops(cg)} (at most ${cgSteps} steps)` : 'unknown without a ridge'}`,
    `sketched PCG ${Number.isFinite(sketched) ? `about ${flops(sketched)}` : `useless, since 4 × ${d} rows exceed the data`}`,
  ].join(', ')
  if (least === cg)
    return { solver: conjugateGradient({ seed }), reason: `CG: the ridge makes ${shape} well-conditioned (${counts})` }
  const exact = directRidge({ seed })
  const sketch = lambda > 0 ? adaptivePcg({ seed }) : sketchedPcg({ seed })
  const kind =
    least === direct
      ? 'direct'
      : lambda > 0
        ? 'PCG with a sketch of adaptive size'
        : `PCG with a sketch of ${4 * d} rows`
  // What CG would need is unknown: it may try for as long as the chosen method takes, and a sketch for what the direct one leaves.
  const tries = Math.floor(least / product)
  const share = (direct - 8 * n * d - 4 * d ** 3) / product - tries
  const turns = [
    ...(tries >= FEWEST ? [{ solver: conjugateGradient({ seed }), products: tries, digits }] : []),
    ...(least === direct ? [] : [{ solver: sketch, products: share > PRODUCTS_OF_SKETCH ? share : Infinity }]),
    ...(least === direct || share > PRODUCTS_OF_SKETCH ? [{ solver: exact, products: Infinity }] : []),
  ]
  const trying = tries >= FEWEST ? `CG for up to ${tries} products, then ` : ''
  return {
    solver: turns.length === 1 ? turns[0].solver : inTurn(turns),
    reason: `${trying}${kind}: the least work for ${shape} (${counts})`,
  }
}

function flops(count: number): string {
  return `${count.toExponential(1)} flops`
}
