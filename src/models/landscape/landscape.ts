/**
 * Where a trained network stands: stationary points as optima of subsampled convex programs.
 *
 * Restrict the convex program to the cells in which the network's neurons lie, with the signs they have. At a directionally stationary point
 * (every local minimum is one) the network is an optimum of that program: its own optimality conditions are those of its blocks. So a gap between
 * the two shows that the point is no local minimum, and the gap to the program over all cells is what being stuck costs.
 *
 * Numbered notes. (1) The statement is false for Clarke-stationary points: on a kink across which the objective is concave a subgradient
 * strictly between the slopes may vanish where both sides descend. X = [[0, 1], [1, −1]], y = (1, 1.1), beta = 0.1, one neuron u = (1, 0), v = 1
 * is one: objective 0.605 against 0.5753 and 0.2197 over its two cells. Such kinks are listed (`audit/stationarity.ts`). (2) A neuron on kinks
 * lies in several closed cells; the one is taken whose best direction is worth least, since at a stationary point that is the neuron itself.
 * Source: Y. Wang, J. Lacotte, M. Pilanci, "The Hidden Convex Optimization Landscape of Regularized Two-Layer ReLU Networks", 2022.
 * @module
 */
import {
  type Certificate,
  certifyHomogeneous,
  type HomogeneousProgram,
  homogeneousOracles,
  overReluRows,
  reluRows,
  reluTheta,
} from '../../certificates/index.ts'
import { DomainError, UnsupportedError } from '../../errors.ts'
import type { LossName } from '../../losses/index.ts'
import { rowOf } from '../../matrix/dense.ts'
import { type Masks, masks, setMaskBit } from '../../matrix/masks.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, key } from '../../random/index.ts'
import { cellProjector } from '../../solvers/coneProjection.ts'
import type { ForeignNetwork } from '../audit/foreign.ts'
import { balanced } from '../audit/improve.ts'
import { type MissingNeuron, missingNeuron } from '../audit/missingNeuron.ts'
import { type AuditData, type Conventions, type Measured, measure, preActivation } from '../audit/program.ts'
import { type ConcaveKink, nearestLambda, stationarity } from '../audit/stationarity.ts'
import { betaOf } from '../lambda.ts'
import { cellBound, enumeratePatterns, rankUpTo } from '../networks/patterns/enumeratePatterns.ts'
import { trainCells } from './trainCells.ts'

