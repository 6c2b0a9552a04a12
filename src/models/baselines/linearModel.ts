/**
 * Linear and logistic regression, to stand beside the networks: min L(X·W + b)  + ½·ridge·‖W‖², b free.
 *
 * With squared loss and ridge → 0 this is least squares; with logistic or multinomial loss and ridge 1 it is what
 * scikit-learn's LogisticRegression fits by default. X should be standardised. Convex and smooth: L-BFGS finds the optimum.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { lbfgs } from './lbfgs.ts'

/** f(x) = offset + b + x·W. */
export interface LinearModel {
  /** W ∈ R^{d × c}. */
  readonly weights: Dense
  /** b ∈ R^c, added to the loss's own offset. */
  readonly intercept: Float64Array
  /** L(XW + b) + ½·ridge·‖W‖². */
  readonly objective: number
}

/**
 * Fits the linear model. Cost: O(n·d·c) an iteration, a few hundred iterations at most.
 *
 * @param x X ∈ R^{n × d}.
 * @throws ShapeError when the loss is over another number of samples.
 */
export function linearModel(
  x: Dense,
  options: { readonly loss: Loss /** ≥ 0; default 1. */; readonly ridge?: number },
): LinearModel {
  const { loss, ridge = 1 } = options
  if (loss.samples !== x.rows)
    throw new ShapeError(`linearModel: the loss must have one sample a row of X; got ${loss.samples} for ${x.rows}.`)
  const c = loss.outputs
  const d = x.cols
  const fitted = new Float64Array(x.rows * c)
  const slope = new Float64Array(x.rows * c)
  const { w, value } = lbfgs(
    (w, g) => {
      linearFit(x, c, w, fitted)
      loss.gradient(fitted, slope)
      let penalty = 0
      for (let j = 0; j < d * c; j++) {
        penalty += w[j] * w[j]
        g[j] = ridge * w[j]
      }
      g.fill(0, d * c)
      for (let i = 0; i < x.rows; i++)
        for (let k = 0; k < c; k++) {
          const s = slope[i * c + k]
          for (let j = 0; j < d; j++) g[j * c + k] += s * x.data[i * d + j]
          g[d * c + k] += s
        }
      return loss.value(fitted) + (ridge / 2) * penalty
    },
    new Float64Array((d + 1) * c),
    { maxIterations: 2000, tolerance: 1e-6 },
  )
  return { weights: dense(d, c, w.slice(0, d * c)), intercept: w.slice(d * c), objective: value }
}

/** Fitted values X·W + b + offset in R^{rows·c}. */
export function predictLinear(model: LinearModel, x: Dense, offset: Float64Array): Float64Array {
  const c = model.intercept.length
  const w = new Float64Array(model.weights.data.length + c)
  w.set(model.weights.data)
  model.intercept.forEach((b, k) => {
    w[model.weights.data.length + k] = b + offset[k]
  })
  return linearFit(x, c, w, new Float64Array(x.rows * c))
}

/** w = (W row by row, b). */
function linearFit(x: Dense, c: number, w: Float64Array, out: Float64Array): Float64Array {
  const d = x.cols
  for (let i = 0; i < x.rows; i++)
    for (let k = 0; k < c; k++) {
      let sum = w[d * c + k]
      for (let j = 0; j < d; j++) sum += x.data[i * d + j] * w[j * c + k]
      out[i * c + k] = sum
    }
  return out
}
