/**
 * Accelerated gradient to find the support, Newton steps on it to finish: gated programs with many samples, any loss.
 *
 * On the groups that are not zero the objective F(u) = L(A u) + β Σ ‖u_g‖ is smooth, with Hessian
 *   H = Aᵀ∇²L A + diag_g (β/‖u_g‖)(I − û_g û_gᵀ).
 * H is applied through the streamed operator (two passes over the support) inside conjugate gradients, preconditioned by
 * the Cholesky factor of the same H with AᵀDA summed over a sample of rows: nothing of the size n × D or a full Gram
 * matrix is formed, and one factor serves until the support changes much. Accelerated steps in between move the support
 * and give the bound.
 * Accelerated steps move only groups that are in use or whose correlation exceeds β; all are looked at every FIND_STEPS.
 * Cost: 4·n·d flops an accelerated step and moved group; s·D² + D³/3 a factor with D = support·d and s = SAMPLE·D sampled rows;
 * 4·n·D a CG step. Memory D². A factor is made only once it costs no more than the accelerated steps before it,
 * so the whole takes at most twice as long as those alone.
 * Source: Newton on the manifold identified by proximal steps, as in Bareilles, Iutzeler and Malick, 2023; the row sample
 * as preconditioner as in Rokhlin and Tygert, 2008.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import type { Loss } from '../losses/loss.ts'
import type { Region } from '../matrix/compute.ts'
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { type GatedOperator, gatedOperator, groupNorms, isGated } from '../matrix/gated.ts'
import { masks as emptyMasks, type Masks, maskBit, selectMasks, setMaskBit } from '../matrix/masks.ts'
import { isSeparable, separableOperator } from '../matrix/separable.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
import { groupL2 } from '../penalties/groupL2.ts'
import { type AccelerationMemory, accelerate, accelerationMemory } from './fista.ts'
import { groupBeta, groupPenalty } from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

/** Accelerated steps between looks at the support while it is being found, and after a Newton step. */
const FIND_STEPS = 25
const MOVE_STEPS = 5
/** Rows sampled for the preconditioner per column of the support. */
const SAMPLE = 2
/** A field of groups is exchanged for one of less than this part of it. */
const FEWER = 0.75
/** Newton steps wait until at most this share of the support changed between two looks. */
const SETTLED = 0.1
const MAX_CG = 60
const CG_TOLERANCE = 0.02
/** Relative ridge that keeps a factor of duplicated directions positive. */
const RIDGE = 1e-10

/** Use it when n is large; when n is at most a few thousand, `semismoothNewton` and `proximalNewton` need fewer passes. */
export const supportNewton: Solver = {
  name: 'support-newton',
  reference:
    'Bareilles, Iutzeler and Malick, Newton acceleration on manifolds identified by proximal-gradient methods, 2023',
  accepts(problem) {
    if (problem.kind !== 'composite') return 'it has cone constraints; use interiorPoint.'
    if (problem.penalty.name !== 'group-l2') return `its penalty is ${problem.penalty.name}, not group-l2; use fista.`
    return isGated(problem.operator) || isSeparable(problem.operator) || 'its operator is not a gated one; use fista.'
  },
  iterate(problem: Problem, context: SolverContext) {
    return supportSteps(problem as CompositeProblem, context)
  },
}

