/**
 * Accelerated gradient to find the support, Newton steps on it to finish: gated programs with many samples, any loss.
 *
 * On the groups that are not zero the objective F(u) = L(A u) + β Σ ‖u_g‖ is smooth, with Hessian
 *   H = Aᵀ∇²L A + diag_g (β/‖u_g‖)(I − û_g û_gᵀ).
 * H is applied through the streamed operator (two passes over the support) inside conjugate gradients, preconditioned by
 * the Cholesky factor of the same H with AᵀDA summed over a sample of rows: nothing of the size n × D or a full Gram
 * matrix is formed, and one factor serves until the support changes much. Accelerated steps in between move the support
 * and give the bound.
 * Cost: 4·n·d·P flops an accelerated step; s·D² + D³/3 a factor with D = support·d and s = SAMPLE·D sampled rows;
 * 4·n·D a CG step. Memory D². When the factor would cost more than WORTH accelerated steps it is left out.
 * Source: Newton on the manifold identified by proximal steps, as in Bareilles, Iutzeler and Malick, 2023; the row sample
 * as preconditioner as in Rokhlin and Tygert, 2008.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Region } from '../matrix/compute.ts'
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { type GatedOperator, gatedOperator, isGated } from '../matrix/gated.ts'
import { masks as emptyMasks, type Masks, maskBit, selectMasks, setMaskBit } from '../matrix/masks.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
import { accelerate, accelerationMemory } from './fista.ts'
import { groupBeta, groupPenalty } from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

/** Accelerated steps between looks at the support, while it is being found and after a Newton step. */
const FIND_STEPS = 25
const MOVE_STEPS = 3
/** The support counts as found when at most this share of it changed between two looks. */
const SETTLED = 0.05
/** Rows sampled for the preconditioner per column of the support. */
const SAMPLE = 2
/** Accelerated steps that one factor may cost. */
const WORTH = 1500
const MAX_CG = 60
const CG_TOLERANCE = 0.02

/** Use it when n is large; when n is at most a few thousand, `semismoothNewton` and `proximalNewton` need fewer passes. */
export const supportNewton: Solver = {
  name: 'support-newton',
  reference:
    'Bareilles, Iutzeler and Malick, Newton acceleration on manifolds identified by proximal-gradient methods, 2023',
  accepts(problem) {
    if (problem.kind !== 'composite') return 'it has cone constraints; use interiorPoint.'
    if (problem.penalty.name !== 'group-l2') return `its penalty is ${problem.penalty.name}, not group-l2; use fista.`
    if (!isGated(problem.operator)) return 'its operator is not a gated one; use proximalNewton or fista.'
    return true
  },
  iterate(problem: Problem, context: SolverContext) {
    return supportSteps(problem as CompositeProblem, context)
  },
}

function* supportSteps(problem: CompositeProblem, context: SolverContext): Generator<Step, void, void> {
  const given = problem.operator as GatedOperator
  const { compute } = given
  const region = compute.region()
  try {
    const x = dense(given.x.rows, given.x.cols, region.own(given.x.data))
    const operator = gatedOperator(x, region.ownMasks(given.masks), compute)
    const stated: CompositeProblem = { ...problem, operator }
    const beta = groupBeta(problem)
    const d = operator.groupSize
    const u = region.float64(operator.cols)
    u.set(context.start ?? [])
    const memory = accelerationMemory(stated)
    let support = supportOf(u, d)
    let last: Step | null = null
    let preconditioner: Preconditioner | null = null
    let steps = support.length > 0 ? MOVE_STEPS : FIND_STEPS
    for (;;) {
      let taken = 0
      for (const step of accelerate(stated, u, memory)) {
        last = step
        yield step
        if (step.phase === 'fista' && ++taken >= steps) break
      }
      const found = supportOf(u, d)
      const changed = difference(found, support)
      support = found
      steps = FIND_STEPS
      if (support.length === 0 || changed > SETTLED * support.length) continue
      const side = support.length * d
      const affordable = SAMPLE * side ** 3 + side ** 3 / 3 <= WORTH * 4 * x.rows * operator.cols
      if (preconditioner === null || preconditioner.aged(support)) {
        if (!affordable) continue
        preconditioner?.region.dispose()
        preconditioner = new Preconditioner(operator, problem.loss, beta, u, support)
        for (const phase of preconditioner.build()) yield { ...last!, phase }
      }
      const moved = newtonStep(operator, problem.loss, beta, u, support, preconditioner)
      steps = moved ? MOVE_STEPS : FIND_STEPS
    }
  } finally {
    region.dispose()
  }
}

