/**
 * The set of optimal networks: how few neurons do, and how far two equally good networks can differ at rows that training did not see.
 *
 * At an optimum θ = ∇L(z) is unique for a strictly convex loss, and every neuron of every optimal network has one of the directions in which
 * |θᵀφ_u(X)| reaches β: for each pattern and sign the projection of ∓XᵀDθ on the cell ('gated': −XᵀDθ itself). So the set is a polytope in the masses
 *
 *   {c ≥ 0 : Σ_j c_j s_j φ_j(X) = z},   f(x₀) = offset + Σ_j c_j s_j φ_j(x₀)   linear in c,
 *
 * its vertices have independent contributions, and the range of f(x₀) is found by walking along its edges (`walkPolytope.ts`). Computed
 * optima are near ones. So what is asked is a little more, and exact: over all networks with an objective up to U = (1 + within) times that
 * of this one,
 *  - `low` and `high` are reached, by networks with the same fit and a penalty that U allows, which are returned;
 *  - `bound` is never passed, by `certificates/predictionRange.ts` at the prices of the walk.
 * Between the two lie about the square root of (U − dual)/U, and what the same fit leaves out.
 * Source: A. Mishkin, M. Pilanci, Optimal sets and solution paths of ReLU networks, 2023; the bounds are derived here.
 * @module
 */
import { predictionEnd, type RangePoint } from '../../certificates/index.ts'
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { axpy, norm } from '../../matrix/vector.ts'
import type { Network, PatternSet, TrainingData } from '../model.ts'
import { minimalWidth } from './minimalWidth.ts'
import { fitOf, networkKind, networkObjective } from './network.ts'
import { directionsOf, gateClass, independent, sameDirection, scaled, unit } from './optimalDirections.ts'
import { joinPatterns, patternsOf } from './patterns/patternsOf.ts'
import { type Atom, atomsOf, networkOf } from './recover.ts'
import { walkPolytope } from './walkPolytope.ts'

/** What is asked. */
export interface OptimalSetOptions {
  readonly patterns: PatternSet
  /** Rows in the coordinates of X at which the range is wanted. */
  readonly at: Dense
  /** A dual point near the optimum (sum form), such as the witness of the certificate; default ∇L at the fit. */
  readonly dualPoint?: Float64Array | null
  /** Networks count up to this part above the objective of this one; default 1e-6. */
  readonly within?: number
  readonly compute?: Compute
}

/** The range of one output at one row. In the unit of the network, offset included. */
export interface PredictionRange {
  readonly row: number
  readonly output: number
  readonly prediction: number
  /** Reached by `networks`. */
  readonly low: number
  readonly high: number
  /** No network of the class, up to the level, is outside. */
  readonly bound: { readonly low: number; readonly high: number }
  readonly networks: { readonly low: Network; readonly high: Network }
  /** The dual points behind `bound`. */
  readonly witness: { readonly low: RangePoint; readonly high: RangePoint }
}

/** The optimal set of a network, as far as it was asked for. */
export interface OptimalSet {
  /** U in mean form. */
  readonly level: number
  /** 'global': `bound` holds for ReLU networks of every width; 'restricted': for those over the given patterns or gates. */
  readonly scope: 'global' | 'restricted'
  /** Directions that an optimal network may use, to the tolerance. */
  readonly directions: number
  /** Directions less independent contributions: 0 when the optimal network is the only one. */
  readonly dimension: number
  /** The same fit with independent contributions. */
  readonly minimal: Network
  readonly ranges: readonly PredictionRange[]
}

/** Multiplications that one call may cost, roughly. */
const BUDGET = 2e10
/** t is tried at so many powers of 4 for each end. */
const LADDER = 12

/**
 * Minimal width and prediction ranges over the networks that are as good as this one.
 *
 * @throws ShapeError, DomainError for parts that do not fit; UnsupportedError (E_TOO_MANY_PATTERNS) when patterns, samples and rows are too many.
 * Cost: for each row and output about 80 dual norms over the patterns.
 */
