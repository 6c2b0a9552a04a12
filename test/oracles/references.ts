/**
 * Small data sets and the optima proved for them elsewhere (sum of losses, β = lambda of the sum form).
 */
import { type Dense, fromRows } from '../../src/matrix/dense.ts'

export const DS1: { readonly x: Dense; readonly y: readonly number[]; readonly classes: readonly number[] } = {
  x: fromRows([
    [-0.818, 0.578],
    [-0.182, -0.174],
    [0.97, -0.263],
    [-0.625, 0.65],
    [-0.45, -0.913],
    [0.999, 1.0],
    [-0.382, -0.895],
    [-0.681, 0.619],
  ]),
  y: [0.622, -0.227, -0.904, -0.897, -0.211, 0.635, 1.0, 0.608],
  classes: [0, 1, 2, 0, 1, 2, 1, 0],
}

export const DS2: { readonly x: Dense; readonly y: readonly number[]; readonly labels: readonly number[] } = {
  x: fromRows([
    [0.141, -0.926, 1],
    [-0.916, 0.494, 1],
    [-0.631, 0.798, 1],
    [0.578, -0.7, 1],
    [0.941, -0.618, 1],
    [-0.075, 0.859, 1],
    [-0.981, 0.397, 1],
    [-0.45, -0.961, 1],
    [0.74, -0.149, 1],
    [0.846, 1.0, 1],
  ]),
  y: [0.454, -0.589, -0.987, -0.307, 0.709, 0.95, 0.153, -0.811, -0.889, 0.004],
  labels: [1, -1, -1, -1, 1, 1, 1, -1, -1, 1],
}

export const XOR: { readonly x: Dense; readonly y: readonly number[] } = {
  x: fromRows([
    [0, 0, 1],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 1],
  ]),
  y: [-1, 1, 1, -1],
}

/** X_ij = round(1000·sin(1.3 i + 2.1 j + 0.7 i j))/1000, i and j from 1. */
export function generated(n: number, d: number): Dense {
  return fromRows(
    Array.from({ length: n }, (_, i) =>
      Array.from({ length: d }, (_value, j) => {
        const [a, b] = [i + 1, j + 1]
        return Math.round(1000 * Math.sin(1.3 * a + 2.1 * b + 0.7 * a * b)) / 1000
      }),
    ),
  )
}
