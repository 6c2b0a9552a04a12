/**
 * The laws of every compression. A new method joins by one row.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { readCompressed, writeCompressed } from '../../src/formats/compressedFile.ts'
import { configureCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, rowOf, transpose } from '../../src/matrix/dense.ts'
import { svd } from '../../src/matrix/factor/svd.ts'
import {
  bitsOf,
  type Compressed,
  type CompressOptions,
  compress,
  compressedOperator,
  decompress,
  nearestRows,
  rankOf,
} from '../../src/models/compression/index.ts'
import { bruteRankOne, naiveBits, naiveMatrix } from '../oracles/compression.ts'
import { distance, times } from '../oracles/linearAlgebra.ts'
import { expectNear } from '../oracles/numbers.ts'
import { parkMillerMatrix } from '../oracles/sketches.ts'

/** Decaying spectrum, so that rank matters, at a wild scale. */
function decaying(n: number, d: number, seed: number, scale = 1): Dense {
  const m = Math.min(n, d)
  const left = parkMillerMatrix(n, m, seed)
  for (let t = 0; t < left.data.length; t++) left.data[t] *= scale * 0.8 ** (t % m)
  return times(left, parkMillerMatrix(m, d, seed + 1))
}

const matrices: readonly (readonly [string, Dense])[] = [
  ['tall', decaying(60, 23, 5)],
  ['wide and huge', decaying(21, 50, 7, 1e200)],
  ['tiny numbers', decaying(31, 30, 9, 1e-200)],
]

const methods: readonly (readonly [string, CompressOptions])[] = [
  ['auto', { bitsPerEntry: 3 }],
  ['direct, clip', { method: 'direct', bits: 3 }],
  ['direct, min-max, one scale', { method: 'direct', bits: 4, grid: 'min-max', scale: 'matrix' }],
  ['direct, codebook', { method: 'direct', bits: 2, grid: 'codebook' }],
  ['direct, sign', { method: 'direct', bits: 1 }],
  ['direct, unbiased', { method: 'direct', bits: 3, unbiased: true }],
  ['lplr as published', { method: 'lplr', rank: 5, bits: 4, grid: 'min-max', rounds: 0 }],
  ['lplr-svd', { method: 'lplr-svd', rank: 5, leftBits: 3, rightBits: 5, rounds: 3 }],
  ['dsvd', { method: 'dsvd', rank: 4, bits: 8 }],
  ['graded', { method: 'graded', bitsPerEntry: 4 }],
  ['graded, even', { method: 'graded', rank: 6, bits: 2, rounds: 5 }],
  ['caldera', { method: 'caldera', bits: 2, rank: 3, rounds: 6 }],
  ['caldera, calibrated', { method: 'caldera', bits: 2, rank: 3, rounds: 3 }],
]

const withInputs = (name: string, a: Dense, options: CompressOptions): CompressOptions =>
  name === 'caldera, calibrated' ? { ...options, calibration: parkMillerMatrix(40, a.cols, 3) } : options

describe.each(methods)('%s', (name, options) => {
  it.each(matrices)('on a matrix that is %s obeys the laws', async (_, a) => {
    const before = a.data.slice()
    const all = withInputs(name, a, options)
    const result = await compress(a, all)
    const { compressed: c } = result
    expect(a.data).toEqual(before)

    // Decoded as the format says, entry by entry.
    const naive = naiveMatrix(c)
    const back = decompress(c)
    const size = Math.sqrt(sum(a.data.map(v => (v / unit(a)) ** 2))) * unit(a)
    expect(distance(scaled(back, a), scaled(naive, a))).toBeLessThan(1e-12)

    // The error stored is the error.
    const error = unit(a) * Math.sqrt(sum(a.data.map((v, t) => ((v - naive.data[t]) / unit(a)) ** 2)))
    expect(Math.abs(c.error - error)).toBeLessThan(1e-12 * size)
    expect(c.norm).toBeCloseTo(size, -Math.floor(Math.log10(size)) + 10)
    expect(result.relativeError).toBe(c.error / c.norm)

    // Every bit is counted, and the budget is kept.
    expect(bitsOf(c)).toBe(naiveBits(c))
    expect(result.bits).toBe(bitsOf(c))
    if (options.bitsPerEntry !== undefined) expect(result.bitsPerEntry).toBeLessThanOrEqual(options.bitsPerEntry)

    // To bytes and back: the same bits everywhere.
    const bytes = writeCompressed(c)
    const read = readCompressed(bytes)
    expect(read).toEqual(c)
    expect(decompress(read).data).toEqual(back.data)
    expect(bytes.length * 8).toBeLessThan(result.bits + 8 * 48 + c.terms.length * 8 * 17 + 8)

    // No rank-m matrix can be nearer than the tail of the spectrum.
    if (c.terms.every(term => term.kind === 'product')) {
      const { values } = svd(a)
      const tail = unit(a) * Math.sqrt(sum(values.subarray(rankOf(c)).map(v => (v / unit(a)) ** 2)))
      expect(c.error).toBeGreaterThanOrEqual(tail * (1 - 1e-9))
    }
    productsAgree(c, back, a)
    neighboursAgree(c, back, a)
  })

  it('is a function of matrix, options and seed, whatever the threads', async () => {
    const a = decaying(300, 40, 11)
    const all = withInputs(name, a, { ...options, seed: 5, rounds: 2 })
    const first = await compress(a, all)
    const again = await compress(a, all)
    configureCompute({ backend: 'wasm', threads: 1 })
    const alone = await compress(a, all)
    configureCompute({ backend: 'wasm', threads: 3 })
    const together = await compress(a, all)
    configureCompute({})
    expect(again.compressed).toEqual(first.compressed)
    // More rows than are decoded at a time.
    expect(distance(decompress(first.compressed), naiveMatrix(first.compressed))).toBeLessThan(1e-10)
    expect(together.compressed).toEqual(alone.compressed)
  })
})
afterAll(() => configureCompute({}))

