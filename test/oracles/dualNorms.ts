/** Naive twins of the oracles: brute force over sign vectors, and the small graphs whose maximum cuts are known. */
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { nnls } from '../../src/matrix/factor/nnls.ts'
import { everyPattern } from './patterns.ts'

/** max over ‖u‖ ≤ 1 of |θᵀ(Xu)₊|, cell by cell: the length of the projection of ±XᵀD θ on each closed cell. For n ≤ 10 or so. */
export function bruteNorm(x: Dense, theta: ArrayLike<number>): number {
  const [n, d] = [x.rows, x.cols]
  let most = 0
  for (const pattern of everyPattern(x))
    for (const sign of [1, -1]) {
      const q = new Float64Array(d)
      const cone = dense(n, d)
      for (let i = 0; i < n; i++) {
        const on = pattern[i] === '1'
        for (let j = 0; j < d; j++) {
          if (on) q[j] += sign * theta[i] * x.data[i * d + j]
          cone.data[i * d + j] = (on ? 1 : -1) * x.data[i * d + j]
        }
      }
      const { residual } = nnls(
        cone,
        q.map(v => -v),
      )
      most = Math.max(most, Math.hypot(...residual))
    }
  return most
}

/** max over s ∈ {±1}^m of ‖Σ s_i z_i‖, by trying all. */
export function bruteSigns(z: Dense): number {
  let most = 0
  for (let code = 0; code < 2 ** z.rows; code++) {
    const sum = new Float64Array(z.cols)
    for (let i = 0; i < z.rows; i++)
      for (let j = 0; j < z.cols; j++) sum[j] += ((code >>> i) & 1 ? 1 : -1) * z.data[i * z.cols + j]
    most = Math.max(most, Math.hypot(...sum))
  }
  return most
}

export interface Graph {
  readonly name: string
  readonly nodes: number
  readonly edges: readonly (readonly [number, number])[]
  /** Edges of a maximum cut. */
  readonly cut: number
  /** √(the semidefinite relaxation of ‖Σ s_v x_v‖²). */
  readonly relaxation: number
}

const ring = (n: number): (readonly [number, number])[] =>
  Array.from({ length: n }, (_, i) => [i, (i + 1) % n] as const)

export const GRAPHS: readonly Graph[] = [
  { name: 'K3', nodes: 3, edges: ring(3), cut: 2, relaxation: 3 },
  { name: 'C5', nodes: 5, edges: ring(5), cut: 4, relaxation: 4.25325404 },
  { name: 'K4', nodes: 4, edges: [...ring(4), [0, 2], [1, 3]], cut: 4, relaxation: 4 },
  {
    name: 'Petersen',
    nodes: 10,
    edges: [
      ...ring(5),
      ...Array.from({ length: 5 }, (_, i) => [5 + i, 5 + ((i + 2) % 5)] as const),
      ...Array.from({ length: 5 }, (_, i) => [i, 5 + i] as const),
    ],
    cut: 12,
    relaxation: 7.07106781,
  },
]

/** Rows ±(incidence of each node): with θ = 1 the dual norm is 2√(maximum cut). */
export function incidenceRows({ nodes, edges }: Graph): Dense {
  const half = Array.from({ length: nodes }, (_, v) => edges.map(([a, b]) => (a === v ? 1 : b === v ? -1 : 0)))
  return fromRows([...half, ...half.map(row => row.map(value => 0 - value))])
}
