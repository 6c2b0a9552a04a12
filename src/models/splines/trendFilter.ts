/**
 * Training a one-dimensional ReLU network with free biases, as a regression spline:
 *
 *   minimise over piecewise linear f      L(f) + β R(f),      R = ½ (T + max(T, |s_0 + s_K|)) = T + max(0, s_0 − T₋, −s_0 − T₊),
 *
 * T = T₊ + T₋ the sums of rising and falling kinks, s_0 the first slope. Kinks at data points suffice, since |Σθ_i (x_i − a)₊| is
 * piecewise linear in a. The method is an active set over kinks:
 *
 *   θ = ∇L(f); the constraints |G_k| ≤ β, |G_k − G_0| ≤ β with G_k = Σθ_i (x_i − x_k)₊ in one sweep; the largest violations become
 *   nodes; with the nodes, the signs of their kinks and one of five regimes of the last term, the penalty is linear, and a Newton
 *   step is one tridiagonal system in the values at the nodes; a kink that would change its sign is dropped where it vanishes.
 *
 * Everything is O(n) a step after sorting. Values at nodes, not hinge coefficients, are the unknowns: the Gram matrix of hinges has the
 * condition of the fourth power of their number, that of the hats is a mass matrix. Points closer than 1e-9 of the range share a node.
 * @module
 */
import { bestScale } from '../../losses/bestScale.ts'
import type { Loss } from '../../losses/loss.ts'
import { dot } from '../../matrix/vector.ts'
import { type Pieces, slopesOf } from './pieces.ts'
import { solveTridiagonal } from './tridiagonal.ts'

/** Sorted data with their distinct places. */
export interface Line {
  /** x ∈ R^n, ascending; the loss is bound in this order. */
  readonly x: Float64Array
  /** The distinct values of x that may be nodes, ascending. */
  readonly places: Float64Array
  readonly loss: Loss
  readonly beta: number
}

export interface Filtered {
  readonly pieces: Pieces
  readonly iterations: number
  readonly converged: boolean
  /** ∇L at the fit. */
  readonly dualPoint: Float64Array
}

/** −: s_0 = −T₊ or below it; 0: between; +: T₋ or above it. 'held' regimes keep the equality. */
type Regime = 'free' | 'held+' | 'held-' | 'beyond+' | 'beyond-'

interface State {
  /** Places of the nodes, first and last included. */
  nodes: number[]
  values: Float64Array
  /** Sign of the kink at each node, 0 at the two ends. */
  signs: number[]
  /** Kinks, tracked along the steps so that one dropped is exactly 0. */
  jumps: Float64Array
  regime: Regime
}

const CURVATURE_FLOOR = 1e-8
/** A multiplier outside its range by this part of β is taken for rounding. */
const RELEASE = 1e-12
/** Kinks that enter at once: as many, or this part of those there. */
const ENTER = { least: 12, part: 0.5 }

/** The distinct values of ascending x, at least 1e-9 of the range apart (the first and the last are always among them). */
export function placesOf(x: Float64Array): Float64Array {
  const [first, last] = [x[0], x[x.length - 1]]
  const apart = 1e-9 * (last - first)
  const out: number[] = [first]
  for (const v of x) if (v - out[out.length - 1] > apart && last - v > apart) out.push(v)
  if (last > first) out.push(last)
  return Float64Array.from(out)
}

/**
 * Runs to a relative gap of `tolerance` (by the bound of this file; the certificate is computed apart); yields once a step.
 *
 * @param start pieces on places of this line to begin from (a neighbour on a path); default a constant.
 */
