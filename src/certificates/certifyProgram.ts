/**
 * A certificate for a linear or quadratic program: how much lower could cᵀx + ½xᵀQx be on A·x ≤ b?
 *
 * For y ≥ 0 and any z, every feasible x' has ½x'ᵀQx' ≥ (Qz)ᵀx' − ½zᵀQz and 0 ≥ yᵀ(Ax' − b), hence
 *   cᵀx' + ½x'ᵀQx' ≥ −½zᵀQz − bᵀy + (c + Qz + Aᵀy)ᵀx' ≥ −½zᵀQz − bᵀy − R·‖c + Qz + Aᵀy‖₁
 * where |x'_j| ≤ R, a thousand times the largest entry of x. Every rounding is counted. That x itself is feasible is checked with its roundings too: what it may
 * break a constraint by is `violation`, 0 for a point inside. Where Q cannot be told from a matrix with a slightly negative eigenvalue −δ, what that could
 * take, ½δ·‖x' − z‖², comes off as well (δ: the computed eigenvalue and four units of round-off of ‖Q‖, an allowance).
 * @module
 */
import { DomainError, NotSolvedError, ShapeError } from '../errors.ts'
import type { Dense } from '../matrix/dense.ts'
import { eigh } from '../matrix/factor/eigh.ts'
import type { Certificate } from './certificate.ts'
import { compensatedSum, down, gamma, UNIT, up } from './rounding.ts'
import { programStatement } from './statement.ts'

/** A program, a point, and what should prove it. */
export interface ProgramClaim {
  readonly matrix: Dense
  readonly bounds: Float64Array
  readonly cost: Float64Array
  /** Symmetric positive semidefinite; null for a linear program. */
  readonly quadratic: Dense | null
  readonly x: Float64Array
  /** y ≥ 0 and z; null when there is none. */
  readonly witness: { readonly y: Float64Array; readonly z: Float64Array } | null
}

/** A certificate, the range it covers, and how feasible the point is. */
export interface ProgramCertificate extends Omit<Certificate, 'witness'> {
  /** R: points with entries up to this are covered. */
  readonly reach: number
  /** x breaks no constraint by more than this. */
  readonly violation: number
}

const REACH = 1000

/**
 * Certifies a point of a program.
 *
 * @throws ShapeError when sizes do not fit; DomainError for a y with negative entries.
 */
export function certifyProgram(claim: ProgramClaim): ProgramCertificate {
  const { matrix, bounds, cost, quadratic, x, witness } = claim
  const { rows: n, cols: d, data } = matrix
  if (bounds.length !== n || cost.length !== d || x.length !== d)
    throw new ShapeError(
      `certifyProgram: sizes must fit ${n} × ${d}; got ${bounds.length} bounds, ${cost.length} costs, ${x.length} entries.`,
    )
  const reach = REACH * x.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
  let violation = 0
  for (let i = 0; i < n; i++) {
    let [sum, size] = [-bounds[i], Math.abs(bounds[i])]
    for (let j = 0; j < d; j++) {
      sum += data[i * d + j] * x[j]
      size += Math.abs(data[i * d + j] * x[j])
    }
    violation = Math.max(violation, sum + up(gamma(d + 2) * size))
  }
  const linear = products(cost, x)
  const square = quadratic === null ? null : form(quadratic, x)
  const primal = up(linear.value + linear.error + (square === null ? 0 : 0.5 * (square.value + square.error)), 8)
  let dual = -Infinity
  if (witness !== null) {
    const { y, z } = witness
    if (y.length !== n || z.length !== d)
      throw new ShapeError(
        `certifyProgram: the witness must have ${n} and ${d} numbers; got ${y.length} and ${z.length}.`,
      )
    const at = y.findIndex(v => !(v >= 0))
    if (at >= 0) throw new DomainError(`certifyProgram: multipliers must be ≥ 0; got ${y[at]} at ${at}.`)
    let left = 0
    for (let j = 0; j < d; j++) {
      const terms = new Float64Array(n + d + 1)
      for (let i = 0; i < n; i++) terms[i] = data[i * d + j] * y[i]
      if (quadratic !== null) for (let k = 0; k < d; k++) terms[n + k] = quadratic.data[j * d + k] * z[k]
      terms[n + d] = cost[j]
      const { value, error } = summed(terms)
      left = up(left + Math.abs(value) + error)
    }
    const support = products(bounds, y)
    const own = quadratic === null ? { value: 0, error: 0 } : form(quadratic, z)
    const taken = up(reach * left + (quadratic === null ? 0 : concavity(quadratic, reach)))
    const value = -0.5 * own.value - support.value - taken
    const size = Math.abs(own.value) + Math.abs(support.value) + taken
    const lower = down(value - up(0.5 * own.error + support.error + 4 * UNIT * size))
    if (Number.isFinite(lower)) dual = lower
  }
  const proved = dual > -Infinity && Number.isFinite(primal)
  if (proved && dual > primal && violation === 0)
    throw new NotSolvedError(
      `certifyProgram: the bound must not exceed the value of a feasible point; got ${dual} above ${primal}. Either Q is not positive semidefinite, or this is a fault in nadir.`,
    )
  // A point outside may lie below the optimum: then its distance from the bound is an error too.
  const gap = proved ? up(Math.abs(primal - dual), 1) : Infinity
  const relativeGap = proved ? (gap === 0 ? 0 : gap / Math.abs(primal)) : Infinity
  return {
    primal,
    dual,
    gap,
    relativeGap,
    scope: proved ? 'global' : 'stationary',
    oracle: proved ? 'closed-form' : 'none',
    statement: programStatement({ primal, dual, reach, violation, proved }),
    reach,
    violation,
  }
}

interface Bounded {
  readonly value: number
  /** ≥ the distance of `value` from the exact one. */
  readonly error: number
}

/** ½δ·d·(1.01·R)². */
function concavity(q: Dense, reach: number): number {
  const size = Math.sqrt(q.data.reduce((sum, v) => sum + v * v, 0))
  const delta = Math.max(0, 8 * UNIT * size - eigh(q).values[0])
  return up(0.5 * delta * q.rows * (1.01 * reach) ** 2, 6)
}

/** Σ of terms rounded once, compensated. */
function summed(terms: Float64Array): Bounded {
  const value = compensatedSum(terms)
  const absolute = terms.reduce((sum, v) => sum + Math.abs(v), 0)
  const k = terms.length + 1
  return { value, error: up(4 * UNIT * Math.abs(value) + (UNIT + 2 * (k * UNIT) ** 2) * 2 * absolute, 8) }
}

function products(a: Float64Array, b: Float64Array): Bounded {
  return summed(a.map((v, i) => v * b[i]))
}

/** zᵀQz: d² terms of two roundings. */
function form(q: Dense, z: Float64Array): Bounded {
  const d = z.length
  const terms = q.data.map((v, t) => v * z[t % d] * z[Math.floor(t / d)])
  const { value, error } = summed(terms)
  return { value, error: up(2 * error) }
}