/** Groups that are not zero, ascending. */
function supportOf(u: Float64Array, d: number): number[] {
  const support: number[] = []
  for (let g = 0; g < u.length / d; g++)
    for (let j = g * d; j < (g + 1) * d; j++)
      if (u[j] !== 0) {
        support.push(g)
        break
      }
  return support
}

/** Size of the symmetric difference. */
function difference(a: readonly number[], b: readonly number[]): number {
  const other = new Set(b)
  const shared = a.filter(g => other.has(g)).length
  return a.length + b.length - 2 * shared
}

function gather(full: Float64Array, groups: readonly number[], d: number, out: Float64Array): Float64Array {
  for (const [k, g] of groups.entries()) out.set(full.subarray(g * d, (g + 1) * d), k * d)
  return out
}

/** One line-searched Newton step on the support; false when it made no progress. */
function newtonStep(
  operator: GatedOperator,
  loss: Loss,
  beta: number,
  u: Float64Array,
  support: readonly number[],
  preconditioner: Preconditioner,
): boolean {
  const { x, compute, groupSize: d } = operator
  const region = compute.region()
  try {
    const active = region.ownMasks(selectMasks(operator.masks, support))
    const [n, side] = [x.rows, support.length * d]
    const at = gather(u, support, d, region.float64(side))
    const fit = compute.gatedForward(x, active, at, region.float64(n))
    const theta = region.float64(n)
    loss.gradient(fit, theta)
    const h = loss.curvature(fit)
    const gradient = compute.gatedAdjoint(x, active, theta, region.float64(side))
    const norms = addNormGradient(at, d, beta, gradient)

    const image = region.float64(n)
    const hessian = (v: Float64Array, out: Float64Array) => {
      compute.gatedForward(x, active, v, image)
      for (let i = 0; i < n; i++) image[i] *= h[i]
      compute.gatedAdjoint(x, active, image, out)
      addNormHessian(at, norms, d, beta, v, out)
    }
    const direction = conjugateGradients(hessian, gradient, r => preconditioner.apply(r, support), region)

    const slope = dot(gradient, direction)
    const shift = compute.gatedForward(x, active, direction, image)
    const standing = loss.value(fit) + groupPenalty(at, d, beta)
    const trial = region.float64(side)
    for (let t = 1; t > 1e-4; t /= 2) {
      for (let j = 0; j < side; j++) trial[j] = at[j] + t * direction[j]
      for (let i = 0; i < n; i++) theta[i] = fit[i] + t * shift[i]
      const value = loss.value(theta) + groupPenalty(trial, d, beta)
      if (value <= standing + 1e-4 * t * slope) {
        for (const [k, g] of support.entries()) u.set(trial.subarray(k * d, (k + 1) * d), g * d)
        return true
      }
    }
    return false
  } finally {
    region.dispose()
  }
}

/** gradient ← gradient + β u_g/‖u_g‖; returns the norms. */
function addNormGradient(u: Float64Array, d: number, beta: number, gradient: Float64Array): Float64Array {
  const norms = new Float64Array(u.length / d)
  for (let g = 0; g < norms.length; g++) {
    const part = u.subarray(g * d, (g + 1) * d)
    norms[g] = norm(part)
    axpy(beta / norms[g], part, gradient.subarray(g * d, (g + 1) * d))
  }
  return norms
}

/** out ← out + (β/‖u_g‖)(v_g − û_g (û_gᵀ v_g)). */
function addNormHessian(
  u: Float64Array,
  norms: Float64Array,
  d: number,
  beta: number,
  v: Float64Array,
  out: Float64Array,
): void {
  for (let g = 0; g < norms.length; g++) {
    const [unit, from] = [u.subarray(g * d, (g + 1) * d), v.subarray(g * d, (g + 1) * d)]
    const along = dot(unit, from) / norms[g] ** 2
    for (let j = 0; j < d; j++) out[g * d + j] += (beta / norms[g]) * (from[j] - along * unit[j])
  }
}

/** −H⁻¹g to a relative residual of CG_TOLERANCE. */
function conjugateGradients(
  hessian: (v: Float64Array, out: Float64Array) => void,
  g: Float64Array,
  precondition: (r: Float64Array) => Float64Array,
  region: Region,
): Float64Array {
  const side = g.length
  const [out, q, product, r] = [0, 0, 0, 0].map(() => region.float64(side))
  for (let j = 0; j < side; j++) {
    out[j] = 0
    r[j] = -g[j]
  }
  const target = CG_TOLERANCE * norm(g)
  let z = precondition(r)
  q.set(z)
  let rz = dot(r, z)
  for (let k = 0; k < MAX_CG; k++) {
    hessian(q, product)
    const step = rz / dot(q, product)
    axpy(step, q, out)
    axpy(-step, product, r)
    if (norm(r) <= target) break
    z = precondition(r)
    const next = dot(r, z)
    for (let j = 0; j < side; j++) q[j] = z[j] + (next / rz) * q[j]
    rz = next
  }
  return out
}

