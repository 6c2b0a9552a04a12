/**
 * Exact training for any activation of degree one and pooled rows, over given cells, one output:
 *
 *   min  L(Σ_i F_i (v_i − w_i)) + β Σ (‖v_i‖ + ‖w_i‖),   v_i, w_i ∈ K_i = {u : (2D_i − I) X u ≥ 0},
 *   F_i = S·diag(s₊D_i + s₋(I − D_i))·X,   S the pooling (`cells.ts`).
 *
 * The theorem is that of ReLU (Pilanci and Ergen 2020), whose proof uses only φ(ct) = cφ(t), c ≥ 0. Where s₊ = s₋ φ is linear and one free
 * block suffices; where s₊ = −s₋ a cell and its opposite give the same neurons and one of each pair is kept.
 *
 * Method: column generation. Over the directions found so far the program is a Lasso with z ≥ 0 (`directionLasso.ts`); at its dual point every
 * cell is asked for its best direction, the projection of ±F_iᵀθ, and those that could lower the objective come in. Vectors of one cell and sign are
 * replaced by their sum, which fits alike and is no longer. It ends when no cell has a direction left, at the optimum over all cells given.
 * @module
 */
import {
  cellsWithOwn,
  type HomogeneousNetwork,
  type HomogeneousProgram,
  reluRows,
  reluTheta,
} from '../../certificates/index.ts'
import { UnsupportedError } from '../../errors.ts'
import { bestScale } from '../../losses/bestScale.ts'
import { dense, rowOf } from '../../matrix/dense.ts'
import { leastDistance } from '../../matrix/factor/leastDistance.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { cellProjector } from '../../solvers/coneProjection.ts'
import type { Status } from '../../solvers/solve.ts'
import { breathing } from '../breathing.ts'
import { mergeAtoms } from '../networks/mergeNeurons.ts'
import { type Atom, networkOf } from '../networks/recover.ts'
import { blockOf, featureOf } from './cells.ts'
import { directionLasso } from './directionLasso.ts'

/** A trained network with what its certificate may start from. */
export interface TrainedCells {
  readonly network: HomogeneousNetwork
  /** ∇L over the working set, in sum form. */
  readonly dualPoint: Float64Array
  /** Cells of the working set at the end. */
  readonly cells: number
  readonly rounds: number
  /** Of the best dual point over these cells as the solver sees it, in sum form; `certifyHomogeneous` proves one. */
  readonly bound: number
  readonly status: Status
  /** L + β·½Σ(‖u‖² + v²) of the network. */
  readonly objective: number
}

/** Which blocks may be used, and when to stop. */
export interface TrainCellsOptions {
  /** 'cell:sign' of the blocks that may be used; default all cells with both signs. */
  readonly only?: ReadonlySet<string>
  /** Put every neuron strictly inside its cell, by a step that costs about 1e-7 of the objective, and merge none; default false. */
  readonly inside?: boolean
  /** Relative gap over the given cells; default 1e-6. */
  readonly tolerance?: number
  readonly signal?: AbortSignal
  readonly maxTime?: number
}

/** A direction with what it gives on the data: sign·share Σ φ(m·u). */
interface Direction {
  readonly cell: number
  readonly sign: 1 | -1
  /** ‖u‖ = 1. */
  readonly u: Float64Array
  readonly fit: Float64Array
}

/** Directions that enter at once. */
const ENTER = 12
const ROUNDS = 300

/**
 * Trains over the cells of `masks` (patterns over the rows of `reluRows`; not read where φ is linear).
 *
 * Cost a round: n·d·P flops for the prices, a projection for each cell that may matter, and least squares in a few dozen unknowns.
 *
 * @throws UnsupportedError for several outputs, a constant, a linear way or hidden biases that cost nothing.
 */
export async function trainCells(
  program: HomogeneousProgram,
  masks: Masks,
  options: TrainCellsOptions = {},
): Promise<TrainedCells> {
  return breathing(cellSteps(program, masks, options), options.signal)
}