describe('more bits', () => {
  it.each(['auto', 'graded'] as const)('%s: are never worse', async method => {
    for (const [, a] of matrices) {
      let last = Infinity
      for (const bitsPerEntry of [1, 1.5, 2, 3, 4, 6, 8]) {
        const { relativeError } = await compress(a, { method, bitsPerEntry })
        expect(relativeError).toBeLessThanOrEqual(last)
        last = relativeError
      }
    }
  })
})

describe('more rounds', () => {
  it.each(['graded', 'lplr-svd', 'caldera'] as const)('%s: are never worse', async method => {
    let last = Infinity
    for (const rounds of [0, 1, 2, 5, 10]) {
      const { relativeError } = await compress(decaying(60, 23, 5), { method, rank: 8, bits: 2, rounds })
      expect(relativeError).toBeLessThanOrEqual(last)
      last = relativeError
    }
  })
})

describe('against all codes there are', () => {
  it.each([1, 2])(
    '%i bit: rank one on 2 × 2 and 3 × 2 is never below the optimum, and within 10 % of it',
    async bits => {
      for (let seed = 1; seed <= 12; seed++) {
        const a = parkMillerMatrix(seed % 2 === 0 ? 2 : 3, 2, seed)
        const { compressed } = await compress(a, { method: 'graded', rank: 1, bits })
        const least = bruteRankOne(a, bits)
        expect(compressed.error ** 2).toBeGreaterThanOrEqual(least - 1e-12)
        const norm = compressed.norm ** 2
        expect(norm - compressed.error ** 2).toBeGreaterThanOrEqual(0.9 * (norm - least))
      }
    },
  )
})

describe('unbiased', () => {
  it('every entry is right on average over seeds', async () => {
    const a = parkMillerMatrix(4, 3, 2)
    const draws = 400
    const mean = new Float64Array(12)
    for (let seed = 0; seed < draws; seed++) {
      const { compressed } = await compress(a, { method: 'direct', bits: 2, unbiased: true, seed })
      decompress(compressed).data.forEach((v, t) => {
        mean[t] += v / draws
      })
    }
    // Standard error at most step/2/√400 < 0.017; 12 entries at 4.5 of them.
    expectNear(mean, a.data, 0.075)
  })
})

function productsAgree(c: Compressed, back: Dense, a: Dense): void {
  const operator = compressedOperator(c)
  const x = parkMillerMatrix(2, c.cols, 17)
  const y = parkMillerMatrix(2, c.rows, 19)
  const [forward, adjoint] = [operator.applyBlock(x), operator.applyTBlock(y)]
  expect(distance(scaled(forward, a), scaled(times(x, transpose(back)), a))).toBeLessThan(1e-10)
  expect(distance(scaled(adjoint, a), scaled(times(y, back), a))).toBeLessThan(1e-10)
  expect(operator.apply(rowOf(x, 1))).toEqual(rowOf(forward, 1).slice())
}

function neighboursAgree(c: Compressed, back: Dense, a: Dense): void {
  const [items, count] = [scaled(back, a), 4]
  const queries = parkMillerMatrix(3, c.cols, 23)
  const index = nearestRows({ ...c, exponent: c.exponent - Math.log2(unit(a)) })
  for (const metric of ['euclidean', 'cosine', 'inner'] as const) {
    const found = index.search(queries, { count, metric })
    for (let q = 0; q < queries.rows; q++) {
      const scores = Array.from({ length: items.rows }, (_, i) => score(rowOf(items, i), rowOf(queries, q), metric))
      const best = scores.slice().sort((s, t) => (metric === 'euclidean' ? s - t : t - s))
      for (let k = 0; k < count; k++) {
        expect(Math.abs(found.score[q * count + k] - best[k])).toBeLessThan(1e-9)
        expect(Math.abs(scores[found.index[q * count + k]] - best[k])).toBeLessThan(1e-9)
      }
    }
  }
}

function score(item: Float64Array, query: Float64Array, metric: 'euclidean' | 'cosine' | 'inner'): number {
  const inner = sum(item.map((v, j) => v * query[j]))
  if (metric === 'inner') return inner
  if (metric === 'euclidean') return sum(item.map((v, j) => (v - query[j]) ** 2))
  const sizes = sum(item.map(v => v * v)) * sum(query.map(v => v * v))
  return sizes === 0 ? 0 : inner / Math.sqrt(sizes)
}

/** A power of two near the largest entry, so that squares stay within range. */
function unit(a: Dense): number {
  return 2 ** Math.floor(Math.log2(a.data.reduce((top, v) => Math.max(top, Math.abs(v)), 0)))
}

function scaled(x: Dense, a: Dense): Dense {
  const by = unit(a)
  return dense(
    x.rows,
    x.cols,
    x.data.map(v => v / by),
  )
}

function sum(values: Float64Array): number {
  return values.reduce((total, v) => total + v, 0)
}
