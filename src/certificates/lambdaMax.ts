/**
 * The smallest lambda at which the zero network is optimal: Ω°(∇L(0))/n, with the dual norm of the program itself.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Compute } from '../matrix/compute.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Masks } from '../matrix/masks.ts'
import { gatedDualNorm, reluDualNorm } from './dualNorm.ts'

/** The kind of network and the patterns that `lambdaMax` runs over. */
export interface LambdaMaxOptions {
  readonly kind: 'relu' | 'gated'
  readonly masks: Masks
  readonly compute?: Compute
}

/**
 * max over patterns (cells and signs for 'relu') of the dual norm at ∇L(0), over n: exact for these patterns, to rounding
 * (and rounded up). For ReLU the cones make it smaller than the gated one.
 *
 * @param data X ∈ R^{n × d} and the loss, its offset the best constant for a sharp start. Cost: as the dual norm.
 */
export function lambdaMax(data: { readonly x: Dense; readonly loss: Loss }, options: LambdaMaxOptions): number {
  const { x, loss } = data
  const slope = loss.gradient(new Float64Array(x.rows * loss.outputs))
  const norm = options.kind === 'relu' ? reluDualNorm : gatedDualNorm
  return norm(x, options.masks, slope, options.compute ? { compute: options.compute } : {}) / x.rows
}
