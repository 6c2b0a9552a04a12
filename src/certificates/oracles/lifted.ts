/**
 * The lifted (doubly non-negative) relaxation of training itself, by ADMM: a dual point and the proofs of its norm.
 *
 * With M_± = Σ c_j m_j m_jᵀ over the positive and the negative neurons, m = (1, u, (Xu)₊) as in `liftedBound.ts`,
 *
 *   minimise  L(z) + β·(M₊ + M₋)_00   over M_± ⪰ 0,   z_i = (M₊ − M₋)_{0,s_i},   tr M_uu ≤ M_00,
 *   Y = B M Bᵀ ≥ 0 entrywise,   Y_{s_i,r_i} = 0.
 *
 * Its value is a lower bound of the objective of every network, within 0.2 to 5 % on small problems where Shor's relaxation loses
 * 30 to 90 %. ADMM on the splitting M = W ⪰ 0, BMBᵀ = Y, ⟨e_0e_0ᵀ − I_u, M⟩ = r ≥ 0; every so often θ = ∇L(z) and the multipliers of
 * Y ≥ 0, clipped to be feasible, are made into a rigorous bound, which does not rest on convergence.
 * X and β are divided by the scale of X.
 * Source: derived here (copositive form: K. Prakhya, T. Birdal, A. Yurtsever, Convex formulations for training two-layer ReLU networks, 2024);
 * S. Boyd and others, Distributed optimization by ADMM, 2011.
 * @module
 */
import type { Loss } from '../../losses/loss.ts'
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { norm } from '../../matrix/vector.ts'
import { jointProx } from './jointProx.ts'
import { addCorners, liftedLength, liftingMap, liftingScale, pulledBack } from './liftedBound.ts'
import type { HalfProof } from './oracle.ts'

/** A dual point with the proofs of its norm, in the scale of X. */
export interface LiftedPoint {
  readonly theta: Float64Array
  readonly proofs: readonly HalfProof[]
  /** The bound it gives, roughly (sum form). */
  readonly estimate: number
  readonly iterations: number
}

const LONGEST = 6000
/** Flops that one call may cost, roughly. */
const BUDGET = 4e10
/** Fewer iterations than this are not worth the start. */
const LEAST = 250
const LOOKS = 12

/** Iterations that the budget holds for these data; 0 where they would be too few to begin. */
export function affordableSteps({ rows: n, cols: d }: { readonly rows: number; readonly cols: number }): number {
  const [size, m] = [1 + d + n, 1 + 2 * n]
  const steps = Math.floor(BUDGET / (60 * size ** 3 + 12 * m * m * size))
  return steps < LEAST ? 0 : Math.min(LONGEST, steps)
}

interface Side {
  readonly sign: 1 | -1
  w: Dense
  y: Dense
  r: number
  u1: Dense
  u2: Dense
  u3: number
}

/**
 * Dual points of ever better bounds, one output; yields each improvement. Ends when the budget is spent.
 *
 * Cost O((d + n)³) an iteration, memory 12·(1 + 2n)² numbers.
 */