function* supportSteps(problem: CompositeProblem, context: SolverContext): Generator<Step, void, void> {
  const given = baseOf(problem)
  const { compute } = given
  const region = compute.region()
  try {
    const x = dense(given.x.rows, given.x.cols, region.own(given.x.data))
    const base = gatedOperator(x, region.ownMasks(given.masks), compute)
    const { outputs } = problem.loss
    const operator = isGated(problem.operator) ? base : separableOperator(base, outputs)
    const stated: CompositeProblem = { ...problem, operator }
    const beta = groupBeta(problem)
    const d = base.groupSize
    const u = region.float64(operator.cols)
    u.set(context.start ?? [])
    const theta = new Float64Array(operator.rows)
    const correlations = region.float64(operator.cols)
    const memory = accelerationMemory(stated)
    let last: Step = { x: u, objective: Infinity, bound: -Infinity, dualPoint: null, active: 0, phase: 'start' }
    let field = look(everything())
    let run = accelerateOn(field)
    let support = supportOf(u, d)
    let preconditioner = null as Preconditioner | null
    let steps = support.length > 0 ? MOVE_STEPS : FIND_STEPS
    /** Flops of accelerated steps since the last factor: a factor is made once it costs no more than these. */
    let spent = support.length > 0 ? Infinity : 0
    try {
      for (;;) {
        for (let taken = 0; taken < steps; ) {
          const { value: step } = run.next() as IteratorYieldResult<Step>
          last = step
          yield step
          if (step.phase === 'fista') taken++
        }
        spent += steps * 4 * x.rows * field.length * d
        steps = FIND_STEPS
        const before = support
        support = supportOf(u, d)
        const settled = support.length > 0 && changes(before, support) <= SETTLED * support.length
        const ready = settled && (yield* prepare())
        if (ready && newtonStep(base, problem.loss, beta, u, support, preconditioner!)) steps = MOVE_STEPS
        const next = look(field)
        yield { ...last, ...bounded() }
        if (next !== field || steps === MOVE_STEPS) {
          field = next
          run = accelerateOn(field)
        }
      }
    } finally {
      preconditioner?.region.dispose()
    }

    function everything(): number[] {
      return Array.from({ length: operator.cols / d }, (_, g) => g)
    }

    function bounded(): Pick<Step, 'bound' | 'dualPoint'> {
      return { bound: memory.bound, dualPoint: memory.bound > -Infinity ? memory.dualPoint : null }
    }

    /** Whether a factor for the support is at hand; makes one when it is worth it. */
    function* prepare(): Generator<Step, boolean, void> {
      if (preconditioner !== null && !preconditioner.aged(support)) return true
      if (factorFlops(support, base) > spent) return false
      preconditioner?.region.dispose()
      preconditioner = new Preconditioner(base, problem.loss, beta, u, support)
      spent = 0
      for (const phase of preconditioner.build()) yield { ...last, ...bounded(), phase }
      return true
    }

    /**
     * Correlations of all groups at u: they give the bound, and the groups worth moving, `held` itself unless others are
     * needed or many fewer would do.
     */
    function look(held: number[]): number[] {
      problem.loss.gradient(operator.apply(u), theta)
      operator.applyT(theta, correlations)
      const claim = bestScale(problem.loss, theta, 1 / problem.penalty.polar(correlations))
      if (claim.bound > memory.bound) {
        memory.bound = claim.bound
        for (let i = 0; i < theta.length; i++) memory.dualPoint[i] = claim.scale * theta[i]
      }
      // Outputs share their passes over X, so there is nothing to save by leaving out groups of some.
      if (outputs > 1) return held
      const lengths = groupNorms(correlations, d)
      const used = new Set(supportOf(u, d))
      const wanted = everything().filter(g => used.has(g) || lengths[g] > beta)
      const inside = new Set(held)
      const missing = wanted.some(g => !inside.has(g))
      return missing || wanted.length < FEWER * held.length ? wanted : held
    }

    /** Accelerated steps on some groups; their moves are carried into u. */
    function* accelerateOn(groups: number[]): Generator<Step, void, void> {
      const whole = groups.length * d === operator.cols
      const part: CompositeProblem = whole
        ? stated
        : {
            ...stated,
            operator: base.restrict(groups),
            penalty: groupL2(groups.length * d, { groupSize: d, beta }),
          }
      const v = gather(u, groups, d, new Float64Array(groups.length * d))
      const own: AccelerationMemory = { ...accelerationMemory(part), stepSize: memory.stepSize }
      for (const step of accelerate(part, v, own)) {
        memory.stepSize = own.stepSize
        for (const [k, g] of groups.entries()) u.set(v.subarray(k * d, (k + 1) * d), g * d)
        yield { ...step, x: u, ...bounded() }
      }
    }
  } finally {
    region.dispose()
  }
}

/** Groups in one support and not in the other. */
function changes(a: readonly number[], b: readonly number[]): number {
  const other = new Set(b)
  return a.length + b.length - 2 * a.filter(g => other.has(g)).length
}

