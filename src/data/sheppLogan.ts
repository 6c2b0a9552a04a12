/**
 * The Shepp–Logan phantom: a head of ten ellipses, the standard test image of tomography and compression.
 *
 * Pixel (row i, column j) of an N × N image has its centre at x = (2j + 1)/N − 1, y = 1 − (2i + 1)/N, and holds the sum of the values of the
 * ellipses it lies in, borders included.
 * Sources: L. Shepp, B. Logan, The Fourier reconstruction of a head section, 1974 (the ellipses); P. Toft, The Radon Transform, 1996 (the modified
 * contrasts, in [0, 1]).
 * @module
 */
import { DomainError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'

/** Value, half axes, centre, and rotation in degrees. */
const ELLIPSES: readonly (readonly [number, number, number, number, number, number])[] = [
  [1, 0.69, 0.92, 0, 0, 0],
  [-0.8, 0.6624, 0.874, 0, -0.0184, 0],
  [-0.2, 0.11, 0.31, 0.22, 0, -18],
  [-0.2, 0.16, 0.41, -0.22, 0, 18],
  [0.1, 0.21, 0.25, 0, 0.35, 0],
  [0.1, 0.046, 0.046, 0, 0.1, 0],
  [0.1, 0.046, 0.046, 0, -0.1, 0],
  [0.1, 0.046, 0.023, -0.08, -0.605, 0],
  [0.1, 0.023, 0.023, 0, -0.606, 0],
  [0.1, 0.023, 0.046, 0.06, -0.605, 0],
]

/**
 * The phantom as a matrix of `size` × `size` grey values.
 *
 * @param size whole number ≥ 1.
 * @throws DomainError (E_PARAM_RANGE) for another size.
 */
export function sheppLogan(size: number): Dense {
  if (!(Number.isInteger(size) && size >= 1 && size <= 16384))
    throw new DomainError(`sheppLogan: size must be a whole number in 1..16384; got ${size}.`, 'E_PARAM_RANGE')
  const image = dense(size, size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const [x, y] = [(2 * j + 1) / size - 1, 1 - (2 * i + 1) / size]
      for (const [value, a, b, x0, y0, degrees] of ELLIPSES) {
        const angle = (degrees * Math.PI) / 180
        const u = (x - x0) * Math.cos(angle) + (y - y0) * Math.sin(angle)
        const v = (y - y0) * Math.cos(angle) - (x - x0) * Math.sin(angle)
        if ((u / a) ** 2 + (v / b) ** 2 <= 1) image.data[i * size + j] += value
      }
    }
  return image
}