/** What the network was trained for, and when two values count as one. */
export interface LandscapeOptions {
  readonly loss?: LossName
  readonly delta?: number
  /** Weight of the penalty in mean form, > 0. Default: where the network is nearest to stationary. */
  readonly lambda?: number
  /** Of the comparison, relative; default 1e-6. */
  readonly tolerance?: number
  /** |x·w| ≤ this·‖x‖‖w‖ is a kink; default 1e-6 (1e-4 for weights in single precision). */
  readonly kinkTolerance?: number
  /** Of the hidden biases, as in the audit; the output bias is held where it is. */
  readonly hiddenBias?: Conventions['hiddenBias']
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** All values in mean form. */
export interface Landscape {
  readonly lambda: number
  /** How lambda was found when it was not given: what is left of the stationarity of the output weights, as a part. */
  readonly guessed: { readonly spread: number } | null
  /** Of the network, balanced (each neuron's two weights rescaled to equal length). */
  readonly netValue: number
  /** Optimum over the network's own cells and signs. */
  readonly restrictedValue: number
  /** Whether the two agree: then the network is an optimum of its own subsampled program. */
  readonly isSubprogramOptimum: boolean
  /** Optimum over all cells, where they are few enough to be listed; else null. */
  readonly globalValue: number | null
  /** Of the column generations. */
  readonly rounds: number
  /** Distinct cells and signs of the network. */
  readonly cells: number
  /** Rows on kinks, over all neurons. */
  readonly kinks: number
  /** Kinks where stationarity is Clarke's only. */
  readonly concaveKinks: readonly ConcaveKink[]
  /** Length of the shortest subgradient, over lambda times that of the weights. */
  readonly stationarity: number
  /** Of the balanced network over every width. */
  readonly certificate: Certificate
  /** A neuron that would lower the objective: where the network is stuck. */
  readonly violatedDirection: MissingNeuron | null
  readonly subject: string
  readonly measured: Measured
  readonly notes: readonly string[]
}

/** Cells tried for a neuron on kinks are at most 2 to this power. */
const MOST_KINKS = 10
/** All cells are listed up to this many (rank ≤ 3). */
const MOST_CELLS = 4000

/**
 * The report of a network over the rows it was trained on.
 *
 * @throws ShapeError, DomainError, UnsupportedError as the audit's `measure`; UnsupportedError for several outputs, a linear way, free hidden
 *   biases.
 */
export async function landscape(
  foreign: ForeignNetwork,
  data: AuditData,
  options: LandscapeOptions,
): Promise<Landscape> {
  const { loss: name = 'squared', tolerance = 1e-6, seed = 0, signal, delta, hiddenBias } = options
  const measured = measure(foreign, data, {
    loss: name,
    outputBias: 'fixed',
    ...(delta !== undefined && { delta }),
    ...(hiddenBias !== undefined && { hiddenBias }),
  })
  if (measured.loss.outputs !== 1 || foreign.skip !== null || measured.freeBias)
    throw new UnsupportedError(
      'landscape: the network must have one output, no linear way around its hidden layer and penalised hidden biases, or none. Use audit for others.',
    )
  const nearest = options.lambda === undefined ? nearestLambda(measured, measured.program(1)) : null
  const lambda = options.lambda ?? nearest?.lambda ?? Number.NaN
  if (!(lambda > 0 && lambda < Infinity))
    throw new DomainError(
      nearest === null
        ? `landscape: lambda must be a positive number; got ${lambda}.`
        : 'landscape: no positive lambda makes this network nearly stationary. Give the lambda of the training.',
      'E_LAMBDA',
    )
  const kinkTolerance = options.kinkTolerance ?? (foreign.single ? 1e-4 : 1e-6)
  const program = measured.program(lambda)
  const { x, loss } = program
  const [n, beta] = [x.rows, betaOf(lambda, x.rows)]
  const state = stationarity(measured, program, kinkTolerance)
  const own = cellsOf(measured, program, kinkTolerance)
  const trained = await trainCells(program, own.masks, {
    tolerance: Math.min(1e-9, tolerance / 10),
    only: own.blocks,
    ...(signal && { signal }),
  })
  const lengths = (w: Measured['network']) =>
    Array.from({ length: w.hidden.rows }, (_, j) => norm(rowOf(w.hidden, j)) * Math.abs(w.output.data[j]))
  const sum = (values: readonly number[]) => values.reduce((total, v) => total + v, 0)
  const netValue = (loss.value(measured.fit) + beta * sum(lengths(measured.network))) / n
  const restrictedValue = trained.objective / n
  const oracles = homogeneousOracles(program)
  const rows = reluRows(program).rows
  const few = cellBound(x.rows, rankUpTo(x, 3)) <= MOST_CELLS && rankUpTo(x, 3) <= 3
  const whole = few
    ? await trainCells(program, enumeratePatterns(rows).masks, {
        tolerance: Math.min(1e-8, tolerance / 10),
        ...(signal && { signal }),
      })
    : null
  const certificate = certifyHomogeneous(balanced(measured.network, false), program, {
    candidates: [trained.dualPoint, ...(whole === null ? [] : [whole.dualPoint])],
    subject: measured.subject,
    oracles,
  })
  const { best } = missingNeuron(measured, program, { oracle: oracles[0], key: fold(key(seed), 'landscape') })
  return {
    lambda,
    guessed: nearest && { spread: nearest.spread },
    netValue,
    restrictedValue,
    isSubprogramOptimum: Math.abs(netValue - restrictedValue) <= tolerance * Math.abs(netValue),
    globalValue: whole === null ? null : whole.objective / n,
    rounds: trained.rounds + (whole?.rounds ?? 0),
    cells: own.blocks.size,
    kinks: state.neurons.reduce((total, { kinks }) => total + kinks, 0),
    concaveKinks: state.concaveKinks,
    stationarity: state.relative,
    certificate,
    violatedDirection: best,
    subject: measured.subject,
    measured,
    notes: measured.notes,
  }
}

/** The cells of the neurons, and 'cell:sign' of each. */
function cellsOf(
  measured: Measured,
  program: HomogeneousProgram,
  kinkTolerance: number,
): { masks: Masks; blocks: Set<string> } {
  const { network, loss, fit } = measured
  const { x, slopes } = program
  const stacked = reluRows(program).rows
  const tau = reluTheta(slopes, loss.gradient(fit))
  const projector = cellProjector(stacked)
  const found = new Map<string, { bits: Uint8Array; signs: Set<number> }>()
  for (let j = 0; j < network.hidden.rows; j++) {
    const v = network.output.data[j]
    const w = rowOf(network.hidden, j)
    const length = norm(w)
    if (v === 0 || length === 0) continue
    const t = preActivation(network, j, x)
    const onKink = [...t.keys()].filter(i => Math.abs(t[i]) <= kinkTolerance * norm(rowOf(x, i)) * length)
    const base = Uint8Array.from(t, value => (value > 0 ? 1 : 0))
    const chosen = onKink.length > MOST_KINKS ? base : leastCell(base, onKink)
    const name = chosen.join('')
    const entry = found.get(name) ?? { bits: chosen, signs: new Set<number>() }
    entry.signs.add(Math.sign(v))
    found.set(name, entry)

    /** Of the cells around the neuron, that in which ±τ is worth least. */
    function leastCell(bits: Uint8Array, kinks: readonly number[]): Uint8Array {
      let [best, least] = [bits, Infinity]
      for (let choice = 0; choice < 1 << kinks.length; choice++) {
        const trial = bits.slice()
        kinks.forEach((i, at) => {
          trial[i] = (choice >> at) & 1
        })
        const pattern = maskOf([trial], x.rows, stacked.rows)
        const q = new Float64Array(x.cols)
        for (let r = 0; r < stacked.rows; r++) {
          const on = r < x.rows ? trial[r] === 1 : trial[r - x.rows] === 0
          if (on) for (let a = 0; a < x.cols; a++) q[a] -= Math.sign(v) * tau[r] * stacked.data[r * x.cols + a]
        }
        const value = projector.project(pattern, 0, q)
        if (value < least * (1 - 1e-12)) [best, least] = [trial, value]
      }
      return best
    }
  }
  const entries = [...found.values()]
  const all = maskOf(
    entries.map(({ bits }) => bits),
    x.rows,
    stacked.rows,
  )
  const blocks = new Set<string>()
  entries.forEach(({ signs }, k) => {
    for (const sign of signs) blocks.add(`${k}:${sign}`)
  })
  return { masks: all, blocks }
}

/** Patterns over X as patterns over X̃, one a list of bits. */
function maskOf(bits: readonly Uint8Array[], samples: number, rows: number): Masks {
  const given = masks(bits.length, samples)
  bits.forEach((pattern, k) => {
    pattern.forEach((bit, i) => {
      if (bit === 1) setMaskBit(given, k, i)
    })
  })
  return overReluRows(given, rows)
}