export function* liftedPoints(
  x: Dense,
  loss: Loss,
  beta: number,
  options: { readonly compute: Compute; readonly iterations?: number },
): Generator<LiftedPoint | null, void, void> {
  const { compute } = options
  const [n, d] = [x.rows, x.cols]
  const [size, m] = [1 + d + n, 1 + 2 * n]
  const scale = liftingScale(x, compute)
  const lambda = beta / scale
  const iterations = options.iterations ?? affordableSteps(x)
  const b = liftingMap(
    dense(
      n,
      d,
      x.data.map(v => v / scale),
    ),
  )
  const { values, vectors } = eigh(product(b, b, true, false, compute), { compute })
  const c = dense(size, size)
  c.data[0] = 1
  for (let j = 1; j <= d; j++) c.data[j * size + j] = -1
  const solve = (right: Dense): Dense => {
    const turned = product(product(vectors, right, false, false, compute), vectors, false, true, compute)
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) turned.data[i * size + j] /= 1 + values[i] * values[j]
    return product(product(vectors, turned, true, false, compute), vectors, false, false, compute)
  }
  const solvedC = solve(c)
  const innerC = 1 + inner(c, solvedC)
  const sides: Side[] = ([1, -1] as const).map(sign => ({
    sign,
    w: dense(size, size),
    y: dense(m, m),
    r: 0,
    u1: dense(size, size),
    u2: dense(m, m),
    u3: 0,
  }))
  let rho = 1
  let best = -Infinity
  const look = Math.max(20, Math.floor(iterations / LOOKS))
  for (let step = 1; step <= iterations; step++) {
    let [primal, dual] = [0, 0]
    const images: Dense[] = []
    const seen: Dense[] = []
    for (const side of sides) {
      const right = pulledBack(b, minus(side.y, side.u2), compute)
      for (let at = 0; at < right.data.length; at++)
        right.data[at] += side.w.data[at] - side.u1.data[at] + (side.r - side.u3) * c.data[at]
      const found = solve(right)
      const share = inner(c, found) / innerC
      for (let at = 0; at < found.data.length; at++) found.data[at] -= share * solvedC.data[at]
      symmetrise(found)
      images.push(found)
      seen.push(product(product(b, found, false, false, compute), b, false, true, compute))
      const w = positivePart(plus(found, side.u1), compute)
      dual += distance(w, side.w)
      side.w = w
      side.r = Math.max(0, inner(c, found) + side.u3)
    }
    // Y: clipped, the pairs (s_i, r_i) at 0, the corner paying λ, and the fits of both signs together through the loss.
    const targets = sides.map((side, k) => plus(seen[k], side.u2))
    const next = targets.map(z => {
      const y = dense(m, m)
      for (let at = 0; at < y.data.length; at++) y.data[at] = Math.max(0, z.data[at])
      for (let i = 0; i < n; i++) y.data[(1 + i) * m + 1 + n + i] = y.data[(1 + n + i) * m + 1 + i] = 0
      y.data[0] = Math.max(0, z.data[0] - lambda / rho)
      return y
    })
    const { p, q } = jointProx(loss, rho, targets[0].data.subarray(1, 1 + n), targets[1].data.subarray(1, 1 + n))
    for (let i = 0; i < n; i++) {
      next[0].data[1 + i] = next[0].data[(1 + i) * m] = p[i]
      next[1].data[1 + i] = next[1].data[(1 + i) * m] = q[i]
    }
    sides.forEach((side, k) => {
      dual += distance(next[k], side.y)
      side.y = next[k]
      for (let at = 0; at < side.u1.data.length; at++) side.u1.data[at] += images[k].data[at] - side.w.data[at]
      for (let at = 0; at < side.u2.data.length; at++) side.u2.data[at] = targets[k].data[at] - side.y.data[at]
      side.u3 += inner(c, images[k]) - side.r
      primal += distance(images[k], side.w) + distance(seen[k], side.y)
    })
    if (step % 50 === 0 && step <= 1500) rho = balanced(rho, Math.sqrt(primal), rho * Math.sqrt(dual), sides)
    if (step % look === 0 || step === iterations) {
      const point = pointOf(sides, loss, { b, d, rho, lambda, scale, beta, compute })
      if (point.estimate > best) {
        best = point.estimate
        yield { ...point, iterations: step }
      }
    }
    if (step % 4 === 0) yield null
  }
}

