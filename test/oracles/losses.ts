/**
 * Naive twins of the losses: the definition of each, term by term, and the conjugate as a supremum.
 */
import type { LossName } from '../../src/losses/loss.ts'

/** ℓ(z, y) by its textbook formula (z ∈ R^c for 'multinomial', else one number). */
export function naiveTerm(name: LossName, z: readonly number[], y: number, delta = 1): number {
  switch (name) {
    case 'squared':
      return (z[0] - y) ** 2 / 2
    case 'logistic':
      return Math.log(1 + Math.exp(-y * z[0]))
    case 'squared-hinge':
      return y * z[0] < 1 ? (1 - y * z[0]) ** 2 / 2 : 0
    case 'huber':
      return Math.abs(z[0] - y) <= delta ? (z[0] - y) ** 2 / 2 : delta * (Math.abs(z[0] - y) - delta / 2)
    case 'poisson':
      return Math.exp(z[0]) - y * z[0] + (y > 0 ? y * Math.log(y) - y : 0)
    case 'multinomial':
      return Math.log(z.reduce((sum, v) => sum + Math.exp(v), 0)) - z[y]
  }
}

/** max of a concave function on [−reach, reach], by ternary search. */
export function concaveMaximum(f: (x: number) => number, reach: number): number {
  let [low, high] = [-reach, reach]
  for (let k = 0; k < 300; k++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (f(a) < f(b)) low = a
    else high = b
  }
  return f((low + high) / 2)
}

/** sup_z t·z − ℓ(z, y) for a scalar loss. */
export function naiveConjugate(name: LossName, t: number, y: number, delta = 1): number {
  return concaveMaximum(z => t * z - naiveTerm(name, [z], y, delta), 60)
}

/** sup_z tᵀz − ℓ(z, y) over z ∈ R³, whose last entry is fixed to 0 (ℓ* is finite only for Σt = 0, where that loses nothing). */
export function naiveConjugate3(t: readonly number[], y: number): number {
  return concaveMaximum(a => concaveMaximum(b => t[0] * a + t[1] * b - naiveTerm('multinomial', [a, b, 0], y), 30), 30)
}