/** Cholesky factor of H with the rows sampled, on the support at which it was made. */
class Preconditioner {
  readonly region: Region
  readonly #operator: GatedOperator
  readonly #loss: Loss
  readonly #beta: number
  readonly #support: readonly number[]
  readonly #slot: Map<number, number>
  readonly #u: Float64Array
  readonly #factor: Float64Array
  readonly #work: Float64Array

  constructor(operator: GatedOperator, loss: Loss, beta: number, u: Float64Array, support: readonly number[]) {
    const side = support.length * operator.groupSize
    this.region = operator.compute.region()
    this.#operator = operator
    this.#loss = loss
    this.#beta = beta
    this.#support = support
    this.#slot = new Map(support.map((g, k) => [g, k]))
    this.#u = gather(u, support, operator.groupSize, this.region.float64(side))
    this.#factor = this.region.float64(side * side)
    this.#work = this.region.float64(side)
  }

  /** Whether `support` has outgrown the one the factor was made for. */
  aged(support: readonly number[]): boolean {
    return support.some(g => !this.#slot.has(g)) || support.length < 0.6 * this.#support.length
  }

  /** Forms and factors; yields between the parts, which may take a second each on large supports. */
  *build(): Generator<string, void, void> {
    const { x, masks, compute, groupSize: d } = this.#operator
    const side = this.#support.length * d
    const active = selectMasks(masks, this.#support)
    const fit = compute.gatedForward(x, active, this.#u, new Float64Array(x.rows))
    const curvature = this.#loss.curvature(fit)
    const rows = Math.min(x.rows, SAMPLE * side)
    const sample = Int32Array.from({ length: rows }, (_, k) => Math.floor((k * x.rows) / rows))
    const region = compute.region()
    try {
      const sampled = dense(rows, d, region.float64(rows * d))
      const weights = region.float64(rows)
      for (let k = 0; k < rows; k++) {
        sampled.data.set(x.data.subarray(sample[k] * d, (sample[k] + 1) * d), k * d)
        weights[k] = (curvature[sample[k]] * x.rows) / rows
      }
      const bits = region.ownMasks(sampleMasks(active, sample))
      yield 'gram'
      compute.gatedGram(sampled, bits, bits, this.#factor, weights)
    } finally {
      region.dispose()
    }
    let trace = 0
    for (let g = 0; g < this.#support.length; g++) {
      const unit = this.#u.subarray(g * d, (g + 1) * d)
      const length = norm(unit)
      for (let a = 0; a < d; a++) {
        const row = (g * d + a) * side + g * d
        for (let b = 0; b < d; b++) this.#factor[row + b] -= (this.#beta * unit[a] * unit[b]) / length ** 3
        this.#factor[row + a] += this.#beta / length
        trace += this.#factor[row + a]
      }
    }
    for (let j = 0; j < side; j++) this.#factor[j * side + j] += (1e-10 * trace) / side
    yield 'factor'
    const factor = dense(side, side, this.#factor)
    cholesky(factor, { compute, out: factor })
    yield 'factor'
  }

  /** M⁻¹ r on a support within the one of the factor. */
  apply(r: Float64Array, support: readonly number[]): Float64Array {
    const { compute, groupSize: d } = this.#operator
    const side = this.#work.length
    this.#work.fill(0)
    for (const [k, g] of support.entries()) this.#work.set(r.subarray(k * d, (k + 1) * d), this.#slot.get(g)! * d)
    compute.kernels.trsm(false, side, 1, 1, this.#factor, side, this.#work, 1)
    compute.kernels.trsm(true, side, 1, 1, this.#factor, side, this.#work, 1)
    const out = new Float64Array(r.length)
    for (const [k, g] of support.entries()) {
      const from = this.#slot.get(g)! * d
      out.set(this.#work.subarray(from, from + d), k * d)
    }
    return out
  }
}

/** The masks on a sample of the samples. */
function sampleMasks(m: Masks, sample: Int32Array): Masks {
  if (sample.length === m.samples) return m
  const out = emptyMasks(m.patterns, sample.length)
  for (let k = 0; k < m.patterns; k++)
    for (let i = 0; i < sample.length; i++) if (maskBit(m, k, sample[i])) setMaskBit(out, k, i)
  return out
}