export function* trendFilter(
  line: Line,
  { tolerance, maxIterations, start }: { tolerance: number; maxIterations: number; start?: Pieces | undefined },
): Generator<void, Filtered, void> {
  const { x, places, loss, beta } = line
  const state = start === undefined ? flat(places) : stateOf(start, places)
  let fit = fitOf(state, line)
  let dualPoint: Float64Array = new Float64Array(x.length)
  let iterations = 0
  let converged = false
  let [bound, lowest, rounds] = [-Infinity, Infinity, 0]
  let before = Infinity
  while (iterations < maxIterations) {
    iterations++
    yield
    const objective = loss.value(fit) + beta * penaltyOf(state, places)
    const step = newtonStep(state, loss.gradient(fit), loss.curvature(fit), line)
    const small = step.decrement <= Math.max(1e-4 * tolerance * tolerance * Math.abs(objective), 1e-300)
    // A whole step that no longer shrinks the decrement has met the rounding.
    if (!small && step.decrement < before / 4) {
      const moved = move(state, step, { fit, objective }, line)
      fit = moved.fit
      before = moved.whole ? step.decrement : Infinity
      continue
    }
    before = Infinity
    if (release(state, step.multiplier, beta)) continue
    dualPoint = centred(fit, loss)
    const sweep = correlations(x, places, dualPoint)
    bound = Math.max(bound, bestScale(loss, dualPoint, sweep.norm > 0 ? beta / sweep.norm : Infinity).bound)
    if (objective - bound <= tolerance * Math.abs(objective)) {
      converged = true
      break
    }
    // What enters must bring something within a few rounds.
    rounds = objective < lowest * (1 - 1e-15) ? 0 : rounds + 1
    lowest = Math.min(lowest, objective)
    if (rounds >= 5 || enter(state, sweep.right, line) === 0) break
  }
  return {
    pieces: { nodes: Float64Array.from(state.nodes, k => places[k]), values: state.values },
    iterations,
    converged,
    dualPoint,
  }
}

function flat(places: Float64Array): State {
  const ends = places.length > 1 ? [0, places.length - 1] : [0]
  return {
    nodes: ends,
    values: new Float64Array(ends.length),
    signs: ends.map(() => 0),
    jumps: new Float64Array(ends.length),
    regime: 'held+',
  }
}

function stateOf(pieces: Pieces, places: Float64Array): State {
  let at = 0
  const nodes = Array.from(pieces.nodes, node => {
    while (at < places.length - 1 && places[at] < node) at++
    return at
  })
  const values = pieces.values.slice()
  const jumps = jumpsAt(nodes, values, places)
  const state: State = { nodes, values, signs: Array.from(jumps, Math.sign), jumps, regime: 'free' }
  const { first, up, fall } = freedom(state, places)
  state.regime = first > fall ? 'beyond+' : first < -up ? 'beyond-' : 'free'
  return state
}

/** The state's values on all samples. */
function fitOf({ nodes, values }: State, { x, places }: Line): Float64Array {
  const fit = new Float64Array(x.length)
  if (nodes.length === 1) return fit.fill(values[0])
  let j = 0
  for (let i = 0; i < x.length; i++) {
    while (j + 2 < nodes.length && x[i] >= places[nodes[j + 1]]) j++
    const [a, b] = [places[nodes[j]], places[nodes[j + 1]]]
    const t = (x[i] - a) / (b - a)
    fit[i] = (1 - t) * values[j] + t * values[j + 1]
  }
  return fit
}

function jumpsAt(nodes: readonly number[], values: Float64Array, places: Float64Array): Float64Array {
  const s = slopesOf({ nodes: Float64Array.from(nodes, k => places[k]), values })
  const jumps = new Float64Array(nodes.length)
  for (let k = 1; k + 1 < nodes.length; k++) jumps[k] = s[k] - s[k - 1]
  return jumps
}

/** s_0, T₊ and T₋. */
function freedom({ nodes, values, jumps }: State, places: Float64Array): { first: number; up: number; fall: number } {
  let [up, fall] = [0, 0]
  for (const jump of jumps) {
    if (jump > 0) up += jump
    else fall -= jump
  }
  const first = nodes.length < 2 ? 0 : (values[1] - values[0]) / (places[nodes[1]] - places[nodes[0]])
  return { first, up, fall }
}

/** R(f), by the tracked kinks. */
function penaltyOf(state: State, places: Float64Array): number {
  const { first, up, fall } = freedom(state, places)
  return up + fall + Math.max(0, first - fall, -first - up)
}

