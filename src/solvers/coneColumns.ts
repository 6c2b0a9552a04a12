/**
 * Column generation for the ReLU program over many patterns: solve on a few groups, price all others, add the violated.
 *
 * A group (pattern p, sign ±) outside the working set has u_g = 0, which is optimal exactly when
 *   ‖Π_{K_p}(∓XᵀD_pθ)‖ ≤ β   at the dual point θ of the working set.
 * Groups above β enter, the worst first. θ scaled by β/max‖Π‖ is feasible for all of them, so every pricing also gives a bound
 * on the whole program. A projection is stopped as soon as it is known to be at most β, starts from the rows active last
 * time, and is skipped when ‖XᵀD_pθ‖ ≤ β.
 *
 * Patterns beyond those of the program are found by ascent in `models/networks/missingNeurons.ts`.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { norm } from '../matrix/vector.ts'
import { cellProjector } from './coneProjection.ts'
import { centralPath } from './interiorPoint/centralPath.ts'
import type { Group } from './interiorPoint/groups.ts'
import type { Program } from './interiorPoint/program.ts'
import type { Step } from './solver.ts'

/** Groups to begin with, and the most that enter at a time (or as many as are held, if more). */
const FIRST = 100
const ENTER = 60
/** The first working set is solved to this gap only, later ones to a tenth of the gap of the whole program. */
const ROUGH = 0.1
/** Groups this near β are priced exactly, and enter with those above it. */
const NEAR = 0.97
/** Projections between two breaths. */
const BREATH = 64

export interface ConeColumnsOptions {
  /** Groups to begin with; default 100. */
  readonly first?: number
  /** Groups that enter at a time, or as many as are held if that is more; default 60. */
  readonly enter?: number
}

/** Steps over growing working sets; x and bound are those of the whole program. */
export function* coneColumns(
  program: Program,
  tolerance: number,
  options: ConeColumnsOptions = {},
): Generator<Step, void, void> {
  const { first = FIRST, enter: most = ENTER } = options
  const { loss, beta, groups: all, operator } = program
  const { x, masks, compute } = operator
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const projector = cellProjector(x)
  const activeRows = new Map<number, Uint32Array>()
  const priced = new Float64Array(all.length)
  const dualPoint = new Float64Array(n * c)
  const held = new Set<number>()
  const best = { x: new Float64Array(all.length * d), objective: loss.value(new Float64Array(n * c)), active: 0 }
  let bound = -Infinity
  const step = (phase: string): Step => ({
    x: best.x,
    objective: best.objective,
    bound,
    dualPoint: bound > -Infinity ? dualPoint : null,
    active: best.active,
    phase,
  })
  const gap = () => (best.objective - bound) / Math.abs(best.objective)

  const origin = loss.gradient(new Float64Array(n * c))
  yield* price(origin, 0)
  enter(first)
  let target = ROUGH
  let inner = centralPath(program, working(), tolerance)
  for (;;) {
    const next = inner.next()
    if (next.done) return
    const at = next.value
    if (at.objective < best.objective) {
      best.x.set(at.x)
      best.objective = at.objective
      best.active = at.active
    }
    const done = at.dualPoint !== null && at.objective - at.bound <= target * Math.abs(at.objective)
    if (!done || at.dualPoint === null) {
      yield step(at.phase)
      continue
    }
    yield* price(at.dualPoint, NEAR * beta)
    yield step('pricing')
    const before = held.size
    enter(Math.max(most, held.size))
    target = Math.max(0.5 * tolerance, Math.min(ROUGH, 0.1 * gap()))
    if (held.size === before)
      target = Math.max(0.25 * tolerance, Math.min(target, (0.1 * (at.objective - at.bound)) / Math.abs(at.objective)))
    else {
      inner.return()
      inner = centralPath(program, working(), tolerance)
    }
  }

  function working(): Group[] {
    return all.filter((_, g) => held.has(g))
  }

  /** priced[g] ← ‖Π(…)‖ (or a number ≤ `enough` above it) for all groups not held; improves the bound. */
  function* price(theta: Float64Array, enough: number): Generator<Step, void, void> {
    const part = new Float64Array(n)
    const sums = new Float64Array(masks.patterns * d)
    let widest = held.size > 0 ? beta : 0
    let output = -1
    for (const [g, { output: k, pattern, sign }] of all.entries()) {
      if (k !== output) {
        for (let i = 0; i < n; i++) part[i] = theta[i * c + k]
        compute.gatedAdjoint(x, masks, part, sums)
        output = k
      }
      priced[g] = 0
      if (held.has(g)) continue
      // v ∈ K lowers the loss at the rate −θᵀD X v: the direction to project is −sign·XᵀDθ.
      const q = sums.slice(pattern * d, (pattern + 1) * d)
      for (let j = 0; j < d; j++) q[j] *= -sign
      priced[g] = norm(q)
      if (priced[g] > enough) {
        const rows = activeRows.get(g)
        priced[g] = projector.project(masks, pattern, q, { enough, ...(rows && { rows }) })
        activeRows.set(g, projector.rows())
        if (g % BREATH === BREATH - 1) yield step('pricing')
      }
      if (priced[g] > widest) widest = priced[g]
    }
    const candidate = bestScale(loss, theta, widest > 0 ? beta / widest : Infinity)
    if (candidate.bound > bound) {
      bound = candidate.bound
      for (let i = 0; i < theta.length; i++) dualPoint[i] = candidate.scale * theta[i]
    }
  }

  /** The worst groups above β (or simply the longest, to begin with) enter. */
  function enter(room: number): void {
    // One group above β costs a new start anyway: its near rivals come along, or the next round would be theirs.
    const violated = priced.some(length => length > beta * (1 + 0.1 * tolerance))
    if (!violated && held.size > 0) return
    const limit = held.size === 0 ? 0 : NEAR * beta
    const order = Array.from(priced.keys()).filter(g => priced[g] > limit)
    order.sort((a, b) => priced[b] - priced[a])
    for (const g of order.slice(0, room)) held.add(g)
  }
}
