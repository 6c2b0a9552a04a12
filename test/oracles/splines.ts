/**
 * The one-dimensional network as a Lasso over hinges at the data, written out: coordinate descent on dense columns with a
 * free constant. For tiny data.
 */
import type { Loss } from '../../src/losses/index.ts'

/** Ten points of the tests: never change a number. */
export const DS4: { readonly x: number[]; readonly y: number[] } = {
  x: [-2, -1.4, -0.9, -0.3, 0.2, 0.7, 1.5, 2.2, 2.6, 3.0],
  y: [1, 0.4, 0.1, -0.6, -0.5, 0.3, 1.2, 0.9, 1.4, 2.0],
}

/** min over c, z of L(c + Σ z_j hinge_j) + β‖z‖₁, by coordinate descent on a quadratic bound of the loss. */
export function hingeLasso(x: ArrayLike<number>, loss: Loss, beta: number, sweeps = 20_000): number {
  const n = x.length
  const columns: Float64Array[] = [new Float64Array(n).fill(1)]
  for (let j = 0; j < n; j++)
    for (const side of [1, -1])
      columns.push(Float64Array.from({ length: n }, (_, i) => Math.max(0, side * (x[i] - x[j]))))
  const z = new Float64Array(columns.length)
  const fit = new Float64Array(n)
  const square = columns.map(a => loss.smoothness * a.reduce((s, v) => s + v * v, 0))
  const value = () => loss.value(fit) + beta * z.reduce((s, v, j) => (j === 0 ? s : s + Math.abs(v)), 0)
  let last = value()
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    columns.forEach((a, j) => {
      if (square[j] === 0) return
      const slope = loss.gradient(fit).reduce((s, t, i) => s + t * a[i], 0)
      const free = z[j] - slope / square[j]
      const next = j === 0 ? free : Math.sign(free) * Math.max(0, Math.abs(free) - beta / square[j])
      const step = next - z[j]
      if (step === 0) return
      for (let i = 0; i < n; i++) fit[i] += step * a[i]
      z[j] = next
    })
    if (sweep % 100 === 0) {
      const now = value()
      if (last - now < 1e-14 * now) break
      last = now
    }
  }
  return value()
}

/** L + β Σ|z| of hinges wherever they are. */
export function valueOfHinges(
  x: ArrayLike<number>,
  loss: Loss,
  spline: {
    readonly constant: number
    readonly hinges: readonly (readonly [knot: number, side: number, size: number])[]
    readonly beta: number
  },
): number {
  const fit = Float64Array.from(x, v =>
    spline.hinges.reduce((s, [k, side, size]) => s + size * Math.max(0, side * (v - k)), spline.constant),
  )
  return loss.value(fit) + spline.beta * spline.hinges.reduce((s, [, , size]) => s + Math.abs(size), 0)
}