export function optimalSet(network: Network, data: TrainingData, options: OptimalSetOptions): OptimalSet {
  const { at, within = 1e-6, compute } = options
  const { x, loss, beta } = data
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  if (network.activation !== undefined)
    throw new UnsupportedError(
      `optimalSet: the network must be a ReLU or gated ReLU network; got ${networkKind(network)}. Others have no bound over their optimal sets here.`,
    )
  if (at.cols !== d)
    throw new ShapeError(`optimalSet: rows must have the ${d} coordinates of training; got ${at.cols}.`)
  if (!(within >= 0 && within < Infinity))
    throw new DomainError(`optimalSet: within must be a number ≥ 0; got ${within}.`)
  const own = patternsOf(x, network.gates ?? network.hidden)
  const patterns =
    network.kind === 'gated' ? gateClass(network, options.patterns, x) : joinPatterns(options.patterns, own)
  const cost = at.rows * c * 4 * LADDER * 4 * n * d * patterns.masks.patterns
  if (cost > BUDGET)
    throw new UnsupportedError(
      `optimalSet: ${patterns.masks.patterns} patterns, ${n} samples and ${at.rows} rows are too much to bound every range (${cost.toExponential(0)} operations; the limit is ${BUDGET.toExponential(0)}). Ask for fewer rows, or train with fewer patterns.`,
      'E_TOO_MANY_PATTERNS',
    )

  const shape = { features: d, offset: network.offset }
  const minimal = minimalWidth(network, data)
  const objective = networkObjective(network, data)
  const level = objective * (1 + within)
  const theta = options.dualPoint ?? loss.gradient(fitOf(network, x))
  // Atoms of unit length: those of the minimal network first, then what its dual point points at.
  const start = atomsOf(minimal)
  const atoms: Atom[] = start.map(unit)
  for (const atom of directionsOf(patterns, data, { theta, kind: network.kind }))
    if (!atoms.some(each => sameDirection(each, atom))) atoms.push(atom)
  const single = atoms.map(atom => networkOf(network.kind, [atom], shape))
  const contribution = (j: number, rows: Dense): Float64Array => fitOf(single[j], rows)
  const fits = atoms.map((_, j) => contribution(j, x))
  const { coordinates, basis, rank, completion } = independent(fits, start.length)
  const masses = start.map(({ w }) => norm(w))
  const spent = masses.reduce((sum, v) => sum + v, 0)
  const least = loss.value(fitOf(minimal, x))
  const spare = Math.max(0, ((level - least) / beta) * (1 - 1e-12) - spent)

  // Rows of the polytope: the fit in `rank` coordinates, and the penalty with a slack.
  const size = rank + 1
  const columns = dense(atoms.length + 1, size)
  const b = new Float64Array(size)
  atoms.forEach((_, j) => {
    columns.data.set(coordinates[j], j * size)
    columns.data[(j + 1) * size - 1] = 1
    if (j < start.length) for (let k = 0; k < size; k++) b[k] += masses[j] * columns.data[j * size + k]
  })
  columns.data[(atoms.length + 1) * size - 1] = 1
  b[rank] += spare
  let vertex: readonly number[] = [...completion, atoms.length]

  const scope = network.kind === 'relu' && patterns.complete ? 'global' : 'restricted'
  const ranges: PredictionRange[] = []
  for (let row = 0; row < at.rows; row++) {
    const x0 = rowOf(at, row).slice()
    const here = dense(1, d, x0)
    const values = atoms.map((_, j) => contribution(j, here))
    const now = fitOf(network, here)
    for (let output = 0; output < c; output++) {
      const ends = ([-1, 1] as const).map(side => {
        const found = walkPolytope(columns, {
          b,
          objective: Float64Array.from({ length: atoms.length + 1 }, (_, j) =>
            j < atoms.length ? side * values[j][output] : 0,
          ),
          start: vertex,
        })
        vertex = found.basis
        const reached = inside(
          networkOf(
            network.kind,
            found.basis.flatMap((j, k) =>
              j < atoms.length && found.values[k] > 0 ? [scaled(atoms[j], found.values[k])] : [],
            ),
            shape,
          ),
        )
        const candidates = ladder(theta, found.prices, { basis, rank, beta, reach: norm(x0) })
        // θ = 0: no prediction is larger than ‖x₀‖ times the penalty that U allows.
        candidates.push({ theta: new Float64Array(n * c), t: beta / Math.max(norm(x0), 1e-300) })
        const proved = predictionEnd(
          {
            ...data,
            kind: network.kind,
            patterns,
            gates: network.kind === 'gated' ? patterns.gates : null,
            ...(compute && { compute }),
          },
          { row: x0, output, level: level / n, side },
          candidates,
        )
        return { reached, value: fitOf(reached, here)[output], proved }
      })
      const [lower, upper] = ends
      const offset = network.offset[output]
      const prediction = now[output] + offset
      const zero: RangePoint = { theta: new Float64Array(n * c), t: 0 }
      const [lowest, highest] = [lower, upper].map(({ reached, value }, k) =>
        (k === 0 ? value < now[output] : value > now[output])
          ? { value: value + offset, network: reached }
          : { value: prediction, network },
      )
      ranges.push({
        row,
        output,
        prediction,
        low: lowest.value,
        high: highest.value,
        bound: { low: lower.proved?.end ?? -Infinity, high: upper.proved?.end ?? Infinity },
        networks: { low: lowest.network, high: highest.network },
        witness: { low: lower.proved ?? zero, high: upper.proved ?? zero },
      })
    }
  }
  return {
    level: level / n,
    scope,
    directions: atoms.length,
    dimension: atoms.length - rank,
    minimal,
    ranges,
  }

  /** The network itself, or as much of the way to it as keeps the objective within the level: the objective is convex along it. */
  function inside(far: Network): Network {
    let share = 1
    for (let attempt = 0; attempt < 40; attempt++, share *= 0.8) {
      const mixed =
        share === 1
          ? far
          : networkOf(
              network.kind,
              [
                ...atomsOf(far).map(atom => scaled(atom, share)),
                ...atomsOf(network).map(atom => scaled(atom, 1 - share)),
              ],
              shape,
            )
      if (networkObjective(mixed, data) <= level) return mixed
    }
    return network
  }
}

/** Candidates (θ', t) along the prices of the walk: θ' = (1 − tη/β)·θ + t·ν. */
function ladder(
  theta: Float64Array,
  prices: Float64Array,
  shape: {
    readonly basis: readonly Float64Array[]
    readonly rank: number
    readonly beta: number
    readonly reach: number
  },
): RangePoint[] {
  const { basis, rank, beta, reach } = shape
  const nu = new Float64Array(theta.length)
  basis.forEach((e, k) => {
    axpy(prices[k], e, nu)
  })
  const eta = Math.max(0, prices[rank])
  const over = (a: number, b: number) => (b > 0 ? a / b : Infinity)
  const far = Math.min(over(beta, eta), over(10 * norm(theta), norm(nu)), over(4 * beta, reach))
  if (!(far > 0 && far < Infinity)) return []
  return Array.from({ length: LADDER }, (_, step) => {
    const t = far * 4 ** -step
    return { theta: theta.map((v, i) => (1 - (t * eta) / beta) * v + t * nu[i]), t }
  })
}