interface Step {
  readonly delta: Float64Array
  /** −gᵀδ: twice what the quadratic model promises. */
  readonly decrement: number
  /** Of the equality of a held regime. */
  readonly multiplier: number
}

/** Minimises the quadratic model over the values at the nodes: penalty linear, the equality of a held regime kept. */
function newtonStep(state: State, theta: Float64Array, curvature: Float64Array, line: Line): Step {
  const { nodes, signs, regime } = state
  const { x, places, loss, beta } = line
  const size = nodes.length
  const [diagonal, off, g] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)]
  const floor = CURVATURE_FLOOR * loss.smoothness
  let j = 0
  for (let i = 0; i < x.length; i++) {
    const w = Math.max(curvature[i], floor)
    if (size === 1) {
      diagonal[0] += w
      g[0] += theta[i]
      continue
    }
    while (j + 2 < size && x[i] >= places[nodes[j + 1]]) j++
    const [a, b] = [places[nodes[j]], places[nodes[j + 1]]]
    const t = (x[i] - a) / (b - a)
    diagonal[j] += w * (1 - t) * (1 - t)
    off[j] += w * t * (1 - t)
    diagonal[j + 1] += w * t * t
    g[j] += theta[i] * (1 - t)
    g[j + 1] += theta[i] * t
  }
  const [plus, minus] = regime === 'beyond+' ? [1, 0] : regime === 'beyond-' ? [0, 1] : [1, 1]
  const slopes = kinkSlopes(signs, plus, -minus)
  if (size > 1) slopes[0] += regime === 'beyond+' ? 1 : regime === 'beyond-' ? -1 : 0
  const linear = atNodes(slopes, state, places)
  for (let k = 0; k < size; k++) g[k] += beta * linear[k]
  const delta = solveTridiagonal(diagonal, off, g).map(v => -v)
  let multiplier = 0
  if (size > 1 && (regime === 'held+' || regime === 'held-')) {
    // held+: s_0 + Σ_{falling} J = 0;  held−: −s_0 − Σ_{rising} J = 0.
    const side = regime === 'held+' ? 1 : -1
    const e = side > 0 ? kinkSlopes(signs, 0, 1) : kinkSlopes(signs, -1, 0)
    e[0] += side
    const a = atNodes(e, state, places)
    const back = solveTridiagonal(diagonal, off, a)
    const { first, up, fall } = freedom(state, places)
    const residual = side > 0 ? first - fall : -first - up
    multiplier = (residual + dot(a, delta)) / dot(a, back)
    for (let k = 0; k < size; k++) delta[k] -= multiplier * back[k]
  }
  return { delta, decrement: Math.max(0, -dot(g, delta)), multiplier }
}

/** Coefficients of the slopes s_0 … s_K in Σ_{rising} rise·J_k + Σ_{falling} fall·J_k. */
function kinkSlopes(signs: readonly number[], rise: number, fall: number): Float64Array {
  const e = new Float64Array(Math.max(1, signs.length - 1))
  for (let k = 1; k + 1 < signs.length; k++) {
    const c = signs[k] > 0 ? rise : fall
    e[k] += c
    e[k - 1] -= c
  }
  return e
}

/** The gradient of Σ e_j s_j in the values at the nodes. Equal neighbours cancel before they are divided by a small step. */
function atNodes(e: Float64Array, { nodes }: State, places: Float64Array): Float64Array {
  const out = new Float64Array(nodes.length)
  for (let j = 0; j + 1 < nodes.length; j++) {
    if (e[j] === 0) continue
    const share = e[j] / (places[nodes[j + 1]] - places[nodes[j]])
    out[j] -= share
    out[j + 1] += share
  }
  return out
}

