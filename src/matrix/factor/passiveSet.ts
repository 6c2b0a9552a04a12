/**
 * A thin QR factorisation of a changing set of columns in R^d: columns enter at the end (Gram–Schmidt, twice) and leave
 * anywhere (Givens rotations). Cost of a change O(d·k) with k columns held.
 * @module
 */
import { dot } from '../vector.ts'

/** A column whose part outside the span of the others is below this fraction of it counts as dependent. */
const DEPENDENT = 1e-12

export interface PassiveSet {
  /** Which columns are held, in order of their entry. */
  readonly members: readonly number[]
  /** Adds column j; false (and no change) when it depends on those held. */
  add(j: number, column: Float64Array): boolean
  /** Drops the p-th member. */
  remove(p: number): void
  /** The unconstrained least-squares coefficients of the target, one a member. */
  solve(): Float64Array
}

/** An empty set for the target f ∈ R^d. */
export function passiveSet(f: Float64Array): PassiveSet {
  const members: number[] = []
  const q: Float64Array[] = []
  // Column c of R holds c + 1 numbers used, with room to spare for the rotations.
  const r: Float64Array[] = []
  const projection: number[] = []
  return {
    members,
    add(j, column) {
      const k = members.length
      if (k >= f.length) return false
      const v = column.slice()
      const c = new Float64Array(f.length + 1)
      const size = Math.sqrt(dot(v, v))
      for (let pass = 0; pass < 2; pass++)
        for (let p = 0; p < k; p++) {
          const s = dot(q[p], v)
          c[p] += s
          for (let i = 0; i < v.length; i++) v[i] -= s * q[p][i]
        }
      const rest = Math.sqrt(dot(v, v))
      if (!(rest > DEPENDENT * size)) return false
      for (let i = 0; i < v.length; i++) v[i] /= rest
      c[k] = rest
      members.push(j)
      q.push(v)
      r.push(c)
      projection.push(dot(v, f))
      return true
    },
    remove(p) {
      members.splice(p, 1)
      r.splice(p, 1)
      // Column c ≥ p now reaches one below the diagonal: rotate rows c and c + 1.
      for (let c = p; c < r.length; c++) {
        const [a, b] = [r[c][c], r[c][c + 1]]
        const h = Math.hypot(a, b)
        const [cos, sin] = [a / h, b / h]
        for (let e = c; e < r.length; e++) {
          const [x, y] = [r[e][c], r[e][c + 1]]
          r[e][c] = cos * x + sin * y
          r[e][c + 1] = cos * y - sin * x
        }
        const [x, y] = [q[c], q[c + 1]]
        for (let i = 0; i < f.length; i++) {
          const [s, t] = [x[i], y[i]]
          x[i] = cos * s + sin * t
          y[i] = cos * t - sin * s
        }
        const [s, t] = [projection[c], projection[c + 1]]
        projection[c] = cos * s + sin * t
        projection[c + 1] = cos * t - sin * s
      }
      q.pop()
      projection.pop()
    },
    solve() {
      const z = Float64Array.from(projection)
      for (let c = z.length - 1; c >= 0; c--) {
        z[c] /= r[c][c]
        for (let i = 0; i < c; i++) z[i] -= z[c] * r[c][i]
      }
      return z
    },
  }
}
