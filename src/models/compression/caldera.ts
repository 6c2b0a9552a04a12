/**
 * CALDERA: W ≈ Q + L·R with all three quantized, minimising ‖(W − Q − L·R)·H^½‖_F.
 *
 * H = XᵀX/N from calibration inputs X ∈ R^{N × d} (what the weights will be multiplied with), with 10⁻³ of its mean diagonal added; H = I without.
 * By turns, keeping the best after each half:
 *
 *   L, R  with calibration: rank-m singular value decomposition of (W − Q)·H^½ = U·Σ·Vᵀ, L = U·Σ and R = Vᵀ·H^{−½} rounded, then five turns
 *         of L against R·H^½ and R against L on W − Q;
 *         without: rounds of `improveFactors`, started from the last ones;
 *   Q     LDLQ on W − L·R.
 *
 * Source: R. Saha, N. Sagan, V. Srivastava, A. Goldsmith, M. Pilanci, Compressing Large Language Models using Low Rank and Low Precision
 * Decomposition, 2024. Note 1: scalar grids, one a row, in place of lattice codebooks and Hadamard preprocessing. Note 2: codes
 * of L and R by coordinate descent, not by rounding the least-squares solution.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense, fromRows } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import type { BitPlan } from './allocateBits.ts'
import type { CodedLines } from './codedLines.ts'
import { allLines, type ProductTerm, type Term } from './compressed.ts'
import {
  drained,
  type GradedFactors,
  gradedImage,
  gradedTerm,
  improveFactors,
  roundFactors,
  turn,
} from './gradedFactors.ts'
import { ldlq, unitUpper } from './ldlq.ts'
import { leadingFactors, product } from './leadingFactors.ts'
import { squaredDistance } from './lines.ts'

const RIDGE = 1e-3
const INNER_ROUNDS = 5

/** Q + L·R with its squared errors. */
export interface CalderaDraft {
  readonly terms: readonly Term[]
  /** ‖(W − Q − LR)·H^½‖²_F: what is minimised. */
  readonly weighted: number
  readonly squaredError: number
}

/** Bits of Q, of the factors, and where H comes from. */
export interface CalderaOptions {
  readonly bits: number
  readonly plan: BitPlan
  /** X, N × d. */
  readonly calibration?: Dense
  readonly seed: number
}

/** Each step is a half-turn, and shows the best so far. Endless. */
export function* caldera(w: Dense, options: CalderaOptions): Generator<CalderaDraft> {
  const weight = options.calibration === undefined ? null : weightOf(options.calibration, w.cols)
  const upper = weight === null ? null : unitUpper(weight.h)
  const factor = weight === null ? plainFactors(options) : weightedFactors(options, weight)
  let q: { coded: CodedLines; image: Dense } | null = null
  let best: CalderaDraft | null = null
  for (;;) {
    const { term, image } = factor(q === null ? w : minus(w, q.image))
    for (const half of ['factors', 'rest']) {
      if (half === 'rest') {
        const coded = ldlq(minus(w, image), options.bits, upper)
        q = { coded, image: fromRows(allLines(coded)) }
      } else if (q === null) continue
      const current = q as { coded: CodedLines; image: Dense }
      const left = minus(minus(w, current.image), image)
      const draft: CalderaDraft = {
        terms: [{ kind: 'full', by: 'rows', matrix: current.coded }, term],
        weighted: weight === null ? squaredDistance(left) : squaredDistance(product(left, weight.root)),
        squaredError: squaredDistance(left),
      }
      if (best === null || draft.weighted < best.weighted) best = draft
      yield best
    }
  }
}

/** ‖E·H^½‖_F/‖W·H^½‖_F for E = W − Ŵ: the error as the calibration inputs see it. */
export function calibratedError(w: Dense, approximation: Dense, calibration: Dense): number {
  const { root } = weightOf(calibration, w.cols)
  const whole = squaredDistance(product(w, root))
  return whole === 0 ? 0 : Math.sqrt(squaredDistance(product(minus(w, approximation), root)) / whole)
}

interface Weight {
  readonly h: Dense
  /** H^½ and H^{−½}, symmetric. */
  readonly root: Dense
  readonly inverseRoot: Dense
}

type FactorStep = (target: Dense) => { term: ProductTerm; image: Dense }

function plainFactors({ plan, seed }: CalderaOptions): FactorStep {
  let state: ReturnType<typeof roundFactors> | null = null
  return target => {
    // The old factors on the new target; their error must be measured again before it can be lowered.
    state = improveFactors(
      target,
      state === null
        ? roundFactors(target, leadingFactors(target, plan.left.length, seed), plan)
        : { ...state, squaredError: Infinity },
    )
    return { term: gradedTerm(state), image: gradedImage(state) }
  }
}

function weightedFactors({ plan, seed }: CalderaOptions, { h, root, inverseRoot }: Weight): FactorStep {
  return target => {
    const { u, values, vt } = leadingFactors(product(target, root), plan.left.length, seed)
    let factors: GradedFactors = roundFactors(target, { u, values, vt: product(vt, inverseRoot) }, plan)
    let best: { term: ProductTerm; image: Dense; value: number } | null = null
    for (let round = 0; round <= INNER_ROUNDS; round++) {
      if (round > 0) factors = drained(turn(target, factors, h))
      const image = gradedImage(factors)
      const value = squaredDistance(product(minus(target, image), root))
      if (best === null || value < best.value) best = { term: gradedTerm(factors), image, value }
    }
    return best as { term: ProductTerm; image: Dense }
  }
}

/** H with its roots. */
function weightOf(x: Dense, cols: number): Weight {
  if (x.cols !== cols)
    throw new ShapeError(
      `caldera: calibration inputs must have ${cols} columns, one for each column of the matrix; got ${x.cols}. Give the inputs that the matrix is multiplied with.`,
    )
  const h = product(x, x, 'left')
  let trace = 0
  for (let j = 0; j < cols; j++) trace += h.data[j * cols + j] / x.rows
  for (let t = 0; t < h.data.length; t++) h.data[t] /= x.rows
  // Inputs that are all zero say nothing: then H = I.
  for (let j = 0; j < cols; j++) h.data[j * cols + j] += trace === 0 ? 1 : (RIDGE * trace) / cols
  const { values, vectors } = eigh(h)
  const power = (p: number) => {
    const scaled = vectors.data.map((v, t) => v * Math.max(values[Math.floor(t / cols)], 1e-300) ** p)
    return product(dense(cols, cols, scaled), vectors, 'left')
  }
  return { h, root: power(0.5), inverseRoot: power(-0.5) }
}

function minus(a: Dense, b: Dense): Dense {
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, t) => v - b.data[t]),
  )
}