/** Goes along the step until a kink vanishes or the regime ends, and not so far that the objective rises. */
function move(
  state: State,
  { delta, decrement }: Step,
  at: { readonly fit: Float64Array; readonly objective: number },
  line: Line,
): { fit: Float64Array; whole: boolean } {
  const { places, loss, beta } = line
  const from = { ...state, values: state.values.slice(), jumps: state.jumps.slice() }
  const goal = state.values.map((v, k) => v + delta[k])
  const target: State = { ...state, values: goal, jumps: jumpsAt(state.nodes, goal, places) }
  let alpha = 1
  for (let k = 1; k + 1 < state.nodes.length; k++)
    alpha = Math.min(alpha, crossing(state.signs[k] * state.jumps[k], state.signs[k] * target.jumps[k]))
  const [old, next] = [margins(from, places), margins(target, places)]
  const ends: (readonly [Regime, number])[] = []
  if (state.regime === 'free' || state.regime === 'beyond+')
    ends.push(['held+', state.regime === 'free' ? crossing(-old[0], -next[0]) : crossing(old[0], next[0])])
  if (state.regime === 'free' || state.regime === 'beyond-')
    ends.push(['held-', state.regime === 'free' ? crossing(-old[1], -next[1]) : crossing(old[1], next[1])])
  for (const [, where] of ends) alpha = Math.min(alpha, where)
  const blocked = alpha
  let fit = at.fit
  for (;;) {
    for (let k = 0; k < goal.length; k++) {
      state.values[k] = from.values[k] + alpha * delta[k]
      state.jumps[k] = from.jumps[k] + alpha * (target.jumps[k] - from.jumps[k])
    }
    if (alpha === 0) break
    fit = fitOf(state, line)
    if (loss.name === 'squared') break
    const value = loss.value(fit) + beta * penaltyOf(state, places)
    if (value <= at.objective - 1e-4 * alpha * decrement + 1e-14 * Math.abs(at.objective) || alpha < 1e-12) break
    alpha /= 2
  }
  if (alpha < blocked) return { fit, whole: false }
  const gone = new Set<number>()
  for (let k = 1; k + 1 < state.nodes.length; k++)
    if (
      crossing(state.signs[k] * from.jumps[k], state.signs[k] * target.jumps[k]) <= alpha &&
      state.signs[k] * target.jumps[k] < 0
    )
      gone.add(k)
  const ended = ends.find(([, where]) => where <= alpha && where < 1)
  if (ended !== undefined) state.regime = ended[0]
  if (gone.size > 0) remove(state, gone)
  return { fit, whole: gone.size === 0 && ended === undefined }
}

/** Where the line from a ≥ 0 to b passes 0, in [0, 1]; 1 when it does not. */
function crossing(a: number, b: number): number {
  if (b >= 0) return 1
  return a <= 0 ? 0 : Math.min(1, a / (a - b))
}

/** s_0 − T₋ and −s_0 − T₊, the T by the signs assumed. */
function margins({ nodes, values, signs, jumps }: State, places: Float64Array): [number, number] {
  if (nodes.length < 2) return [0, 0]
  let [up, fall] = [0, 0]
  for (let k = 1; k + 1 < nodes.length; k++)
    if (signs[k] > 0) up += jumps[k]
    else fall -= jumps[k]
  const first = (values[1] - values[0]) / (places[nodes[1]] - places[nodes[0]])
  return [first - fall, -first - up]
}

function remove(state: State, gone: ReadonlySet<number>): void {
  const keep = state.nodes.map((_, k) => k).filter(k => !gone.has(k))
  state.values = Float64Array.from(keep, k => state.values[k])
  state.jumps = Float64Array.from(keep, k => state.jumps[k])
  state.signs = keep.map(k => state.signs[k])
  state.nodes = keep.map(k => state.nodes[k])
}

/** Leaves a held regime whose multiplier is outside [0, β]. */
function release(state: State, multiplier: number, beta: number): boolean {
  const { regime, nodes } = state
  if (nodes.length < 2 || (regime !== 'held+' && regime !== 'held-')) return false
  if (multiplier < -RELEASE * beta) state.regime = 'free'
  else if (multiplier > (1 + RELEASE) * beta) state.regime = regime === 'held+' ? 'beyond+' : 'beyond-'
  return state.regime !== regime
}

