/**
 * Activation patterns in exact arithmetic, for the re-check: signs of products, and all cells of a small arrangement.
 *
 * Doubles times one power of two are integers, so every sign here is a sign of big integers. The cells of the hyperplanes
 * {u : x_i·u = 0} in R^r, r ≤ 3, come from flags: a cell is a cone with an extreme ray a (the cross product of two rows),
 * an edge direction b out of it (the cross product of a with a row that contains a) and a side ±x_k of that edge. The sign of
 * x_i at a + εb + ε²c is the first of x_i·a, x_i·b, x_i·c that is not 0: no tolerance, whatever is degenerate.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'

/** A pattern as one byte a sample. */
export type Bits = Uint8Array

type Vector = readonly [bigint, bigint, bigint]

/** The patterns of a mask matrix, one array of bits each. */
export function bitsOf(masks: Masks): Bits[] {
  return Array.from({ length: masks.patterns }, (_, k) =>
    Uint8Array.from(
      { length: masks.samples },
      (_value, i) => (masks.words[k * masks.stride + (i >>> 5)] >>> (i & 31)) & 1,
    ),
  )
}

/** 1[x_i·g > 0] for every row, exactly. Cost: n·d flops; big integers only where rounding could decide. */
export function exactPattern(x: Dense, g: Float64Array): Bits {
  const bits = new Uint8Array(x.rows)
  for (let i = 0; i < x.rows; i++) {
    const row = x.data.subarray(i * x.cols, (i + 1) * x.cols)
    let [sum, size] = [0, 0]
    for (let j = 0; j < x.cols; j++) {
      sum += row[j] * g[j]
      size += Math.abs(row[j] * g[j])
    }
    const clear = Math.abs(sum) > (x.cols + 4) * 4.5e-16 * size + 1e-280
    bits[i] = (clear ? sum : exactInner(row, g)) > 0 ? 1 : 0
  }
  return bits
}

/** Every pattern 1[Xu > 0] of a cell with an interior, without repetition; samples x_i = 0 have bit 0. */
export function exactCells(x: Dense): Bits[] {
  if (x.cols > 3)
    throw new UnsupportedError(
      `recheck: patterns are enumerated again for at most 3 columns; got ${x.cols}. Trust the 'restricted' scope only.`,
    )
  const rows = integerRows(x)
  const found = new Map<string, Bits>()
  const emit = (flag: readonly Vector[]) => {
    const bits = Uint8Array.from(rows, row => {
      for (const u of flag) {
        const product = inner(row, u)
        if (product !== 0n) return product > 0n ? 1 : 0
      }
      return 0
    })
    found.set(bits.join(''), bits)
  }
  const live = rows.filter(row => !isZero(row))
  for (let i = 0; i < live.length; i++)
    for (let j = i + 1; j < live.length; j++) {
      const a = cross(live[i], live[j])
      if (isZero(a)) continue
      for (const ray of [a, negative(a)])
        for (const k of live) {
          if (inner(k, ray) !== 0n) continue
          const edge = cross(ray, k)
          for (const b of [edge, negative(edge)]) for (const c of [k, negative(k)]) emit([ray, b, c])
        }
    }
  // All rows on one line: two half-spaces, which no cross product shows.
  if (found.size === 0 && live.length > 0) for (const c of [live[0], negative(live[0])]) emit([c])
  return [...found.values()]
}

/** The sign of row·g as a big integer (a positive multiple of the exact value). */
function exactInner(row: Float64Array, g: Float64Array): bigint {
  const [a, b] = [integers(row), integers(g)]
  return a.reduce((sum, v, j) => sum + v * b[j], 0n)
}

function integerRows(x: Dense): Vector[] {
  const all = integers(x.data)
  return Array.from({ length: x.rows }, (_, i) => {
    const at = (j: number) => (j < x.cols ? all[i * x.cols + j] : 0n)
    return [at(0), at(1), at(2)]
  })
}

/** values·2^k as integers, with one k for all. */
function integers(values: Float64Array): bigint[] {
  let k = 0
  for (const v of values)
    while (k < 1100 && !Number.isInteger(v * 2 ** Math.min(k, 1000) * 2 ** Math.max(0, k - 1000))) k++
  return Array.from(values, v => {
    const big = v * 2 ** Math.min(k, 1000) * 2 ** Math.max(0, k - 1000)
    if (!Number.isFinite(big))
      throw new UnsupportedError(`recheck: the values span too many powers of two for exact signs; got ${v}. Rescale.`)
    return BigInt(big)
  })
}

function inner(a: Vector, b: Vector): bigint {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function negative(a: Vector): Vector {
  return [-a[0], -a[1], -a[2]]
}

function isZero(a: Vector): boolean {
  return a[0] === 0n && a[1] === 0n && a[2] === 0n
}
