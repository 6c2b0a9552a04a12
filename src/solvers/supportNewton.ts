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
 * 4·n·D a CG step. Memory D². A factor is made only once it should take no longer than the accelerated steps before it,
 * so the whole takes at most twice as long as those alone.
 * Source: Newton on the manifold identified by proximal steps, as in Bareilles, Iutzeler and Malick, 2023.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { dense } from '../matrix/dense.ts'
import { type GatedOperator, gatedOperator, groupNorms, isGated } from '../matrix/gated.ts'
import { isSeparable, separableOperator } from '../matrix/separable.ts'
import { groupL2 } from '../penalties/groupL2.ts'
import { type AccelerationMemory, accelerate, accelerationMemory } from './fista.ts'
import { groupBeta } from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import { factorFlops, SampledPreconditioner } from './sampledPreconditioner.ts'
import type { Solver, SolverContext, Step } from './solver.ts'
import { gather } from './supportOperator.ts'
import { supportStep } from './supportStep.ts'

/** Accelerated steps between looks at the support while it is being found, and after a Newton step. */
const FIND_STEPS = 25
const MOVE_STEPS = 5
/** A field of groups is exchanged for one of less than this part of it. */
const FEWER = 0.75
/** Newton steps wait until at most this share of the support changed between two looks. */
const SETTLED = 0.1
/** Flops of a factor, all in matrix products, that take as long as one of the streamed passes; measured 2 to 8. */
const BLAS_3 = 4

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
    let preconditioner = null as SampledPreconditioner | null
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
        const before = support
        support = supportOf(u, d)
        // Just after a Newton step another one pays only if the few steps since found nothing to change.
        const allowed = steps === MOVE_STEPS ? 0 : SETTLED * support.length
        const settled = support.length > 0 && changes(before, support) <= allowed
        steps = FIND_STEPS
        const ready = settled && (yield* prepare())
        if (ready && supportStep(base, problem.loss, beta, u, support, preconditioner!)) steps = MOVE_STEPS
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
      if (factorFlops(support, base) > BLAS_3 * spent) return false
      preconditioner?.region.dispose()
      preconditioner = new SampledPreconditioner(base, problem.loss, beta, u, support)
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
      if (wanted.length === 0) return held
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