/** Rounds of `trainSampled`, and the part of the objective that one must gain. */
const WIDER = 3
const GAIN = 1e-3

/**
 * Trains over sampled cells: a few times with those added in which rounding put neurons, which are on boundaries as a rule and would rather cross; then once
 * more with every neuron well inside its cell, so that no bound over the cells is lost to a pattern outside. The objective is no worse than over the
 * given cells, up to what that last step costs (about 1e-7 of it).
 */
export async function trainSampled(
  program: HomogeneousProgram,
  masks: Masks,
  options: TrainCellsOptions = {},
): Promise<TrainedCells> {
  const began = performance.now()
  const left = () => Math.max((options.maxTime ?? Infinity) - (performance.now() - began) / 1000, 1e-3)
  let cells = masks
  let [rounds, before] = [0, Infinity]
  for (let turn = 0; turn < WIDER; turn++) {
    const found = await trainCells(program, cells, { ...options, maxTime: left() / 2 })
    rounds += found.rounds
    const wider = cellsWithOwn(found.network, program, cells)
    if (wider.patterns === cells.patterns || before - found.objective < GAIN * before) break
    before = found.objective
    cells = wider
  }
  const last = await trainCells(program, cells, { ...options, inside: true, maxTime: left() })
  return { ...last, rounds: rounds + last.rounds }
}

function* cellSteps(
  program: HomogeneousProgram,
  masks: Masks,
  { tolerance = 1e-6, maxTime = Infinity, only, inside = false }: TrainCellsOptions,
): Generator<void, TrainedCells, void> {
  const { loss, beta } = program
  if (loss.outputs !== 1 || program.constant !== 'none' || program.linear !== null || program.freeBias)
    throw new UnsupportedError(
      'trainCells: the program must have one output, no constant or linear way of its own, and penalised hidden biases or none.',
    )
  const began = performance.now()
  const linear = program.slopes.positive === program.slopes.negative
  const price = pricer(program, masks, { cells: linear ? [0] : cellsToTry(program, masks, only), only })
  let directions: Direction[] = []
  let z: Float64Array = new Float64Array(0)
  let fit: Float64Array = new Float64Array(loss.samples)
  let dualPoint = loss.gradient(fit)
  let status: Status = 'stalled'
  let [bound, rounds, best, idle] = [-Infinity, 0, Infinity, 0]
  for (; rounds < ROUNDS; rounds++) {
    yield
    if ((performance.now() - began) / 1000 > maxTime) {
      status = 'max-time'
      break
    }
    const objective = loss.value(fit) + beta * z.reduce((sum, v) => sum + v, 0)
    const priced = price(dualPoint, beta)
    const limit = Math.max(beta, priced[0]?.value ?? 0)
    bound = Math.max(bound, bestScale(loss, dualPoint, beta / limit).bound)
    if (objective - bound <= tolerance * Math.abs(objective)) {
      status = 'solved'
      break
    }
    // A few rounds may bring nothing while directions of one cell turn towards each other; many mean that rounding is reached.
    idle = objective < best * (1 - 1e-15) ? 0 : idle + 1
    best = Math.min(best, objective)
    const fresh = priced.filter(({ value }) => value > beta * (1 + 1e-14)).slice(0, ENTER)
    if (fresh.length === 0 || idle > 5) break
    const joined = joinCells({ directions, z }, program, masks)
    directions = [...joined.directions, ...fresh]
    const start = new Float64Array(directions.length)
    start.set(joined.z)
    z = directionLasso(
      directions.map(each => each.fit),
      { loss, beta, start },
    )
    const keep = directions.map((_, k) => k).filter(k => z[k] > 0)
    directions = keep.map(k => directions[k])
    z = Float64Array.from(keep, k => z[k])
    fit = fitOf(directions, z, loss.samples)
    dualPoint = loss.gradient(fit)
  }
  const joined = joinCells({ directions, z }, program, masks)
  const atoms = joined.directions.map(({ cell, sign, u }, k): Atom => {
    const w = inside ? insideCell(program, masks, { cell, u }) : u
    return { w: w.map(v => joined.z[k] * v), output: 0, sign, gate: null }
  })
  const merged = inside
    ? { network: shapedAs(program, atoms), objective: objectiveOf(program, atoms) }
    : mergedNetwork(program, atoms)
  return {
    network: merged.network,
    objective: merged.objective,
    dualPoint,
    cells: new Set(directions.map(({ cell }) => cell)).size,
    rounds,
    bound,
    status,
  }
}

