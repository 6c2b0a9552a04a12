/**
 * Newton-LESS: the Newton sketch with sparse rows, each a sum of s signed rows of the root drawn by leverage: m·s·d operations a sketch instead of
 * n·m·d, at the same rate ρ ≈ d_λ/m as a Gaussian sketch.
 *
 * Leverage scores are approximate and made anew every five steps, or when λ̃ has changed tenfold. With uniform weights instead ('less-uniform')
 * the expected error grows on data where few rows dominate: refused there.
 *
 * Source: M. Dereziński, J. Lacotte, M. Pilanci, M. Mahoney, Newton-LESS: sparsification without trade-offs for the sketched Newton update, 2021.
 * Deviation: the step is μ* ≈ (1 − D/m)², which attains the rate; 1 − D/m would not.
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { rowOf } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import { key, sampleIndices } from '../../random/index.ts'
import { less, lessUniform } from '../../sketch/less.ts'
import { leverageScores, samplingProbabilities } from '../../sketch/leverageScores.ts'
import type { GlmSolver } from './newton.ts'
import { newtonSketch } from './newtonSketch.ts'
import type { NewtonSystem } from './newtonSystem.ts'

/** Sketch of `newtonLess`. */
export interface NewtonLessOptions {
  /** m; default min(n, 4d). */
  readonly rows?: number
  /** s ≥ 1, entries a row; default 8. */
  readonly sparsity?: number
  /** 'leverage' (default), or 'uniform' where rows are alike. */
  readonly weights?: 'leverage' | 'uniform'
  /** Default 0. */
  readonly seed?: number
}

const FRESH_EVERY = 5
/** max/mean of squared row norms above which uniform weights are refused. */
const COHERENT = 50

/**
 * The solver, for n huge and d up to some hundreds. Cost a step: m·s·d (sketch) + m·d² + d³/3 + 4nd; every fifth step 8nd + 16d³ + 2nd·min(d, 4 ln n) for the scores.
 *
 * `iterate` throws DomainError (E_PARAM_RANGE) for s outside 1..n, or uniform weights on coherent rows; else as `newtonSketch`.
 */
export function newtonLess(options: NewtonLessOptions = {}): GlmSolver {
  const { sparsity = 8, weights = 'leverage', seed = 0, rows } = options
  return newtonSketch({
    name: 'newton-less',
    reference: 'Dereziński, Lacotte, Pilanci and Mahoney, Newton-LESS, 2021',
    seed,
    decrease: 0.3,
    shrink: 0.8,
    ...(rows !== undefined && { rows }),
    choose: chooser(),
  })

  function chooser() {
    let probabilities: Float64Array | undefined
    let [age, made] = [0, Number.NaN]
    return ({ root, rest }: NewtonSystem, decrement: number) => {
      const n = root.rows
      if (!(Number.isInteger(sparsity) && sparsity >= 1 && sparsity <= n))
        throw new DomainError(
          `newtonLess: sparsity must be a whole number in 1..${n}; got ${sparsity}. 8 is usual.`,
          'E_PARAM_RANGE',
        )
      if (weights === 'uniform') {
        const coherence = coherenceProbe(root, seed)
        if (coherence > COHERENT)
          throw new DomainError(
            `newtonLess: uniform weights need rows that are alike; the largest squared row norm is ${coherence.toFixed(0)} times the mean, more than ${COHERENT}. Use leverage weights.`,
            'E_PARAM_RANGE',
          )
        return (o: { rows: number; samples: number; seed?: number }) => lessUniform({ ...o, sparsity })
      }
      const changed = !(decrement > made / 100 && decrement < made * 100)
      if (probabilities === undefined || age++ >= FRESH_EVERY || changed) {
        const lambda = rest.kind === 'ridge' ? rest.lambda : 0
        probabilities = samplingProbabilities(leverageScores(root, { lambda, approximate: true, seed }))
        age = 1
        made = decrement
      }
      const drawn = probabilities
      return (o: { rows: number; samples: number; seed?: number }) => less({ ...o, sparsity, probabilities: drawn })
    }
  }
}

/** Largest over mean squared row norm, on a hundredth of the rows (at least 100). Cost nd/100. */
export function coherenceProbe(a: Dense, seed: number): number {
  const count = Math.min(a.rows, Math.max(100, Math.ceil(a.rows / 100)))
  const sizes = Array.from(sampleIndices(key(seed, 21), count, { of: a.rows }), i => dot(rowOf(a, i), rowOf(a, i)))
  const mean = sizes.reduce((sum, s) => sum + s, 0) / count
  return mean > 0 ? Math.max(...sizes) / mean : 1
}
