/**
 * Interior point with group elimination, for the ReLU program (cones) and the gated one (none).
 *
 * Primal–dual, Mehrotra's predictor–corrector, Nesterov–Todd scaling for the norm cones and plain ratios for the
 * half-spaces. Variables per group g: u_g with its bound t_g ≥ ‖u_g‖, slacks s_g = K_g u_g ≥ 0, multipliers α_g ≥ 0, cone dual
 * (β, z_g); and ξ, which tends to ∇L(A U). Equations: A_gᵀξ − K_gᵀα_g − z_g = 0, ξ = ∇L(A U). Eliminating t, s, α, z
 * leaves a d × d matrix H_g a group; eliminating the groups leaves one system in the fit (`newtonSystem.ts`).
 * The multipliers prove the bound themselves: θ = ξ·min(1, β/max_g ‖A_gᵀξ − K_gᵀα_g‖) is feasible, since
 * max_{v ∈ K_g, ‖v‖ ≤ 1} ξᵀA_g v ≤ ‖A_gᵀξ − K_gᵀα‖ for every α ≥ 0 up to the sign of v.
 *
 * Memory 5·G·n for the half-spaces (5 per facet for d ≤ 3). Cost of an iteration for squared loss: G·n·d² + min(n²·P·d + n³/3, (P·d)³/3) flops.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { bestScale } from '../../losses/bestScale.ts'
import type { Region } from '../../matrix/compute.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { groupNorms } from '../../matrix/gated.ts'
import { selectMasks } from '../../matrix/masks.ts'
import { max } from '../../matrix/vector.ts'
import { cellProjector } from '../coneProjection.ts'
import type { Step } from '../solver.ts'
import { type CellCentres, cellCentres } from './cellCentres.ts'
import { allRows, chosenRows } from './cellRows.ts'
import { feasiblePoint } from './feasiblePoint.ts'
import { type Group, groupOperator, layOut } from './groups.ts'
import {
  correctorDirections,
  correctorMultipliers,
  curvatureBlocks,
  type HalfSpaces,
  halfSpaceComplementarity,
  halfSpaces,
  moveHalfSpaces,
  predictorDirections,
  predictorMultipliers,
  unitRows,
} from './halfSpaces.ts'
import { gatherSlots, systemByFeatures, systemBySamples } from './newtonSystem.ts'
import {
  addConeBlocks,
  addConeSide,
  coneComplementarity,
  coneDirections,
  coneStep,
  correctorSide,
  moveCones,
  normCones,
  predictorSide,
  scaleCones,
} from './normCones.ts'
import type { Program } from './program.ts'
import { factorBlock, packedSize, solveBlock, traceBlock } from './smallBlocks.ts'
import { smoothedDerivatives } from './smoothedLoss.ts'
import { probabilities } from './softmax.ts'

/** Up to this n the softmax is eliminated exactly; beyond, tall data use a diagonal above its Hessian. */
const COUPLED_LIMIT = 1000
/** ν of the smoothed losses, as a part of the mean complementarity. */
const SMOOTHING = 10
/** Least ratio of one ν to the one before. */
const SMOOTHING_FALL = 0.1
/** Groups this much shorter than the longest may go: neighbouring cells share their optimal rays. */
const SPARSE = 1e-4
/** Relative gap from which on they are tried without. */
const THINNED = 1e-2
/** Dual violations below this part of β are rounding, mended one group at a time. */
const LAST_DIGITS = 1e-4
/** Halvings of a step at most. */
const HALVINGS = 6
/** Share of the way to the boundary. */
const TO_BOUNDARY = 0.99
/** Bound of a group at the start, in units of (spread of the target)/(length of a row)/√(G/50); insensitive. */
const START = 0.3
/** Added to the diagonal of H_g, relative to its trace; keeps the last iterations alive. */
const RIDGE = 1e-13

/**
 * Steps of the path over the groups of `list` (ordered by output) alone; x is in the variable of the whole program, bounds
 * hold for the program restricted to `list`. `tolerance` is the relative gap aimed at: it decides what counts as sparse.
 */
export function* centralPath(program: Program, list: readonly Group[], tolerance: number): Generator<Step, void, void> {
  const region = program.operator.compute.region()
  try {
    yield* run(program, list, tolerance, region)
  } finally {
    region.dispose()
  }
}

