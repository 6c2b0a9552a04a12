/**
 * C: a ReLU program over every pattern there is, so that its optimum is the global optimum of network training.
 *
 * In three dimensions each cell of the central arrangement {x_i·u = 0} touches a ray orthogonal to two samples: step
 * from both ends of every such ray to the four sides of its two planes. In general position that is 2(1 + 29 + 406) = 872
 * cells for 30 samples, the empty pattern (and its opposite) among the rays only if it exists.
 * @module
 */
import { type Dense, dense, rowOf } from '../../src/matrix/dense.ts'
import { patternsOf, planted } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** Seed 7, n = 30, d = 3, five planted neurons, all 872 patterns. Optimum at lambda 0.1: 0.279218235. */
export const C: ProblemSource = {
  name: 'C',
  title: 'ReLU, squared: n = 30, d = 3, all 872 patterns (the global optimum)',
  levels: [{ lambda: 0.1 }, { lambda: 0.01 }, { lambda: 0.001 }],
  make() {
    const { x, y } = planted(7, { n: 30, d: 3, hidden: 5, patterns: 0 })
    return {
      name: 'C',
      kind: 'relu',
      loss: 'squared',
      outputs: 1,
      x,
      y,
      complete: true,
      ...patternsOf(x, cellsInSpace(x)),
    }
  },
}

/**
 * A vector inside every cell of the arrangement of X ∈ R^{n × 3} (columns of a 3 × m matrix, with repetitions).
 * Samples must be in general position: no three through one plane with the origin.
 */
export function cellsInSpace(x: Dense): Dense {
  const found: number[][] = []
  const longest = Math.sqrt(Math.max(...Array.from({ length: x.rows }, (_, i) => dot(rowOf(x, i), rowOf(x, i)))))
  for (let i = 0; i < x.rows; i++)
    for (let j = i + 1; j < x.rows; j++) {
      const [p, q] = [rowOf(x, i), rowOf(x, j)]
      const ray = unit(cross(p, q))
      let nearest = Infinity
      for (let k = 0; k < x.rows; k++)
        if (k !== i && k !== j) nearest = Math.min(nearest, Math.abs(dot(rowOf(x, k), ray)))
      const step = nearest / (10 * longest)
      for (const end of [1, -1])
        for (const [s, t] of [
          [1, 1],
          [1, -1],
          [-1, 1],
          [-1, -1],
        ]) {
          const aside = unit(inPlane(p, q, s, t))
          found.push(ray.map((value, k) => end * value + step * aside[k]))
        }
    }
  const out = dense(3, found.length)
  found.forEach((u, k) => {
    for (let j = 0; j < 3; j++) out.data[j * found.length + k] = u[j]
  })
  return out
}

/** The shortest v with p·v = s and q·v = t. */
function inPlane(p: ArrayLike<number>, q: ArrayLike<number>, s: number, t: number): number[] {
  const [pp, pq, qq] = [dot(p, p), dot(p, q), dot(q, q)]
  const determinant = pp * qq - pq * pq
  const [a, b] = [(s * qq - t * pq) / determinant, (t * pp - s * pq) / determinant]
  return [0, 1, 2].map(k => a * p[k] + b * q[k])
}

function cross(p: ArrayLike<number>, q: ArrayLike<number>): number[] {
  return [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
}

function dot(p: ArrayLike<number>, q: ArrayLike<number>): number {
  return p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
}

function unit(v: readonly number[]): number[] {
  const length = Math.hypot(...v)
  return v.map(value => value / length)
}
