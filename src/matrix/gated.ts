/**
 * The gated operator A = [D_0 X … D_{P−1} X], with D_k = diag(mask k): A u = Σ_k D_k X u_k.
 *
 * Never formed: X is streamed in blocks of 256 rows and the masks are bits. Memory: X, P·n/8 bytes, one block.
 * @module
 */
import { ShapeError } from '../errors.ts'
import type { Compute } from './compute.ts'
import { type Dense, dense } from './dense.ts'
import { type Masks, selectMasks } from './masks.ts'
import type { GroupedOperator } from './operator.ts'

/** The gated operator with its parts, for solvers that exploit the structure. */
export interface GatedOperator extends GroupedOperator {
  readonly kind: 'gated'
  /** X ∈ R^{n × d}. */
  readonly x: Dense
  /** One pattern a group. */
  readonly masks: Masks
  readonly compute: Compute
  restrict(active: ArrayLike<number>): GatedOperator
}

/**
 * Builds the operator over X ∈ R^{n × d} and P patterns of n samples.
 *
 * @throws ShapeError when masks and X disagree on n.
 */
export function gatedOperator(x: Dense, patterns: Masks, compute: Compute): GatedOperator {
  if (patterns.samples !== x.rows)
    throw new ShapeError(`gatedOperator: masks must cover the ${x.rows} rows of X; got ${patterns.samples}.`)
  const [n, d, groups] = [x.rows, x.cols, patterns.patterns]
  const scratch = new Float64Array(groups * d)
  const apply = (u: Float64Array, out: Float64Array = new Float64Array(n)) => compute.gatedForward(x, patterns, u, out)
  const applyT = (r: Float64Array, out: Float64Array = new Float64Array(groups * d)) =>
    compute.gatedAdjoint(x, patterns, r, out)
  return {
    kind: 'gated',
    rows: n,
    cols: groups * d,
    groups,
    groupSize: d,
    traits: {},
    x,
    masks: patterns,
    compute,
    apply,
    applyT,
    applyBlock: (u, out = dense(u.rows, n)) => mapRows(u, out, apply),
    applyTBlock: (r, out = dense(r.rows, groups * d)) => mapRows(r, out, applyT),
    correlations: (r, out = new Float64Array(groups)) => groupNorms(applyT(r, scratch), d, out),
    restrict: active => gatedOperator(x, selectMasks(patterns, active), compute),
    gram(active) {
      const chosen = selectMasks(patterns, active)
      const side = active.length * d
      return dense(side, side, compute.gatedGram(x, chosen, chosen, new Float64Array(side * side)))
    },
  }
}

/** Whether an operator is a gated one (what structured solvers ask in `accepts`). */
export function isGated(operator: object): operator is GatedOperator {
  return 'kind' in operator && operator.kind === 'gated'
}

/** Euclidean norm of every consecutive group of `size` numbers. */
export function groupNorms(
  v: Float64Array,
  size: number,
  out: Float64Array = new Float64Array(v.length / size),
): Float64Array {
  for (let g = 0, at = 0; g < out.length; g++) {
    let sum = 0
    for (let j = 0; j < size; j++, at++) sum += v[at] * v[at]
    out[g] = Math.sqrt(sum)
  }
  return out
}

function mapRows(a: Dense, out: Dense, f: (x: Float64Array, out: Float64Array) => unknown): Dense {
  for (let i = 0; i < a.rows; i++)
    f(a.data.subarray(i * a.cols, (i + 1) * a.cols), out.data.subarray(i * out.cols, (i + 1) * out.cols))
  return out
}