function* run(
  { operator, loss, beta, cones, gates, groups: all }: Program,
  list: readonly Group[],
  tolerance: number,
  region: Region,
): Generator<Step, void, void> {
  const { masks, compute } = operator
  const { outputs } = loss
  const [n, d] = [operator.x.rows, operator.x.cols]
  const x: Dense = dense(n, d, region.own(operator.x.data))
  const groups = layOut(list, outputs, masks, region)
  const [G, q] = [list.length, packedSize(d)]
  const A = groupOperator(groups, x, compute, region)

  // The zero network: a first point, the scale of everything, and a first bound.
  const best = { x: new Float64Array(all.length * d), objective: 0, active: 0 }
  const trial = new Float64Array(all.length * d)
  const projector = cones ? cellProjector(x) : null
  const negated = new Float64Array(d)
  const moved = new Float64Array(n * outputs)
  const trialFit = new Float64Array(n * outputs)
  const samples = new Float64Array(n * outputs)
  const projected = new Float64Array(n * outputs)
  const projectedFit = region.float64(n * outputs)
  let bound = -Infinity
  const dualPoint = new Float64Array(n * outputs)
  const fit = region.float64(n * outputs)
  const slope = region.float64(n * outputs)
  const xi = region.float64(n * outputs)
  const bySample = new Float64Array(n * outputs)
  const sampleCurvature = new Float64Array(n * outputs)
  const curvature = region.float64(n * outputs)
  const correlations = region.float64(G * d)
  const extra = region.float64(G * d)
  const slopeCorrelations = region.float64(G * d)
  best.objective = gradientAt(fit)
  offerBound(slope)
  const step = (phase: string): Step => ({
    x: best.x,
    objective: best.objective,
    bound,
    dualPoint: bound > -Infinity ? dualPoint : null,
    active: best.active,
    phase,
  })
  yield step('start')

  const spread = Math.sqrt((2 * best.objective) / n) || 1
  let energy = 0
  for (let i = 0; i < x.data.length; i++) energy += x.data[i] * x.data[i]
  const size = (START * spread) / (Math.sqrt(energy / n) || 1) / Math.max(Math.sqrt(G / 50), 1)
  const c = normCones(G, d, beta)
  c.t.fill(size)
  const rows = unitRows(x, region)
  let cells: CellCentres | null = null
  let h: HalfSpaces | null = null
  // Most half-spaces are implied by about d of them: together they count d norm cones, or they would bend the path away.
  const share = d
  if (cones) {
    const used = [...new Set(list.map(group => group.pattern))]
    const inUse = selectMasks(masks, used)
    const search = cellCentres(inUse, rows.unit, rows.index, d, gates && rowsOf(gates, used), compute, region)
    let next = search.next()
    for (; !next.done; next = search.next()) yield step('centre')
    const { bounds } = next.value
    const place = new Map(used.map((pattern, at) => [pattern, at]))
    const found = spreadCentres(next.value, used, masks.patterns, d)
    cells = found
    const length = size * Math.sqrt(share / (share + 1))
    list.forEach(({ pattern }, g) => {
      for (let j = 0; j < d; j++) c.u[g * d + j] = length * found.points[pattern * d + j]
    })
    const bounding = bounds
      ? chosenRows(
          list.map(({ pattern }) => bounds[place.get(pattern) as number]),
          rows.unit,
          d,
        )
      : allRows(G, rows.unit, d, compute, region)
    const inside = (group: Group) => found.inside[group.pattern] === 1
    const begin = { u: c.u, inside, offset: size, product: (beta * size) / (share + 1), share }
    h = halfSpaces(list, masks, bounding, rows.index, begin, region)
    h.rows.addTransposed(h.alpha, -1, c.z)
  }
  for (let g = 0; g < G; g++) {
    let square = 0
    for (let j = g * d; j < (g + 1) * d; j++) square += c.z[j] * c.z[j]
    const scale = Math.min(1, (0.99 * beta) / Math.sqrt(square))
    if (scale < 1) for (let j = g * d; j < (g + 1) * d; j++) c.z[j] *= scale
  }
  const degree = G * (h ? 1 + share : 1)
  const side = Math.max(...groups.blocks.map(block => block.slots)) * d
  const coupled = loss.name === 'multinomial' && (side >= n || n <= COUPLED_LIMIT)
  const pi = coupled ? new Float64Array(n * outputs) : null
  const system =
    side < n && !coupled
      ? systemByFeatures(x, groups.blocks, groups.slot, compute, region)
      : systemBySamples(x, groups.blocks, groups.slot, compute, region)
  const blocks = region.float64(G * q)
  const base = new Float64Array(G * d)
  const rhs = region.float64(G * d)
  const solved = region.float64(G * d)
  const slots = region.float64(groups.blocks.reduce((sum, block) => sum + block.slots, 0) * d)
  const shift = region.float64(n * outputs)

  let nu = 0
  for (;;) {
    // Where we are.
    A.apply(c.u, fit)
    const mu = (coneComplementarity(c, 0) + (h ? halfSpaceComplementarity(h) : 0)) / degree
    // Rounding follows the path, but not faster than Newton's method can: a kink that tightens at once throws it off.
    nu = Math.max(SMOOTHING * mu, SMOOTHING_FALL * nu)
    smoothedDerivatives(loss, toSamples(fit), nu, bySample, sampleCurvature)
    toOutputs(bySample, slope)
    toOutputs(sampleCurvature, curvature)
    if (pi) {
      probabilities(loss, slope, pi)
      for (let i = 0; i < curvature.length; i++)
        curvature[i] = pi[i] * (loss.weights === null ? 1 : loss.weights[i % n])
    }
    A.applyT(slope, slopeCorrelations)
    extra.fill(0)
    if (h) h.rows.addTransposed(h.alpha, -1, extra)
    for (let j = 0; j < extra.length; j++) {
      base[j] = c.z[j] - slopeCorrelations[j] - extra[j]
    }

    if (!(mu > 0)) return
    // What is certain.
    offerBound(xi)
    offerPoint()
    yield step('newton')

    // H_g and the reduced system.
    scaleCones(c)
    if (h) curvatureBlocks(h, blocks)
    else blocks.fill(0)
    addConeBlocks(c, blocks)
    for (let g = 0; g < G; g++) {
      const ridge = RIDGE * traceBlock(blocks, g * q, d)
      for (let a = 0; a < d; a++) blocks[g * q + (a * (a + 1)) / 2 + a] += ridge
      factorBlock(blocks, g * q, d, ridge)
    }
    try {
      for (const _ of system.factor(blocks, curvature, pi)) yield step('factor')
    } catch (error) {
      // No digits left to go on with: the best point so far stands.
      if (error instanceof DomainError) return
      throw error
    }

    // Predictor.
    predictorSide(c)
    direction(h ? predictorMultipliers(h) : null)
    let reach = 1
    let after = 0
    if (h) {
      const r = predictorDirections(h, c.du)
      reach = Math.min(r.lowest < -1 ? -1 / r.lowest : 1, 1 / (1 + r.highest))
      reach = coneStep(c, reach)
      after = (1 - reach) * r.product - reach * reach * r.bend
    } else reach = coneStep(c, 1)
    after += coneComplementarity(c, reach)
    // A product, not a power: engines disagree on the last bit of `**`.
    const share = Math.min(1, Math.max(0, after / degree / mu))
    const target = mu * share * share * share

    // Corrector.
    correctorSide(c, target)
    direction(h ? correctorMultipliers(h, target) : null)
    let move = 1 / TO_BOUNDARY
    if (h) {
      const lowest = correctorDirections(h, c.du, target)
      if (lowest < 0) move = Math.min(move, -1 / lowest)
    }
    move = Math.min(1, TO_BOUNDARY * coneStep(c, move))
    if (loss.name !== 'squared') move = tamed(move, mu)
    moveCones(c, move)
    if (h) moveHalfSpaces(h, move)
    for (let i = 0; i < xi.length; i++) xi[i] += move * (shift[i] + slope[i] - xi[i])
  }

  /** Output-major → sample-major (a live buffer; the vector itself for one output). */
  function toSamples(v: Float64Array): Float64Array {
    if (outputs === 1) return v
    for (let k = 0; k < outputs; k++) for (let i = 0; i < n; i++) samples[i * outputs + k] = v[k * n + i]
    return samples
  }

  function toOutputs(v: Float64Array, out: Float64Array): void {
    for (let k = 0; k < outputs; k++) for (let i = 0; i < n; i++) out[k * n + i] = v[i * outputs + k]
  }

  /** slope ← ∇L(f), output-major; returns L(f). */
  function gradientAt(f: Float64Array): number {
    const point = toSamples(f)
    const value = loss.value(point)
    loss.gradient(point, bySample)
    toOutputs(bySample, slope)
    return value
  }

  /**
   * Halves the step while the curvature it was built on does not hold: until ‖∇L(f) − ξ‖ has not grown, or what it can
   * still cost, |∇L(f) − ξ|ᵀ|df|, is below the complementarity.
   */
  function tamed(move: number, mu: number): number {
    A.apply(c.du, trialFit)
    let before = 0
    for (let i = 0; i < xi.length; i++) before += (slope[i] - xi[i]) ** 2
    for (let halvings = 0; halvings < HALVINGS; halvings++, move /= 2) {
      for (let i = 0; i < fit.length; i++) moved[i] = fit[i] + move * trialFit[i]
      smoothedDerivatives(loss, toSamples(moved), nu, bySample, sampleCurvature)
      toOutputs(bySample, moved)
      let after = 0
      let cost = 0
      for (let i = 0; i < xi.length; i++) {
        const residual = moved[i] - xi[i] - move * (shift[i] + slope[i] - xi[i])
        after += residual * residual
        cost += Math.abs(residual * move * trialFit[i])
      }
      if (after <= before || cost <= degree * mu) break
    }
    return move
  }

  /** du, dt, dz and `shift` = dξ − (∇L − ξ) for the right-hand side set up in `c` and the multipliers' part. */
  function direction(multipliers: Float64Array | null): void {
    rhs.set(base)
    addConeSide(c, rhs)
    if (h && multipliers) h.rows.addTransposed(multipliers, 1, rhs)
    solved.set(rhs)
    gatherSlots(groups.blocks, groups.slot, groups.sign, d, blocks, solved, slots)
    system.solve(slots, shift)
    A.applyT(shift, solved)
    for (let j = 0; j < rhs.length; j++) c.du[j] = rhs[j] - solved[j]
    for (let g = 0; g < G; g++) solveBlock(blocks, g * q, d, c.du, g * d)
    coneDirections(c)
  }

  /** Best bound on the ray of the point of dom L* next to `theta`; `extra` holds −K_gᵀα_g. */
  function offerBound(theta: Float64Array): void {
    const point = loss.project(toSamples(theta), projected)
    toOutputs(point, projectedFit)
    A.applyT(projectedFit, correlations)
    for (let j = 0; j < extra.length; j++) correlations[j] += extra[j]
    const lengths = groupNorms(correlations, d)
    let widest = max(lengths)
    if (projector && widest > beta && widest < beta * (1 + LAST_DIGITS)) {
      // Rounding in α, not a violation: α anew, for the groups it spoils.
      list.forEach(({ pattern }, g) => {
        if (lengths[g] <= beta) return
        const q = negated.map((_, j) => extra[g * d + j] - correlations[g * d + j])
        lengths[g] = Math.min(lengths[g], projector.project(masks, pattern, q, { enough: beta }))
      })
      widest = max(lengths)
    }
    const candidate = bestScale(loss, point, widest > 0 ? beta / widest : Infinity)
    if (!(candidate.bound > bound)) return
    bound = candidate.bound
    for (let i = 0; i < point.length; i++) dualPoint[i] = candidate.scale * point[i]
  }

  /** Values the sparse and the full feasible point; takes the sparse one when that costs next to nothing. */
  function offerPoint(): void {
    const full = valueAt(0)
    // Far from the end nobody asks for a sparse point.
    const near = full.objective - bound <= Math.max(THINNED, 10 * tolerance) * Math.abs(full.objective)
    const sparse = near ? valueAt(SPARSE) : full
    const room = Math.max(0.1 * (full.objective - bound), 0.5 * tolerance * Math.abs(full.objective))
    const thin = near && sparse.objective <= full.objective + room
    const chosen = thin ? sparse : full
    if (!(chosen.objective < best.objective)) return
    if (near && !thin) valueAt(0)
    best.x.set(trial)
    best.objective = chosen.objective
    best.active = chosen.active
  }

  /** Leaves the point in `trial`. */
  function valueAt(floor: number): { objective: number; active: number } {
    const { norms, active } = feasiblePoint(list, x, masks, c.u, slopeCorrelations, beta, cells, floor, trial)
    for (let g = 0; g < G; g++) for (let j = 0; j < d; j++) extra[g * d + j] = trial[list[g].home * d + j]
    return { objective: loss.value(toSamples(A.apply(extra, trialFit))) + beta * norms, active }
  }
}

/** The rows of `a` named. */
function rowsOf(a: Dense, index: readonly number[]): Dense {
  const out = dense(index.length, a.cols)
  index.forEach((i, at) => {
    out.data.set(rowOf(a, i), at * a.cols)
  })
  return out
}

/** Centres of the patterns in use, put at the places of their patterns. */
function spreadCentres(found: CellCentres, used: readonly number[], patterns: number, d: number): CellCentres {
  const points = new Float64Array(patterns * d)
  const inside = new Uint8Array(patterns)
  used.forEach((pattern, at) => {
    points.set(found.points.subarray(at * d, (at + 1) * d), pattern * d)
    inside[pattern] = found.inside[at]
  })
  return { ...found, points, inside }
}