/** How far into its cell a neuron steps, as a distance from the nearest hyperplane, and the longest step for that. */
const DEPTH = 1e-8
const LONGEST = 1e-6

/** u ∈ K_cell a little towards the point of the cell with the widest margin; u itself where the cell is too thin. */
function insideCell(
  { x }: HomogeneousProgram,
  masks: Masks,
  { cell, u }: { readonly cell: number; readonly u: Float64Array },
): Float64Array {
  const index = Array.from({ length: x.rows }, (_, i) => i).filter(i => norm(rowOf(x, i)) > 0)
  const rows = dense(index.length, x.cols)
  index.forEach((i, at) => {
    const row = rowOf(x, i)
    const scale = (maskBit(masks, cell, i) ? 1 : -1) / norm(row)
    rows.data.set(
      row.map(v => scale * v),
      at * x.cols,
    )
  })
  const widest = leastDistance(rows)
  if (widest === null) return u
  // The widest margin is 1/‖widest.u‖, so a step of DEPTH·‖widest.u‖ along it goes DEPTH deep.
  const length = norm(widest.u)
  const step = Math.min(DEPTH, LONGEST / length)
  return u.map((v, a) => v + step * widest.u[a])
}

/** The network of the atoms, with those of one direction as one where that costs nothing. */
function mergedNetwork(
  program: HomogeneousProgram,
  atoms: readonly Atom[],
): { network: HomogeneousNetwork; objective: number } {
  const plain = { network: shapedAs(program, atoms), objective: objectiveOf(program, atoms) }
  const { atoms: kept, limit } = mergeAtoms(atoms, w => featureOf(program, w), program)
  const objective = objectiveOf(program, kept)
  return objective <= limit * (1 + 1e-12) ? { network: shapedAs(program, kept), objective } : plain
}

function shapedAs({ x }: HomogeneousProgram, atoms: readonly Atom[]): HomogeneousNetwork {
  const { hidden, output } = networkOf('relu', atoms, { features: x.cols, offset: new Float64Array(1) })
  return { hidden, output, constant: new Float64Array(1), linear: null }
}

function objectiveOf(program: HomogeneousProgram, atoms: readonly Atom[]): number {
  const fit = new Float64Array(program.loss.samples)
  for (const { w, sign } of atoms)
    featureOf(program, w).forEach((value, i) => {
      fit[i] += sign * value
    })
  return program.loss.value(fit) + program.beta * atoms.reduce((sum, { w }) => sum + norm(w), 0)
}

function fitOf(directions: readonly Direction[], z: Float64Array, n: number): Float64Array {
  const fit = new Float64Array(n)
  directions.forEach((direction, k) => {
    for (let i = 0; i < n; i++) fit[i] += z[k] * direction.fit[i]
  })
  return fit
}

/** One vector a cell and sign: Σ z u is in the cone too, gives the same fit, and is no longer than Σ z. */
function joinCells(
  { directions, z }: { readonly directions: readonly Direction[]; readonly z: Float64Array },
  program: HomogeneousProgram,
  masks: Masks,
): { directions: Direction[]; z: Float64Array } {
  const groups = new Map<string, { cell: number; sign: 1 | -1; w: Float64Array }>()
  directions.forEach(({ cell, sign, u }, k) => {
    const name = `${cell}:${sign}`
    const group = groups.get(name) ?? { cell, sign, w: new Float64Array(u.length) }
    for (let a = 0; a < u.length; a++) group.w[a] += z[k] * u[a]
    groups.set(name, group)
  })
  const kept = [...groups.values()].filter(({ w }) => norm(w) > 0)
  return {
    directions: kept.map(({ cell, sign, w }) => directionOf(program, masks, { cell, sign, w })),
    z: Float64Array.from(kept, ({ w }) => norm(w)),
  }
}

