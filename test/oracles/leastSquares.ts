/**
 * Ridge regression in exact arithmetic: how far a point is from the optimum, as a fraction of big integers rounded once.
 */
import { type Dyadic, exact, minus, plus, times, zero } from './rational.ts'

export interface ExactRidge {
  /** Rows of numbers. */
  readonly x: readonly (readonly number[])[]
  readonly y: readonly number[]
  readonly weights?: readonly number[]
  /** Weight of ½β_j², sum form, a column each. */
  readonly ridge: readonly number[]
  readonly intercept: boolean
}

/** F(point) − min F for F = Σ w·½(β₀ + xᵀβ − y)² + ½Σ ridge_j·β_j², exactly; `point` is β₀ (where there is one), then β. */
export function excess({ x, y, weights, ridge, intercept }: ExactRidge, point: readonly number[]): number {
  const side = ridge.length + (intercept ? 1 : 0)
  const h = Array.from({ length: side }, () => Array.from({ length: side + 1 }, () => zero))
  const at = point.map(exact)
  const gradient = Array.from({ length: side }, () => zero)
  x.forEach((line, i) => {
    const row = (intercept ? [1, ...line] : [...line]).map(exact)
    const w = exact(weights?.[i] ?? 1)
    const residual = minus(
      row.reduce((sum, v, j) => plus(sum, times(v, at[j])), zero),
      exact(y[i]),
    )
    for (let a = 0; a < side; a++) {
      const wa = times(w, row[a])
      gradient[a] = plus(gradient[a], times(wa, residual))
      for (let b = 0; b < side; b++) h[a][b] = plus(h[a][b], times(wa, row[b]))
    }
  })
  const lead = intercept ? 1 : 0
  ridge.forEach((value, j) => {
    h[lead + j][lead + j] = plus(h[lead + j][lead + j], exact(value))
    gradient[lead + j] = plus(gradient[lead + j], times(exact(value), at[lead + j]))
  })
  // ½·gᵀH⁻¹g by fraction-free elimination of [H | g] below which stands −gᵀ: the corner is det(H)·gᵀH⁻¹g.
  for (let a = 0; a < side; a++) h[a][side] = gradient[a]
  const m = integers([...h, [...gradient.map(g => ({ m: -g.m, e: g.e })), zero]])
  let before = 1n
  for (let k = 0; k < side; k++) {
    for (let i = k + 1; i <= side; i++)
      for (let j = k + 1; j <= side; j++)
        m.rows[i][j] = (m.rows[k][k] * m.rows[i][j] - m.rows[i][k] * m.rows[k][j]) / before
    before = m.rows[k][k]
  }
  return 0.5 * ratio(m.rows[side][side], before, m.exponent)
}

/** All entries as integers times one power of two. */
function integers(rows: readonly (readonly Dyadic[])[]): { rows: bigint[][]; exponent: number } {
  const exponent = Math.min(...rows.flat().map(({ m, e }) => (m === 0n ? 0 : e)))
  return { rows: rows.map(row => row.map(({ m, e }) => (m === 0n ? 0n : m << BigInt(e - exponent)))), exponent }
}

/** p/q·2^exponent to 53 bits or so. */
function ratio(p: bigint, q: bigint, exponent: number): number {
  if (p === 0n) return 0
  const bits = (v: bigint) => (v < 0n ? -v : v).toString(2).length
  const shift = 60 - (bits(p) - bits(q))
  const scaled = shift >= 0 ? (p << BigInt(shift)) / q : p / (q << BigInt(-shift))
  return Number(scaled) * 2 ** (exponent - shift)
}
