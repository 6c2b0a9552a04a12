/**
 * Kernels of gated ReLU networks: the NTK's fixed mixture, equal weights, or the best mixture, which is the trained network.
 *
 * Every gate g_i has a kernel D_i X Xᵀ D_i. Kernel ridge regression with Σ η_i D_i X Xᵀ D_i is the gated network with
 * u_i = η_i XᵀD_iα; minimising over η as well gives the group lasso of `networks/gatedRelu.ts` (`solvers/reweightedKernels.ts`
 * has the identity). So training to the optimum is choosing the kernel, and what the NTK loses by not choosing is a number:
 * the excess of its objective, at its own best scale, over the optimum.
 * Conditions: squared loss, one output, lambda > 0, n small enough for an n × n factor. Over sampled gates all of this holds
 * among those gates.
 * Source: T. Dwaraknath, T. Ergen, M. Pilanci, Fixing the NTK: From Neural Network Linearizations to Exact Convex Programs, 2023.
 * @module
 */
import { DomainError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { maskBit } from '../../matrix/masks.ts'
import { fold, key } from '../../random/index.ts'
import { type GatedProgram, gatedProgram } from '../../solvers/gatedProgram.ts'
import type { CompositeProblem } from '../../solvers/problem.ts'
import { bestMultiple, kernelPoint, reweightedKernels, weightedKernel } from '../../solvers/reweightedKernels.ts'
import { solve } from '../../solvers/solve.ts'
import { type Fitted, fittedOf } from '../fitted.ts'
import type { Inputs } from '../inputs.ts'
import { betaOf } from '../lambda.ts'
import type { PatternSet } from '../model.ts'
import { gatedRelu } from '../networks/gatedRelu.ts'
import type { TrainOptions } from '../options.ts'
import { prepare } from '../prepare.ts'
import type { Targets } from '../targets.ts'
import { trainAt } from '../train.ts'
import { ntkWeights } from './ntk.ts'

/** Largest n: two n × n matrices in memory, n³/3 flops a step. */
const MOST_ROWS = 3000
/** Reweighting steps before the network's own solver takes over. */
const REWEIGHTINGS = 30
/** Gates drawn for the NTK's weights, for each pattern. */
const DRAWS_PER_PATTERN = 50

/** How the kernels of the gates are mixed. */
export type KernelWeights = 'mkl' | 'ntk' | 'uniform'

/** Options of `fitKernel`: those of training, the mixture, and how lambda is set. */
export interface KernelOptions extends Omit<TrainOptions, 'model' | 'loss' | 'classes' | 'rounds'> {
  /** 'mkl' (default): the best mixture, the trained gated network. 'ntk': P(g ∈ K_i). 'uniform': equal. */
  readonly mixture?: KernelWeights
  /** Mean form, > 0. */
  readonly lambda?: number
  /** Instead, a fraction of lambdaMax. */
  readonly lambdaFraction?: number
  /**
   * Instead, the theory's: with noise of standard deviation `sigma` (standardised target), probability 1 − `delta` that the
   * prediction error obeys ½‖A(û − u°)‖² ≤ 2β Σ‖u°_i‖.
   */
  readonly theory?: { readonly sigma: number; readonly delta: number }
}

/** A mixture at its best scale; objectives are in mean form. */
export interface Mixture {
  /** Value of the kernel program at these weights: at least the optimum over all weights. */
  readonly objective: number
  /** η in R^P. */
  readonly weights: Float64Array
}

/** The gated network of a mixture, with what the other mixtures reach. */
export interface FittedKernel extends Fitted {
  readonly mixture: KernelWeights
  /** Weights η_i of the kernels of the returned network: ‖u_i‖ for 'mkl'. */
  readonly eta: Float64Array
  readonly ntk: Mixture
  readonly uniform: Mixture
  /** The trained network's objective and weights; null unless asked for. */
  readonly mkl: Mixture | null
  /** ntk.objective / mkl.objective − 1, at least 0: what the NTK loses by not learning its features. */
  readonly ntkExcess: number | null
}

/**
 * Fits by kernels of gates; the result is a gated network, saved and exported like any other.
 *
 * Use it to see how far a fixed kernel is from the trained network; to train alone, `fit` with model 'gated' is faster.
 *
 * @param x X ∈ R^{n × d}, n ≤ 3000. @param y n numbers.
 * @throws UnsupportedError for classes, several outputs or too many rows; DomainError as `fit`, and when lambda is not given.
 */
export async function fitKernel(x: Inputs, y: Targets, options: KernelOptions): Promise<FittedKernel> {
  const clock = performance.now()
  const { mixture = 'mkl', seed = 0, tolerance = 1e-6 } = options
  const prepared = prepare(x, y, { ...options, model: 'gated', loss: 'squared' })
  try {
    const { x: inputs, loss, patterns, compute } = prepared
    const n = inputs.rows
    if (loss.outputs !== 1)
      throw new UnsupportedError(
        'kernel: one numeric target is needed; got several. Fit them one by one.',
        'E_LOSS_UNSUPPORTED',
      )
    if (n > MOST_ROWS)
      throw new UnsupportedError(
        `kernel: at most ${MOST_ROWS} rows, for which an n × n matrix is factored; got ${n}. Use fit with model 'gated': it solves the same program.`,
        'E_TOO_MANY_ROWS',
      )
    const lambda = lambdaOf(options, inputs, patterns, prepared.lambdaMax)
    const beta = betaOf(lambda, n)
    const data = { x: inputs, loss, beta }
    const { problem, recover } = gatedRelu.reformulate(data, patterns, compute)
    const { program } = gatedProgram(problem as CompositeProblem)
    const count = patterns.masks.patterns
    // The gates that were sampled are the first of this stream, so each pattern counts at least once.
    const sampled = typeof options.patterns === 'number' || options.patterns === undefined
    const draws =
      sampled && !patterns.complete ? Math.max(count, Number(options.patterns ?? 0)) : DRAWS_PER_PATTERN * count
    const ntk = mix(program, ntkWeights(inputs, patterns, { draws, key: fold(key(seed), 'gates') }))
    const uniform = mix(program, new Float64Array(count).fill(1 / count))
    const shared = { ...limitsOf(options), tolerance }
    const { onProgress } = options
    const kernelled = { mixture, ntk: meanOf(ntk, n), uniform: meanOf(uniform, n) }
    if (mixture !== 'mkl') {
      const chosen = mixture === 'ntk' ? ntk : uniform
      const { alpha, u } = kernelPoint(program, chosen.weights)
      const network = recover(u)
      const certificate = gatedRelu.certify(network, data, patterns, [alpha.map(a => -beta * a)], compute)
      const trained = {
        ...{ network, certificate, patterns, objective: certificate.primal, added: 0, pricing: 'not needed' as const },
        ...{ status: 'solved' as const, iterations: 1, seconds: (performance.now() - clock) / 1000 },
        ...{ solver: 'kernel-ridge', reason: `kernel ridge regression with ${mixture} weights at their best scale` },
        ...{ curve: [], dualPoint: null },
      }
      return {
        ...fittedOf(prepared, trained, lambda),
        ...{ ...kernelled, eta: chosen.weights, mkl: null, ntkExcess: null },
      }
    }
    const started = await solve(problem, reweightedKernels(ntk.weights), {
      ...shared,
      maxIterations: REWEIGHTINGS,
      ...(onProgress && {
        onProgress: at => onProgress({ ...at, objective: at.objective / n, bound: at.bound / n }),
      }),
    })
    const trained = await trainAt(prepared, lambda, {
      ...options,
      ...shared,
      clock,
      start: { network: recover(started.x), patterns, dualPoint: started.dualPoint },
    })
    const eta = lengthsOf(gatedRelu.reformulate(data, patterns, compute).embed(trained.network), inputs.cols)
    const objective = trained.objective
    return {
      ...fittedOf(prepared, { ...trained, iterations: trained.iterations + started.iterations }, lambda),
      ...{ ...kernelled, eta, mkl: { objective, weights: eta }, ntkExcess: ntk.objective / n / objective - 1 },
    }
  } finally {
    if (prepared.ownCompute) prepared.compute.close()
  }
}

/** Weights at their best multiple, objective in sum form. */
function mix(program: GatedProgram, weights: Float64Array): Mixture {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const { multiple, objective } = bestMultiple(weightedKernel(program, weights), total, program)
  return { objective, weights: weights.map(weight => multiple * weight) }
}

function meanOf({ objective, weights }: Mixture, n: number): Mixture {
  return { objective: objective / n, weights }
}

function limitsOf({
  maxTime,
  signal,
  onProgress,
}: KernelOptions): Pick<KernelOptions, 'maxTime' | 'signal' | 'onProgress'> {
  return { ...(maxTime !== undefined && { maxTime }), ...(signal && { signal }), ...(onProgress && { onProgress }) }
}

function lengthsOf(w: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: w.length / d }, (_, i) => Math.hypot(...w.subarray(i * d, (i + 1) * d)))
}

