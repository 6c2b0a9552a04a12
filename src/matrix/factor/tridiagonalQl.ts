/**
 * Eigenvalues and vectors of a small symmetric tridiagonal matrix by QL steps with Wilkinson's shift.
 *
 * A step factors T − μI = Q·L and forms L·Q + μI by rotations chased up the diagonal; the last off-diagonal vanishes at
 * a cubic rate. Source: J. Wilkinson, C. Reinsch, Handbook for Automatic Computation II, 1971, contribution II/4.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import { powerBelow, ROUND_OFF } from './input.ts'

/**
 * Solves the part low..high−1: d becomes the eigenvalues, ascending; row i of q, in columns low..high−1, is multiplied by
 * the rotations, so that unit vectors become the vectors of d[i]. e[i] couples i and i + 1; e[low..high−2] is destroyed.
 * ld is the distance of rows of q. Cost about 10·(high − low)³ flops.
 *
 * @throws NotSolvedError after 60 steps for one value (not known to happen).
 */
export function tridiagonalQl(
  d: Float64Array,
  e: Float64Array,
  q: Float64Array,
  ld: number,
  low: number,
  high: number,
): void {
  // In units of the largest entry (a power of two), so that squares stay in range.
  let unit = 0
  for (let i = low; i < high; i++) unit = Math.max(unit, Math.abs(d[i]), i < high - 1 ? Math.abs(e[i]) : 0)
  unit = powerBelow(unit)
  for (let i = low; i < high; i++) d[i] /= unit
  for (let i = low; i < high - 1; i++) e[i] /= unit
  for (let l = low; l < high; l++) {
    for (let step = 0; ; step++) {
      let m = l
      while (m < high - 1 && Math.abs(e[m]) > ROUND_OFF * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++
      if (m === l) break
      if (step === 60)
        throw new NotSolvedError(
          'tridiagonalQl: a value must settle within 60 steps; it did not. Please report the matrix.',
        )
      // The eigenvalue of the leading 2 × 2 that is nearer to d[l].
      const half = (d[l + 1] - d[l]) / (2 * e[l])
      const root = Math.sqrt(half * half + 1)
      const shift = d[l] - e[l] / (half + (half >= 0 ? root : -root))
      let [g, cos, sin, pending] = [d[m] - shift, 1, 1, 0]
      let i = m - 1
      for (; i >= l; i--) {
        const [f, b] = [sin * e[i], cos * e[i]]
        const r = Math.sqrt(f * f + g * g)
        if (i + 1 < m) e[i + 1] = r
        if (r === 0) break
        sin = f / r
        cos = g / r
        const h = d[i + 1] - pending
        const t = (d[i] - h) * sin + 2 * cos * b
        pending = sin * t
        d[i + 1] = h + pending
        g = cos * t - b
        for (let k = low, x = i * ld + low, y = x + ld; k < high; k++, x++, y++) {
          const [u, v] = [q[x], q[y]]
          q[x] = cos * u - sin * v
          q[y] = sin * u + cos * v
        }
      }
      if (i >= l) {
        // A zero on the way splits the matrix: go on with the parts.
        d[i + 1] -= pending
        if (m < high - 1) e[m] = 0
        continue
      }
      d[l] -= pending
      e[l] = g
      if (m < high - 1) e[m] = 0
    }
  }
  for (let i = low; i < high; i++) d[i] *= unit
  for (let i = low + 1; i < high; i++)
    for (let k = i; k > low && d[k - 1] > d[k]; k--) {
      const t = d[k]
      d[k] = d[k - 1]
      d[k - 1] = t
      for (let c = low, x = k * ld + low; c < high; c++, x++) {
        const u = q[x]
        q[x] = q[x - ld]
        q[x - ld] = u
      }
    }
}