/** ∇L at the fit moved by the constant that makes it sum to 0. */
function centred(fit: Float64Array, loss: Loss): Float64Array {
  const moved = fit.slice()
  let theta = loss.gradient(moved)
  for (let k = 0; k < 8; k++) {
    const sum = theta.reduce((a, b) => a + b, 0)
    const size = theta.reduce((a, b) => a + Math.abs(b), 0)
    const bend = loss.curvature(moved).reduce((a, b) => a + b, 0)
    if (Math.abs(sum) <= 1e-15 * size || !(bend > 0)) break
    for (let i = 0; i < moved.length; i++) moved[i] -= sum / bend
    theta = loss.gradient(moved)
  }
  return theta
}

/** G_k = Σθ_i (x_i − place_k)₊ at every place, and max over all samples of |G| and |G − G_0|. */
export function correlations(
  x: Float64Array,
  places: Float64Array,
  theta: Float64Array,
): { right: Float64Array; norm: number } {
  const right = new Float64Array(places.length)
  let [slope, value, low, high] = [0, 0, 0, 0]
  let place = places.length - 1
  for (let i = x.length - 1; i >= 0; i--) {
    if (i < x.length - 1) value += slope * (x[i + 1] - x[i])
    if (place >= 0 && x[i] === places[place]) right[place--] = value
    low = Math.min(low, value)
    high = Math.max(high, value)
    slope += theta[i]
  }
  const first = right[0]
  return { right, norm: Math.max(high, -low, high - first, first - low) }
}

/** Makes the largest violations nodes, at local maxima; gives how many entered. */
function enter(state: State, right: Float64Array, { places, beta }: Line): number {
  const m = places.length
  if (m < 3) return 0
  const t = Math.max(-1, Math.min(1, -right[0] / beta))
  const [rising, falling] = [beta * Math.min(1, 1 + t), beta * Math.min(1, 1 - t)]
  const excess = right.map(v => Math.max(-v - rising, v - falling))
  const present = new Set(state.nodes)
  const found: number[] = []
  for (let k = 1; k + 1 < m; k++)
    if (excess[k] > 1e-13 * beta && excess[k] >= excess[k - 1] && excess[k] > excess[k + 1] && !present.has(k))
      found.push(k)
  // A plateau or a peak at a node hides its neighbours: then any violation will do.
  if (found.length === 0) for (let k = 1; k + 1 < m; k++) if (excess[k] > 1e-13 * beta && !present.has(k)) found.push(k)
  found.sort((a, b) => excess[b] - excess[a] || a - b)
  const chosen = found.slice(0, Math.max(ENTER.least, Math.floor(ENTER.part * state.nodes.length)))
  insert(state, chosen, { places, signOf: k => (-right[k] - rising > right[k] - falling ? 1 : -1) })
  return chosen.length
}

/** New nodes with a kink of 0, on the line between their neighbours. */
function insert(
  state: State,
  chosen: readonly number[],
  { places, signOf }: { readonly places: Float64Array; readonly signOf: (place: number) => number },
): void {
  const all = [
    ...state.nodes.map((node, k) => ({ node, value: state.values[k], sign: state.signs[k], jump: state.jumps[k] })),
    ...chosen.map(node => ({ node, value: Number.NaN, sign: signOf(node), jump: 0 })),
  ].sort((a, b) => a.node - b.node)
  let before = 0
  all.forEach((entry, k) => {
    if (!Number.isNaN(entry.value)) {
      before = k
      return
    }
    const after = all.findIndex((other, at) => at > k && !Number.isNaN(other.value))
    const [a, b] = [all[before], all[after]]
    const t = (places[entry.node] - places[a.node]) / (places[b.node] - places[a.node])
    entry.value = (1 - t) * a.value + t * b.value
    before = k
  })
  state.nodes = all.map(({ node }) => node)
  state.values = Float64Array.from(all, ({ value }) => value)
  state.signs = all.map(({ sign }) => sign)
  state.jumps = Float64Array.from(all, ({ jump }) => jump)
}
