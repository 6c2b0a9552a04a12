/**
 * From a gradient to a bound on the error f(x) − f(x*) = ½·gᵀH⁻¹g:
 * - with a ridge, H ⪰ λI gives ‖g‖²/(2λ): for certain and for free, but loose by up to the condition of H;
 * - with M = L·Lᵀ in hand, gᵀM⁻¹g/(2μ) for μ ≤ λ_min(L⁻¹HL⁻ᵀ), where μ comes from `spectrumBound` once, when the rest has converged
 *   and the ridge alone cannot prove it.
 * @module
 */
import { dot } from '../../matrix/vector.ts'
import type { Preconditioner } from './preconditioner.ts'
import type { RidgeReport } from './report.ts'
import { gradientNoise, type RidgeProblem, type RidgeState } from './ridgeProblem.ts'
import { spectrumBound } from './spectrumBound.ts'

/** Bounds errors of one solver run. */
export interface ErrorBounds {
  /** Writes errorBound and boundBy of the report for the state, given δ = gᵀM⁻¹g. Yields while it looks at the spectrum. */
  update(state: RidgeState, m: Preconditioner, delta: number): Generator<void, void, void>
}

/**
 * @param tolerance the error, relative to f(0), at which the caller would like to stop: the spectrum is looked at only near it.
 */
export function errorBounds(
  problem: RidgeProblem,
  report: RidgeReport,
  { tolerance, seed }: { readonly tolerance: number; readonly seed: number },
): ErrorBounds {
  const { operator, lambda, target } = problem
  const scale = 0.5 * dot(target, target)
  const noise = gradientNoise(problem)
  let known: Preconditioner | undefined
  let least = 0
  return {
    *update(state, m, delta) {
      const size = dot(state.gradient, state.gradient)
      report.errorBound = Infinity
      report.boundBy = 'none'
      const take = (bound: number, by: RidgeReport['boundBy']) => {
        if (!(bound < report.errorBound)) return
        report.errorBound = bound
        report.boundBy = by
      }
      if (lambda > 0) take(size / (2 * lambda), 'ridge')
      // Of the entries, not of their squares, which vanish first.
      if (state.gradient.every(v => v === 0)) take(0, 'orthogonality')
      const { half, halfT } = m
      // With a ridge a few more steps cost less than a look at the spectrum, unless rounding is in the way.
      const beyond = lambda === 0 || 2 * noise(state) ** 2 > lambda * tolerance * scale
      const near = delta <= tolerance * scale && report.errorBound > tolerance * scale && beyond
      if (known !== m && half !== undefined && halfT !== undefined && near) {
        known = m
        const work = new Float64Array(operator.rows)
        const product = (v: Float64Array) => {
          const inner = halfT(v)
          const out = operator.applyT(operator.apply(inner, work))
          for (let j = 0; j < out.length; j++) out[j] += lambda * inner[j]
          state.products++
          return half(out)
        }
        const found = yield* spectrumBound(operator.cols, product, { seed })
        least = found.least
        if (least === 0)
          report.warnings.push(
            `no bound on the error was proved in ${found.products} products: the problem is too ill-conditioned for this preconditioner. Use method pcg or direct.`,
          )
      }
      if (known === m && least > 0) take(delta / (2 * least), 'spectrum')
    },
  }
}
