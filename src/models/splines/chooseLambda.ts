/**
 * Two ways to choose the penalty of a spline: by the number of kinks, and by cross-validation.
 * @module
 */
import { foldsOf } from '../folds.ts'
import { betaOf, lambdaPath } from '../lambda.ts'
import { evaluateHinges, hingesOf, type Pieces, sparsest, withoutFlatNodes } from './pieces.ts'
import type { SplineOptions, SplineProblem } from './spline1d.ts'
import { placesOf, trendFilter } from './trendFilter.ts'

/** Of the fits tried while lambda is sought. */
const SEARCH = { tolerance: 1e-6, maxIterations: 2000 }
const SMALLEST = 1e-6
const HALVINGS = 40

/**
 * The least lambda found, by bisection of its logarithm, whose spline has at most `knots` kinks inside the data.
 *
 * The number of kinks need not fall with lambda, so a smaller lambda may do as well; what is returned has no more than asked.
 */
export function* chooseByKnots(
  { line }: SplineProblem,
  { knots, lambdaMax, ...options }: SplineOptions & { readonly knots: number; readonly lambdaMax: number },
): Generator<void, { lambda: number; pieces?: Pieces }, void> {
  // A constant: lambdaMax is exact up to rounding.
  let best: { lambda: number; pieces?: Pieces } = { lambda: lambdaMax > 0 ? lambdaMax * (1 + 1e-12) : 1 }
  if (lambdaMax === 0) return best
  let [low, high] = [Math.log(SMALLEST * lambdaMax), Math.log(lambdaMax)]
  let start: Pieces | undefined
  const { tolerance = 1e-8, maxIterations = 10_000 } = options
  for (let k = 0; k < HALVINGS && high - low > 1e-4; k++) {
    // The smallest first: when even that has few enough, there is nothing to seek.
    const at = k === 0 ? low : (low + high) / 2
    const lambda = Math.exp(at)
    const { pieces } = yield* trendFilter(
      { ...line, beta: betaOf(lambda, line.x.length) },
      { tolerance: tolerance / 2, maxIterations, start },
    )
    const shown = withoutFlatNodes(options.sparsest ? sparsest(pieces, line.places) : pieces)
    if (shown.nodes.length - 2 <= knots) {
      best = { lambda, pieces }
      start = pieces
      high = at
      if (k === 0) break
    } else low = at
  }
  return best
}

/** The lambda of a path of 40 with the least mean loss on the five folds left out. */
export function* chooseByValidation(
  { line, x, order, lossOf }: SplineProblem,
  { lambdaMax, seed = 0, loss = 'squared' }: SplineOptions & { readonly lambdaMax: number },
): Generator<void, number, void> {
  const n = x.length
  const folds = Math.min(5, n)
  const lambdas = lambdaPath(lambdaMax, 40, 1e-5)
  if (folds < 2) return lambdas[0]
  const classes = loss === 'logistic' || loss === 'squared-hinge' ? line.loss.targets : null
  const fold = foldsOf(n, { folds, seed, classes })
  const errors = new Float64Array(lambdas.length)
  for (let f = 0; f < folds; f++) {
    const inside = order.filter((_, k) => fold[k] !== f)
    const outside = order.filter((_, k) => fold[k] === f)
    const sorted = Float64Array.from(inside, i => x[i])
    const part = { x: sorted, places: placesOf(sorted), loss: lossOf(inside) }
    const left = lossOf(outside)
    const at = Float64Array.from(outside, i => x[i])
    let start: Pieces | undefined
    for (const [k, lambda] of lambdas.entries()) {
      const { pieces } = yield* trendFilter({ ...part, beta: betaOf(lambda, inside.length) }, { ...SEARCH, start })
      start = pieces
      errors[k] += left.value(evaluateHinges(hingesOf(pieces), at))
    }
  }
  return lambdas[errors.reduce((least, error, k) => (error < errors[least] ? k : least), 0)]
}