function lambdaOf(options: KernelOptions, x: Dense, patterns: PatternSet, largest: number): number {
  const { lambda, lambdaFraction, theory } = options
  const given = [lambda, lambdaFraction, theory].filter(value => value !== undefined).length
  if (given !== 1)
    throw new DomainError(
      `kernel: give lambda, lambdaFraction or theory; got ${given} of them. Try lambdaFraction 0.1.`,
      'E_LAMBDA',
    )
  if (lambda !== undefined) return lambda
  return lambdaFraction !== undefined
    ? lambdaFraction * largest
    : theoryLambda(x, patterns, theory as { sigma: number; delta: number })
}

/**
 * lambda = (σ/n)·max_i ‖D_iX‖₂ (√d_i + √(2 log(P/δ))), d_i = rank D_iX: with Gaussian noise of standard deviation σ it exceeds
 * max_i ‖XᵀD_iε‖/n with probability 1 − δ, and then ½‖A(û − u°)‖² ≤ 2β Σ‖u°_i‖.
 *
 * @throws DomainError unless σ > 0 and 0 < δ < 1. Cost an SVD of every D_iX.
 */
export function theoryLambda(
  x: Dense,
  { masks }: PatternSet,
  { sigma, delta }: { readonly sigma: number; readonly delta: number },
): number {
  if (!(sigma > 0 && sigma < Infinity && delta > 0 && delta < 1))
    throw new DomainError(`kernel: theory needs sigma > 0 and 0 < delta < 1; got ${sigma} and ${delta}.`, 'E_LAMBDA')
  let largest = 0
  const tail = Math.sqrt(2 * Math.log(masks.patterns / delta))
  for (let p = 0; p < masks.patterns; p++) {
    const rows = Array.from({ length: x.rows }, (_, i) => i).filter(i => maskBit(masks, p, i))
    const gated = dense(Math.max(rows.length, x.cols), x.cols)
    rows.forEach((i, at) => {
      gated.data.set(x.data.subarray(i * x.cols, (i + 1) * x.cols), at * x.cols)
    })
    const { values } = svd(gated)
    const rank = values.filter(value => value > 1e-12 * values[0]).length
    largest = Math.max(largest, values[0] * (Math.sqrt(rank) + tail))
  }
  return (sigma * largest) / x.rows
}
