/**
 * Which method for which problem: estimates of the work, in flops of a matrix product on the backend in use.
 *
 * What decides is measured where that is cheap beside the work at stake: a probe (`ridgeProbe.ts`) gives the effective dimension and a rehearsal of CG. Estimates
 * can be wrong, so that every choice but the last has a budget of products, after which the next method goes on from the point reached: the whole costs about
 * twice the better of the direct method and CG at worst.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { adaptivePcg } from './adaptivePcg.ts'
import { directRidge } from './directRidge.ts'
import { inTurn, type Turn } from './inTurn.ts'
import { coherenceProbe } from './newtonLess.ts'
import { conjugateGradient, type RidgeSolver, sketchedPcg } from './pcg.ts'
import { probeRidge, probeRows, probeWork, type RidgeProbe } from './ridgeProbe.ts'
import { frobeniusNorm, type RidgeProblem } from './ridgeProblem.ts'

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

/** The products of the bound on the spectrum. */
const BOUND_PRODUCTS = 50
/** Products below which trying CG is not worth while. */
const FEWEST = 8
/** A sketch that has not this many products to spend before the direct method is the cheaper one runs to its end. */
const PRODUCTS_OF_SKETCH = 40
/** Sketching by eight signs a column, in products. */
const SKETCH_PRODUCTS = 4.5
/** A probe may cost this part of the direct method at most. */
const PROBE_SHARE = 1 / 6
const SKETCH_MARGIN = 1.6
/** Sizes of the sketch tried, in effective dimensions. */
const SIZES = [2, 3.5, 6, 10, 16] as const

/** Products with a vector run at the speed of memory: flops of a matrix product that one of theirs takes as long as. Measured, by backend. */
export function memoryBound(): number {
  return { openblas: 12, wasm: 4, js: 2 }[compute().backend]
}

/** Chooses among direct, CG, and PCG with a sketch of fixed (λ = 0) or adaptive (λ > 0) size. Cost: one pass over A, and a probe where it pays. */
export function chooseRidgeSolver(problem: RidgeProblem, { tolerance, seed = 0 }: ChooseOptions): RidgeChoice {
  const { operator, lambda } = problem
  const { rows: n, cols: d } = operator
  const product = 4 * n * d * memoryBound()
  const side = Math.min(n, d)
  const direct = lambda > 0 ? n * d * side + side ** 3 / 3 : 4 * n * d * side
  // κ ≤ 1 + ‖A‖_F²/λ; CG shrinks the error by (√κ − 1)/(√κ + 1) a step.
  const digits = Math.log(2 / tolerance)
  const condition = lambda > 0 ? 1 + frobeniusNorm(problem) ** 2 / lambda : Infinity
  const cgSteps = Math.min(Math.ceil((Math.sqrt(condition) * digits) / 2), 4 * Math.max(n, d))
  const common = { problem, seed, product, direct, digits, cgSteps }
  const probing =
    lambda > 0 && n >= d && probeWork(n, d, probeRows(operator)) <= PROBE_SHARE * Math.min(direct, cgSteps * product)
  return probing
    ? byProbe({ ...common, probe: probeRidge(problem, { tolerance: tolerance * tolerance, seed }) })
    : byShape(common)
}

interface Known {
  readonly problem: RidgeProblem
  readonly seed: number
  /** Work of one product, and of the direct method. */
  readonly product: number
  readonly direct: number
  readonly digits: number
  /** Steps that CG takes at most. */
  readonly cgSteps: number
}

/** With the effective dimension and the steps of CG known. */
function byProbe({ problem, seed, product, direct, probe }: Known & { readonly probe: RidgeProbe }): RidgeChoice {
  const { rows: n, cols: d } = problem.operator
  const { effectiveDimension: dimension, cgProducts, reliable } = probe
  const cg = cgProducts * product
  const sizes = SIZES.map(rowsPerDimension => {
    const m = Math.ceil(rowsPerDimension * dimension)
    const side = Math.min(m, d)
    const products = probe.pcgProducts(m)
    const solves = products * (m < d ? 4 * m * d + 4 * m * m : 4 * d * d) * memoryBound()
    const work = SKETCH_PRODUCTS * product + m * d * side + side ** 3 / 3 + products * product + solves
    return { rowsPerDimension, m, products, work: m > Math.min(n, 4 * d) ? Infinity : work }
  })
  const best = sizes.reduce((least, each) => (each.work < least.work ? each : least))
  // Its work is the least certain of the three, and the most sensitive to a busy memory: it has to promise much less.
  const sketched = reliable ? SKETCH_MARGIN * best.work : Infinity
  const exact = directRidge({ seed })
  const measured = `effective dimension ${reliable ? 'about' : 'at least'} ${Math.round(dimension)}, row coherence ${coherenceProbe(problem.operator.matrix, seed).toFixed(1)}`
  const counts = `direct ${flops(direct)}, CG ${flops(cg)} (${cgProducts} products by rehearsal), sketched PCG ${sketched < Infinity ? `${flops(sketched)} (${best.products} products with ${best.m} rows)` : 'of no use: no sketch is small enough'}`
  const because = `the least work for ${n} × ${d}, ridge ${Number(problem.lambda.toPrecision(3))} in sum form (${measured}; ${counts})`
  if (direct <= Math.min(cg, sketched)) return { solver: exact, reason: `direct: ${because}` }
  const sketch = adaptivePcg({ seed, probe, rowsPerDimension: best.rowsPerDimension, plain: false })
  // Room for an estimate that was too low, and never more than the direct method would have cost.
  const share = (work: number) => Math.max(FEWEST, Math.min((1.5 * work) / product + 5, direct / product))
  const last: Turn = { solver: exact, products: Infinity }
  if (cg <= sketched)
    return {
      solver: inTurn([
        { solver: conjugateGradient({ seed }), products: share(cg) },
        ...(sketched < direct ? [{ solver: sketch, products: share(sketched) }] : []),
        last,
      ]),
      reason: `CG: ${because}`,
    }
  return {
    solver: inTurn([{ solver: sketch, products: share(sketched) }, last]),
    reason: `PCG with a sketch of ${best.m} rows: ${because}`,
  }
}

/** With the shape alone. */
function byShape({ problem, seed, product, direct, digits, cgSteps }: Known): RidgeChoice {
  const { operator, lambda } = problem
  const { rows: n, cols: d } = operator
  const steps = Math.ceil(digits / Math.LN2)
  const sketched =
    4 * d > n
      ? Infinity
      : SKETCH_PRODUCTS * product +
        (lambda > 0 ? 4 : 16) * d ** 3 +
        (steps + (lambda > 0 ? 12 : BOUND_PRODUCTS)) * product
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
  const share = (direct - 4 * d ** 3) / product - SKETCH_PRODUCTS - tries
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