function baseOf({ operator }: CompositeProblem): GatedOperator {
  return isSeparable(operator) ? operator.base : (operator as GatedOperator)
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
  const { compute, groupSize: d } = operator
  const region = compute.region()
  try {
    const part = new SupportOperator(operator, loss.outputs, support, region)
    const [rows, side] = [loss.samples * loss.outputs, support.length * d]
    const at = gather(u, support, d, region.float64(side))
    const fit = part.apply(at, region.float64(rows))
    const theta = loss.gradient(fit, region.float64(rows))
    const gradient = part.applyT(theta, region.float64(side))
    const norms = addNormGradient(at, d, beta, gradient)

    const image = region.float64(rows)
    const curved = region.float64(rows)
    const h = loss.hessianProduct ? null : loss.curvature(fit)
    const hessian = (v: Float64Array, out: Float64Array) => {
      part.apply(v, image)
      if (h === null) loss.hessianProduct!(fit, image, curved)
      else for (let i = 0; i < rows; i++) curved[i] = h[i] * image[i]
      part.applyT(curved, out)
      addNormHessian(at, norms, d, beta, v, out)
    }
    const direction = conjugateGradients(hessian, gradient, r => preconditioner.apply(r, support), region)

    const slope = dot(gradient, direction)
    const shift = part.apply(direction, image)
    const standing = loss.value(fit) + groupPenalty(at, d, beta)
    const trial = region.float64(side)
    for (let t = 1; t > 1e-4; t /= 2) {
      for (let j = 0; j < side; j++) trial[j] = at[j] + t * direction[j]
      for (let i = 0; i < rows; i++) theta[i] = fit[i] + t * shift[i]
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

/** A over the groups of a support; a group's number is output·P + pattern, fitted values are sample-major. */
class SupportOperator {
  readonly #operator: GatedOperator
  readonly #outputs: number
  /** Per output: its masks, and the first and last + 1 of its groups within the support. */
  readonly #parts: { readonly masks: Masks; readonly first: number; readonly last: number }[]
  readonly #single: Float64Array

  constructor(operator: GatedOperator, outputs: number, support: readonly number[], region: Region) {
    this.#operator = operator
    this.#outputs = outputs
    this.#single = region.float64(operator.rows)
    this.#parts = partsOf(support, operator.groups, outputs).map(({ patterns, first, last }) => ({
      masks: region.ownMasks(selectMasks(operator.masks, patterns)),
      first,
      last,
    }))
  }

  apply(u: Float64Array, out: Float64Array): Float64Array {
    const { x, compute, groupSize: d } = this.#operator
    for (const [k, { masks, first, last }] of this.#parts.entries()) {
      const f = this.#outputs === 1 ? out : this.#single
      compute.gatedForward(x, masks, u.subarray(first * d, last * d), f)
      if (f !== out) for (let i = 0; i < x.rows; i++) out[i * this.#outputs + k] = f[i]
    }
    return out
  }

  applyT(r: Float64Array, out: Float64Array): Float64Array {
    const { x, compute, groupSize: d } = this.#operator
    for (const [k, { masks, first, last }] of this.#parts.entries()) {
      const column = this.#outputs === 1 ? r : this.#single
      if (column !== r) for (let i = 0; i < x.rows; i++) column[i] = r[i * this.#outputs + k]
      compute.gatedAdjoint(x, masks, column, out.subarray(first * d, last * d))
    }
    return out
  }
}

interface Part {
  readonly patterns: number[]
  readonly first: number
  readonly last: number
}

/** Cuts an ascending support by output. */
function partsOf(support: readonly number[], patterns: number, outputs: number): Part[] {
  let first = 0
  return Array.from({ length: outputs }, (_, k) => {
    const mine = support.filter(g => Math.floor(g / patterns) === k)
    const part = { patterns: mine.map(g => g % patterns), first, last: first + mine.length }
    first = part.last
    return part
  })
}

/** Flops of a factor: sampled Gram and Cholesky of every output. */
function factorFlops(support: readonly number[], operator: GatedOperator): number {
  const outputs = Math.floor((support.at(-1) ?? 0) / operator.groups) + 1
  let flops = 0
  for (const { patterns } of partsOf(support, operator.groups, outputs)) {
    const side = patterns.length * operator.groupSize
    flops += Math.min(operator.rows, SAMPLE * side) * side ** 2 + side ** 3 / 3
  }
  return flops
}

/** Cholesky factors of H, one an output, with the rows sampled; on the support at which they were made. */
class Preconditioner {
  readonly region: Region
  readonly #operator: GatedOperator
  readonly #loss: Loss
  readonly #beta: number
  readonly #support: readonly number[]
  readonly #parts: readonly Part[]
  readonly #slot: Map<number, number>
  readonly #u: Float64Array
  readonly #factors: Float64Array[]
  readonly #work: Float64Array

  constructor(operator: GatedOperator, loss: Loss, beta: number, u: Float64Array, support: readonly number[]) {
    const d = operator.groupSize
    this.region = operator.compute.region()
    this.#operator = operator
    this.#loss = loss
    this.#beta = beta
    this.#support = support
    this.#parts = partsOf(support, operator.groups, loss.outputs)
    this.#slot = new Map(support.map((g, k) => [g, k]))
    this.#u = gather(u, support, d, this.region.float64(support.length * d))
    this.#factors = this.#parts.map(({ patterns }) => this.region.float64((patterns.length * d) ** 2))
    this.#work = this.region.float64(support.length * d)
  }

  /** Whether `support` has outgrown the one the factors were made for. */
  aged(support: readonly number[]): boolean {
    return support.some(g => !this.#slot.has(g)) || support.length < 0.6 * this.#support.length
  }

  /** Forms and factors; yields between the parts, which may take a second each on large supports. */
  *build(): Generator<string, void, void> {
    const rows = this.#loss.samples * this.#loss.outputs
    const scratch = this.#operator.compute.region()
    let curvature: Float64Array
    try {
      const part = new SupportOperator(this.#operator, this.#loss.outputs, this.#support, scratch)
      curvature = this.#loss.curvature(part.apply(this.#u, scratch.float64(rows)))
    } finally {
      scratch.dispose()
    }
    for (const [k, part] of this.#parts.entries()) {
      if (part.patterns.length === 0) continue
      this.#gram(part, k, curvature)
      yield 'gram'
      this.#addNorms(part, this.#factors[k])
      const side = part.patterns.length * this.#operator.groupSize
      const factor = dense(side, side, this.#factors[k])
      cholesky(factor, { compute: this.#operator.compute, out: factor })
      yield 'factor'
    }
  }

  /** AᵀDA of output k over a stride of the rows. */
  #gram({ patterns }: Part, k: number, curvature: Float64Array): void {
    const { x, masks, compute, groupSize: d } = this.#operator
    const { outputs } = this.#loss
    const rows = Math.min(x.rows, SAMPLE * patterns.length * d)
    const sample = Int32Array.from({ length: rows }, (_, r) => Math.floor((r * x.rows) / rows))
    const region = compute.region()
    try {
      const sampled = dense(rows, d, region.float64(rows * d))
      const weights = region.float64(rows)
      for (let r = 0; r < rows; r++) {
        sampled.data.set(x.data.subarray(sample[r] * d, (sample[r] + 1) * d), r * d)
        weights[r] = (curvature[sample[r] * outputs + k] * x.rows) / rows
      }
      const bits = region.ownMasks(sampleMasks(selectMasks(masks, patterns), sample))
      compute.gatedGram(sampled, bits, bits, this.#factors[k], weights)
    } finally {
      region.dispose()
    }
  }

  /** Adds the curvature of the norms, and RIDGE of the mean diagonal. */
  #addNorms({ first, last }: Part, h: Float64Array): void {
    const d = this.#operator.groupSize
    const side = (last - first) * d
    let trace = 0
    for (let g = 0; g < last - first; g++) {
      const unit = this.#u.subarray((first + g) * d, (first + g + 1) * d)
      const length = norm(unit)
      for (let a = 0; a < d; a++) {
        const row = (g * d + a) * side + g * d
        for (let b = 0; b < d; b++) h[row + b] -= (this.#beta * unit[a] * unit[b]) / (length * length * length)
        h[row + a] += this.#beta / length
        trace += h[row + a]
      }
    }
    for (let j = 0; j < side; j++) h[j * side + j] += (RIDGE * trace) / side
  }

  /** M⁻¹ r on a support within the one of the factors. */
  apply(r: Float64Array, support: readonly number[]): Float64Array {
    const { compute, groupSize: d } = this.#operator
    this.#work.fill(0)
    for (const [k, g] of support.entries()) this.#work.set(r.subarray(k * d, (k + 1) * d), this.#slot.get(g)! * d)
    for (const [k, { first, last }] of this.#parts.entries()) {
      const side = (last - first) * d
      if (side === 0) continue
      const part = this.#work.subarray(first * d, last * d)
      compute.kernels.trsm(false, side, 1, 1, this.#factors[k], side, part, 1)
      compute.kernels.trsm(true, side, 1, 1, this.#factors[k], side, part, 1)
    }
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