/** θ at the present fit and proofs from the present multipliers. */
function pointOf(
  sides: readonly Side[],
  loss: Loss,
  shape: { b: Dense; d: number; rho: number; lambda: number; scale: number; beta: number; compute: Compute },
): Omit<LiftedPoint, 'iterations'> {
  const { b, d, rho, lambda, scale, compute } = shape
  const m = b.rows
  const n = (m - 1) / 2
  const z = Float64Array.from({ length: n }, (_, i) => sides[0].y.data[1 + i] - sides[1].y.data[1 + i])
  const theta = loss.gradient(z)
  let widest = lambda
  const proofs = sides.map(({ sign, u2 }): HalfProof => {
    // tᵀs with t = −sign·θ must be bounded: a positive neuron lowers the loss where θ is negative.
    const t = theta.map(v => -sign * v)
    const cost = dense(m, m)
    for (let i = 0; i < n; i++) cost.data[1 + i] = cost.data[(1 + i) * m] = -t[i] / 2
    const multipliers = new Float64Array(liftedLength(n) - 3)
    const rest = dense(m, m)
    for (let a = 0, at = 0; a < m; a++)
      for (let e = 0; e <= a; e++, at++) {
        const mean =
          (cost.data[a * m + e] - rho * u2.data[a * m + e] + cost.data[e * m + a] - rho * u2.data[e * m + a]) / 2
        const free = a > n && e === a - n
        const value = a === 0 ? 0 : free ? mean : Math.max(0, mean)
        // In the scale of X: t is `scale` times as large there.
        multipliers[at] = value * scale
        rest.data[a * m + e] = rest.data[e * m + a] = cost.data[a * m + e] - value
      }
    const h = pulledBack(b, rest, compute)
    const excess = (shift: number): number => {
      const at = dense(h.rows, h.cols, h.data.slice())
      addCorners(at, d, lambda, shift)
      return Math.max(0, -eigh(at, { compute }).values[0])
    }
    const [shift, least] = leastConvex(excess, 0, lambda)
    widest = Math.max(widest, lambda + 3 * least)
    return {
      form: 'lifted',
      output: 0,
      // Halves are named by the sign of θ.
      sign: sign === 1 ? -1 : 1,
      weights: Float64Array.from([scale, lambda * scale, shift * scale, ...multipliers]),
    }
  })
  const share = lambda / widest
  return { theta, proofs, estimate: -loss.conjugate(theta.map(v => share * v)) }
}

/** Golden section. */
function leastConvex(f: (at: number) => number, from: number, to: number): [number, number] {
  const golden = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)]
  let [fa, fb] = [f(a), f(b)]
  for (let k = 0; k < 18; k++) {
    if (fa <= fb) {
      ;[high, b, fb] = [b, a, fa]
      a = high - golden * (high - low)
      fa = f(a)
    } else {
      ;[low, a, fa] = [a, b, fb]
      b = low + golden * (high - low)
      fb = f(b)
    }
  }
  return fa <= fb ? [a, fa] : [b, fb]
}

/** ρ by the balance of residuals; scaled duals are rescaled with it. */
function balanced(rho: number, primal: number, dual: number, sides: readonly Side[]): number {
  const factor = primal > 5 * dual ? 2 : dual > 5 * primal ? 0.5 : 1
  if (factor === 1) return rho
  for (const side of sides) {
    for (const u of [side.u1, side.u2]) for (let at = 0; at < u.data.length; at++) u.data[at] /= factor
    side.u3 /= factor
  }
  return rho * factor
}

/** The projection on the positive semidefinite matrices. */
function positivePart(a: Dense, compute: Compute): Dense {
  const size = a.rows
  const { values, vectors } = eigh(a, { compute })
  const kept = values.findIndex(v => v > 0)
  if (kept < 0) return dense(size, size)
  const rows = dense(size - kept, size, vectors.data.slice(kept * size))
  for (let i = kept; i < size; i++) {
    const root = Math.sqrt(values[i])
    for (let j = 0; j < size; j++) rows.data[(i - kept) * size + j] *= root
  }
  return product(rows, rows, true, false, compute)
}

function product(a: Dense, b: Dense, transA: boolean, transB: boolean, compute: Compute): Dense {
  const [m, k] = transA ? [a.cols, a.rows] : [a.rows, a.cols]
  const n = transB ? b.rows : b.cols
  const out = dense(m, n)
  compute.gemm(transA, transB, m, n, k, 1, a.data, a.cols, b.data, b.cols, 0, out.data, n)
  return out
}

function symmetrise(a: Dense): void {
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < i; j++)
      a.data[i * a.cols + j] = a.data[j * a.cols + i] = (a.data[i * a.cols + j] + a.data[j * a.cols + i]) / 2
}

function plus(a: Dense, b: Dense): Dense {
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, at) => v + b.data[at]),
  )
}

function minus(a: Dense, b: Dense): Dense {
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, at) => v - b.data[at]),
  )
}

function inner(a: Dense, b: Dense): number {
  let sum = 0
  for (let at = 0; at < a.data.length; at++) sum += a.data[at] * b.data[at]
  return sum
}

function distance(a: Dense, b: Dense): number {
  return norm(minus(a, b).data) ** 2
}
