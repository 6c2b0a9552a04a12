/**
 * How well a sketch keeps the columns of A: for A = U·R with orthonormal U, the eigenvalues of UᵀSᵀSU = R⁻ᵀ(SA)ᵀ(SA)R⁻¹ are the squares of what S does to
 * unit vectors of range(A). Distortion = ‖UᵀSᵀSU − I‖₂; Gaussian-like sketches come to about (1 + √(d/m))² − 1 (less at small d).
 * @module
 */
import { compute } from '../matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../matrix/dense.ts'
import { eigh } from '../matrix/factor/eigh.ts'
import { solveTriangularMany } from '../matrix/factor/triangular.ts'

/** What S does to squared lengths in range(A). */
export interface Embedding {
  /** Smallest and largest eigenvalue of UᵀSᵀSU. */
  readonly least: number
  readonly most: number
  /** max(most − 1, 1 − least). */
  readonly distortion: number
}

/**
 * Measures a sketch.
 *
 * @param sa S·A ∈ R^{m × d}.
 * @param r R ∈ R^{d × d}, upper triangular with AᵀA = RᵀR: from `qr`, or from a Cholesky factor where A is not held.
 * @throws DomainError when R is singular. Cost: 2m·d² + 10d³.
 */
export function embedding(sa: Dense, r: Dense): Embedding {
  const d = r.rows
  // (SA·R⁻¹)ᵀ = R⁻ᵀ(SA)ᵀ.
  const su = solveTriangularMany(r, transpose(sa), { upper: true, transpose: true })
  const g = dense(d, d)
  compute().syrk(false, d, su.cols, 1, su.data, su.cols, 0, g.data, d)
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) g.data[j * d + i] = g.data[i * d + j]
  const { values } = eigh(g)
  const [least, most] = [Math.max(0, values[0]), values[d - 1]]
  return { least, most, distortion: Math.max(most - 1, 1 - least) }
}

/** (1 + √(d/m))² − 1: the distortion of a Gaussian sketch of m rows for large d. */
export function gaussianDistortion(cols: number, rows: number): number {
  return (1 + Math.sqrt(cols / rows)) ** 2 - 1
}