function directionOf(
  program: HomogeneousProgram,
  masks: Masks,
  { cell, sign, w }: { readonly cell: number; readonly sign: 1 | -1; readonly w: Float64Array },
): Direction {
  const length = norm(w)
  const u = w.map(v => v / length)
  const block = blockOf(program, masks, cell)
  const fit = Float64Array.from({ length: block.rows }, (_, i) => sign * dot(rowOf(block, i), u))
  return { cell, sign, u, fit }
}

/** All cells, or one of each opposite pair that is there, where φ is even up to sign. */
function cellsToTry({ slopes, x }: HomogeneousProgram, masks: Masks, only?: ReadonlySet<string>): number[] {
  const all = Array.from({ length: masks.patterns }, (_, k) => k)
  if (slopes.positive !== -slopes.negative || only !== undefined) return all
  const first = Array.from({ length: x.rows }, (_, i) => i).find(i => norm(rowOf(x, i)) > 0) ?? 0
  const name = (k: number, on: boolean) =>
    Array.from({ length: x.rows }, (_, i) => (maskBit(masks, k, i) === on ? 1 : 0)).join('')
  const kept = new Set(all.filter(k => maskBit(masks, k, first)).map(k => name(k, true)))
  return all.filter(k => maskBit(masks, k, first) || !kept.has(name(k, false)))
}

/** The best direction of each cell and sign, with ‖Π_K(±F_kᵀ(−θ))‖ where that is above β; the largest first. */
function pricer(
  program: HomogeneousProgram,
  masks: Masks,
  { cells, only }: { readonly cells: readonly number[]; readonly only: ReadonlySet<string> | undefined },
) {
  const { slopes, pooling } = program
  const stacked = reluRows(program).rows
  const projector = cellProjector(stacked)
  const linear = slopes.positive === slopes.negative
  const d = program.x.cols
  return (theta: Float64Array, beta: number): (Direction & { readonly value: number })[] => {
    const tau = reluTheta(slopes, theta, pooling)
    const found: { cell: number; sign: 1 | -1; w: Float64Array; value: number }[] = []
    const q = new Float64Array(d)
    for (const cell of cells) {
      q.fill(0)
      for (let r = 0; r < stacked.rows; r++)
        if (tau[r] !== 0 && (linear ? r < program.x.rows : maskBit(masks, cell, r)))
          for (let a = 0; a < d; a++) q[a] -= tau[r] * stacked.data[r * d + a]
      if (norm(q) <= beta) continue
      for (const sign of linear ? ([1] as const) : ([1, -1] as const)) {
        if (only !== undefined && !only.has(`${cell}:${sign}`)) continue
        const toward = q.map(v => sign * v)
        const value = linear ? norm(q) : projector.project(masks, cell, toward, { enough: beta })
        if (value > beta) found.push({ cell, sign, w: linear ? toward : projector.point.slice(), value })
      }
    }
    found.sort((a, b) => b.value - a.value || a.cell - b.cell)
    // Neighbouring cells share their best direction: one of them is enough.
    const kept: (Direction & { readonly value: number })[] = []
    for (const each of found) {
      const direction = directionOf(program, masks, each)
      const twin = (other: Direction) => other.sign === each.sign && dot(other.u, direction.u) > 1 - 1e-12
      if (!kept.some(twin)) kept.push({ ...direction, value: each.value })
      if (kept.length >= ENTER) break
    }
    return kept
  }
}
