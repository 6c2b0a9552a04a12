/**
 * Naive twins of the sketches: S entry by entry from the table of addresses, and the park-and-miller test data of the references.
 */
import { type Dense, dense } from '../../src/matrix/dense.ts'
import { normalPair, threefry, u53 } from '../../src/random/index.ts'
import type { SketchKind } from '../../src/sketch/sketch.ts'

/** Uniform numbers s/2147483647, s ← 16807·s mod 2147483647. */
export function parkMiller(seed: number): () => number {
  let s = seed
  return () => {
    s = (16807 * s) % 2147483647
    return s / 2147483647
  }
}

/** n × d numbers in (−1, 1), row by row. */
export function parkMillerMatrix(n: number, d: number, seed: number): Dense {
  const next = parkMiller(seed)
  return dense(
    n,
    d,
    Float64Array.from({ length: n * d }, () => 2 * next() - 1),
  )
}

const word = (seed: number, stream: number, c0: number, c1: number) =>
  threefry({ k0: seed, k1: stream }, c0, c1, { x0: 0, x1: 0 })
const uniform = (seed: number, stream: number, c0: number, c1: number) => u53(word(seed, stream, c0, c1))
const coin = (seed: number, stream: number, c0: number, c1: number) => 1 - 2 * (word(seed, stream, c0, c1).x0 & 1)
const signBit = (seed: number, stream: number, index: number, high = 0) => {
  const { x0, x1 } = word(seed, stream, Math.floor(index / 64), high)
  return 1 - 2 * (((index % 64 < 32 ? x0 : x1) >>> (index % 32)) & 1)
}

/** A shuffle by swaps of a whole array. */
function shuffled(seed: number, stream: number, n: number): number[] {
  const cells = Array.from({ length: n }, (_, i) => i)
  for (let t = 0; t < n; t++) {
    const r = t + Math.min(Math.floor(uniform(seed, stream, t, 0) * (n - t)), n - t - 1)
    ;[cells[t], cells[r]] = [cells[r], cells[t]]
  }
  return cells
}

/** Entry of the Walsh–Hadamard matrix by the recursion. */
function hadamard(i: number, j: number): number {
  let sign = 1
  for (let b = 1; b <= i; b *= 2) if (Math.floor(i / b) % 2 === 1 && Math.floor(j / b) % 2 === 1) sign = -sign
  return sign
}

export interface TwinOptions {
  readonly rows: number
  readonly samples: number
  readonly seed: number
  readonly sparsity?: number
  readonly probabilities?: readonly number[]
  readonly blockRows?: number
}

/** S of one kind, by the definition. */
export function sketchMatrix(kind: SketchKind, options: TwinOptions): Dense {
  const { rows: m, samples: n, seed, sparsity: s = 1, blockRows = 1 } = options
  const p = options.probabilities ?? Array.from({ length: n }, () => 1 / n)
  let padded = 1
  while (padded < n) padded *= 2
  const pick = (u: number): number => {
    let sum = 0
    for (let j = 0; j < n; j++) {
      sum += p[j]
      if (u < sum) return j
    }
    return n - 1
  }
  const from = (entry: (i: number, j: number) => number, rows = m): Dense =>
    dense(
      rows,
      n,
      Float64Array.from({ length: rows * n }, (_, t) => entry(Math.floor(t / n), t % n)),
    )
  switch (kind) {
    case 'gaussian':
      return from((i, j) => {
        const pair = normalPair(word(seed, 1, j, Math.floor(i / 2)), { even: 0, odd: 0 })
        return (i % 2 === 0 ? pair.even : pair.odd) / Math.sqrt(m)
      })
    case 'rademacher':
      return from((i, j) => {
        const { x0, x1 } = word(seed, 2, j, Math.floor(i / 64))
        return (1 - 2 * (((i % 64 < 32 ? x0 : x1) >>> (i % 32)) & 1)) / Math.sqrt(m)
      })
    case 'countsketch':
      return from((i, j) => (Math.floor(uniform(seed, 3, j, 0) * m) === i ? coin(seed, 3, j, 1) : 0))
    case 'sjlt':
      return from((i, j) => {
        for (let k = 0, first = 0; k < s; k++) {
          const size = Math.floor(m / s) + (k < m % s ? 1 : 0)
          if (i >= first && i < first + size)
            return first + Math.floor(uniform(seed, 4, j, 2 * k) * size) === i
              ? coin(seed, 4, j, 2 * k + 1) / Math.sqrt(s)
              : 0
          first += size
        }
        return Number.NaN
      })
    case 'srht': {
      const rows = shuffled(seed, 6, padded)
      return from((i, j) => (hadamard(rows[i], j) * signBit(seed, 5, j)) / Math.sqrt(m))
    }
    case 'srht-blocksample': {
      const rows = shuffled(seed, 20, padded)
      return from((i, j) => (hadamard(rows[i], j) * signBit(seed, 5, j)) / Math.sqrt(m))
    }
    case 'srht-blocksum': {
      const rows = shuffled(seed, 6, blockRows)
      return from((i, j) => {
        const left = signBit(seed, 5, Math.floor(j / blockRows) * m + i, 1)
        return (left * hadamard(rows[i], j % blockRows) * signBit(seed, 5, j)) / Math.sqrt(m)
      })
    }
    case 'uniform': {
      const rows = shuffled(seed, 6, n)
      return from((i, j) => (rows[i] === j ? Math.sqrt(n / m) : 0))
    }
    case 'leverage':
      return from((i, j) => (pick(uniform(seed, 7, i, 0)) === j ? 1 / Math.sqrt(m * p[j]) : 0))
    case 'bernoulli': {
      const q = p.map(each => Math.min(1, m * each))
      const kept = q.flatMap((each, j) => (uniform(seed, 7, j, 1) < each ? [j] : []))
      return from((i, j) => (kept[i] === j ? 1 / Math.sqrt(q[j]) : 0), kept.length)
    }
    case 'less':
    case 'less-uniform':
      return from((i, j) => {
        let sum = 0
        for (let k = 0; k < s; k++)
          if (pick(uniform(seed, 8, i, 2 * k)) === j) sum += coin(seed, 8, i, 2 * k + 1) / Math.sqrt(m * s * p[j])
        return sum
      })
  }
}
