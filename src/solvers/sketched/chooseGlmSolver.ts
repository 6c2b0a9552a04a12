/**
 * Exact or sketched Newton steps: estimates of the work of one step in flops of a matrix product, from the shape and a measured effective dimension.
 * @module
 */
import { stepSeed } from '../../sketch/stepSeed.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import type { GlmProblem } from './glmProblem.ts'
import { type GlmSolver, newton } from './newton.ts'
import { coherenceProbe } from './newtonLess.ts'
import { drawRoot, exactWork, MEMORY_BOUND } from './newtonStep.ts'

/** A method, and why. */
export interface GlmChoice {
  readonly solver: GlmSolver
  readonly reason: string
}

/** Columns below which a factor is too cheap to be worth a look. */
const FEW = 128
/** Products of CG a Newton step, on average. */
const PRODUCTS = 6
/** Final rows over the effective dimension: the median measured. */
const ROWS_PER_DIMENSION = 3.4

/** Chooses between the factor of the Hessian and CG with a sketch of it. Cost: for d ≥ 128 one sketch at 0 and its eigenvalues. */
export function chooseGlmSolver(problem: GlmProblem, { seed = 0 }: { readonly seed?: number } = {}): GlmChoice {
  const { operator, program, lambda } = problem
  const z = new Float64Array(operator.cols)
  const fit = operator.apply(z)
  const system = program.system(fit, z, program.gradient(fit, z))
  const { rows: n, cols: d } = system.root
  const exact = exactWork(system)
  const shape = `${n} × ${d}`
  if (d < FEW || n < 4 * d)
    return {
      solver: newton({ steps: 'exact' }),
      reason: `exact Newton steps: ${shape} is ${d < FEW ? `narrow, a factor costs ${flops(exact)}` : `not tall enough for a sketch of 4 × ${d} rows`}`,
    }
  const rows = Math.min(n, 4 * d, Math.max(64, Math.ceil(d / 2)))
  const probe = drawRoot(system.root, 'sjlt', rows, stepSeed(seed, 0))
  const dimension = Math.min(d, effectiveDimension(probe, lambda))
  const m = Math.min(4 * d, Math.max(16, 2 ** Math.ceil(Math.log2(ROWS_PER_DIMENSION * dimension))))
  const side = Math.min(m, d)
  const sketched = 8 * n * d + m * d * side + side ** 3 / 3 + PRODUCTS * 4 * n * d * MEMORY_BOUND
  const measured = `effective dimension about ${dimension.toFixed(0)}, row coherence ${coherenceProbe(system.root, seed).toFixed(1)}`
  const counts = `a factor ${flops(exact)}, a sketch of ${m} rows with ${PRODUCTS} products ${flops(sketched)}`
  if (exact <= sketched)
    return {
      solver: newton({ steps: 'exact' }),
      reason: `exact Newton steps: the least work for ${shape} (${measured}; ${counts})`,
    }
  return {
    solver: newton({ seed, budgeted: true }),
    reason: `Newton steps by CG with an adaptive sketch: the least work for ${shape} (${measured}; ${counts})`,
  }
}

function flops(count: number): string {
  return `${count.toExponential(1)} flops`
}
