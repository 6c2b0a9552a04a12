import { describe, expect, it } from 'vitest'
import { times } from '../../../test/oracles/linearAlgebra.ts'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { dense, fromRows } from '../../matrix/dense.ts'
import { evenBits } from './allocateBits.ts'
import { calibratedError } from './caldera.ts'
import { type CompressOptions, compress } from './compress.ts'
import { allLines, decompress, rankOf } from './compressed.ts'
import { gradedImage, improveFactors, roundFactors } from './gradedFactors.ts'
import { gradedLines } from './gradedLines.ts'
import { ldlq, unitUpper } from './ldlq.ts'
import { leadingFactors } from './leadingFactors.ts'
import { squaredDistance } from './lines.ts'
import { nearestRows } from './nearestRows.ts'

const a = parkMillerMatrix(20, 12, 3)

describe('compress', () => {
  it.each([
    ['a constant', 7.25],
    ['zero', 0],
  ])('keeps %s matrix exactly, without terms', async (_, value) => {
    const constant = dense(5, 4, new Float64Array(20).fill(value))
    const { compressed, relativeError, bits, method } = await compress(constant, { bitsPerEntry: 0.1 })
    expect([rankOf(compressed), compressed.error, relativeError, method]).toEqual([0, 0, 0, 'constant'])
    expect(bits).toBe(value === 0 ? 0 : 64)
    expect(decompress(compressed)).toEqual(constant)
  })

  it('stops at a signal or a time with the best so far', async () => {
    const controller = new AbortController()
    controller.abort()
    const stopped = await compress(a, { bitsPerEntry: 2, signal: controller.signal })
    expect([stopped.status, stopped.steps]).toEqual(['aborted', 1])
    expect(stopped.relativeError).toBeLessThan(1)
    expect((await compress(a, { bitsPerEntry: 2, maxTime: 1e-9 })).status).toBe('max-time')
  })

  it('reports each step', async () => {
    const seen: number[] = []
    const onProgress = ({ step }: { step: number }) => seen.push(step)
    const { steps } = await compress(a, { method: 'graded', rank: 3, bits: 4, rounds: 4, onProgress })
    expect(seen).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
  })

  it('says what it tried, best first', async () => {
    const { tried, method, reason, relativeError } = await compress(a, { bitsPerEntry: 3 })
    expect(tried.length).toBeGreaterThan(5)
    expect(tried[0].name).toBe(method)
    expect(tried[0].relativeError).toBeCloseTo(relativeError, 9)
    expect(tried.map(t => t.relativeError)).toEqual(tried.map(t => t.relativeError).sort((s, t) => s - t))
    expect(reason).toContain(tried[1].name)
    for (const { bits } of tried) expect(bits).toBeLessThanOrEqual(3 * 240)
  })

  const nan = fromRows([
    [1, 2],
    [3, Number.NaN],
  ])
  it.each([
    [dense(0, 3), {}, 'E_SHAPE', 'must have entries; got 0 × 3'],
    [nan, {}, 'E_NONFINITE', 'entries must be finite; got NaN at row 1, column 1'],
    [a, { bitsPerEntry: 0 }, 'E_BUDGET', 'bitsPerEntry must be a number > 0; got 0'],
    [a, { bitsPerEntry: 0.01 }, 'E_BUDGET', 'got 2 bits for 20 × 12 entries'],
    [a, { method: 'direct', bits: 4, bitsPerEntry: 2 }, 'E_BUDGET', 'must pay for at least'],
    [a, { method: 'graded', bits: 4, rank: 9, bitsPerEntry: 2 }, 'E_BUDGET', 'rank 9 must fit the budget'],
    [a, { bits: 9 }, 'E_PARAM_RANGE', 'bits must be a whole number in 1..8; got 9'],
    [a, { leftBits: 0 }, 'E_PARAM_RANGE', 'leftBits must be a whole number in 1..8; got 0'],
    [a, { rank: 13 }, 'E_PARAM_RANGE', 'rank must be a whole number in 1..12, the shorter side of the matrix; got 13'],
    [a, { rounds: -1 }, 'E_PARAM_RANGE', 'rounds must be a whole number ≥ 0; got -1'],
    [a, { method: 'graded', unbiased: true }, 'E_CLAIM', 'only method direct is unbiased; got graded'],
    [a, { calibration: a }, 'E_UNSUPPORTED', 'calibration inputs are for method caldera; got auto'],
    [a, { method: 'caldera', calibration: dense(3, 5) }, 'E_SHAPE', 'must have 12 columns, as the matrix; got 5'],
    [a, { method: 'auto', bits: 3 }, 'E_UNSUPPORTED', 'auto chooses the bits itself'],
    [a, { method: 'lplr', grid: 'codebook' }, 'E_UNSUPPORTED', 'codebooks are for method direct; got lplr'],
  ] as [typeof a, CompressOptions, string, string][])('refuses %#', async (matrix, options, code, text) => {
    await expect(compress(matrix, options)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })

  it('takes the smaller of two that are exact', async () => {
    const few = dense(
      40,
      30,
      Float64Array.from({ length: 1200 }, (_, t) => (7 * t * t) % 4),
    )
    const { relativeError, bitsPerEntry } = await compress(few, { bitsPerEntry: 9, rounds: 2 })
    expect(relativeError).toBe(0)
    expect(bitsPerEntry).toBeLessThan(2.2)
  })

  it('refuses a matrix whose norm is no number', async () => {
    const huge = dense(2, 2, Float64Array.of(1.7e308, -1.7e308, 1.7e308, 1e308))
    await expect(compress(huge, { bitsPerEntry: 20 })).rejects.toThrow('norm of the matrix must be below 1.8e308')
  })

  it.each([
    ['one row', dense(1, 5, Float64Array.of(1, -2, 3, 0.5, 9))],
    ['one column', dense(5, 1, Float64Array.of(1, -2, 3, 0.5, 9))],
    ['the largest and smallest numbers', dense(2, 2, Float64Array.of(8e307, 5e-324, -8e307, 3e-310))],
    ['denormal numbers', dense(2, 3, Float64Array.of(5e-324, 1e-322, 0, 4e-320, -1e-321, 2e-323))],
    ['a single entry that is not zero', dense(4, 4, Float64Array.of(0, 0, 0, 0, 0, 0, -3, ...new Float64Array(9)))],
  ])('takes %s', async (_, matrix) => {
    const { relativeError } = await compress(matrix, { bitsPerEntry: 60 })
    expect(relativeError).toBeLessThan(0.1)
    expect(relativeError).toBeGreaterThanOrEqual(0)
  })

  it('refuses an unknown method', async () => {
    const options = { method: 'zip' } as unknown as CompressOptions
    await expect(compress(a, options)).rejects.toThrow(/must be one of auto, direct, lplr.*; got zip/)
  })

  it('finds a low-rank spike under noise: Q + L·R beats Q alone by far', async () => {
    const spike = times(parkMillerMatrix(40, 3, 5), parkMillerMatrix(3, 32, 7))
    const w = dense(
      40,
      32,
      parkMillerMatrix(40, 32, 9).data.map((v, t) => v + 8 * spike.data[t]),
    )
    const plain = await compress(w, { method: 'direct', bits: 2 })
    const both = await compress(w, { method: 'caldera', bits: 2, rank: 3 })
    expect(both.relativeError).toBeLessThan(0.4 * plain.relativeError)
  })

  it('calibrated: makes the error that the inputs see smaller', async () => {
    const inputs = dense(
      90,
      12,
      parkMillerMatrix(90, 12, 13).data.map((v, t) => v * 0.6 ** (t % 12)),
    )
    const shape = { method: 'caldera', bits: 2, rank: 2 } as const
    const blind = await compress(a, shape)
    const seeing = await compress(a, { ...shape, calibration: inputs })
    const seen = (c: typeof blind) => calibratedError(a, decompress(c.compressed), inputs)
    expect(seen(seeing)).toBeLessThan(0.8 * seen(blind))
  })
})

describe('parts', () => {
  it('graded factors: no round raises the error, and the error is that of the factors', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const x = parkMillerMatrix(9, 7, seed)
      const plan = evenBits(4, 1 + (seed % 3), 2)
      let state = roundFactors(x, leadingFactors(x, 4), plan)
      for (let round = 0; round < 25; round++) {
        const next = improveFactors(x, state)
        expect(next.squaredError).toBeLessThanOrEqual(state.squaredError)
        state = next
      }
      expect(squaredDistance(x, gradedImage(state))).toBeCloseTo(state.squaredError, 12)
      expect(state.scale).toEqual(Float64Array.from(state.scale, Math.fround))
    }
  })

  it('unitUpper: H = U·D·Uᵀ', () => {
    const x = parkMillerMatrix(9, 5, 1)
    const h = times(
      dense(
        5,
        9,
        Float64Array.from({ length: 45 }, (_, t) => x.data[(t % 9) * 5 + Math.floor(t / 9)]),
      ),
      x,
    )
    const u = unitUpper(h)
    // U⁻¹·H·U⁻ᵀ is diagonal: solve by back substitution on rows.
    const solve = (m: typeof h) => {
      const out = dense(5, 5, m.data.slice())
      for (let i = 4; i >= 0; i--)
        for (let k = i + 1; k < 5; k++)
          for (let j = 0; j < 5; j++) out.data[i * 5 + j] -= u.data[i * 5 + k] * out.data[k * 5 + j]
      return out
    }
    const flip = (m: typeof h) =>
      dense(
        5,
        5,
        Float64Array.from({ length: 25 }, (_, t) => m.data[(t % 5) * 5 + Math.floor(t / 5)]),
      )
    const d = solve(flip(solve(h)))
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 5; j++) {
        if (i === j) expect(u.data[i * 5 + i]).toBe(1)
        else expect(Math.abs(d.data[i * 5 + j])).toBeLessThan(1e-12)
        if (j < i) expect(u.data[i * 5 + j]).toBe(0)
      }
  })

  it('ldlq: less weighted error than rounding', () => {
    const inputs = parkMillerMatrix(60, 12, 21)
    for (let i = 0; i < 60; i++) for (let j = 1; j < 12; j++) inputs.data[i * 12 + j] += 2 * inputs.data[i * 12]
    const h = times(
      dense(
        12,
        60,
        Float64Array.from({ length: 720 }, (_, t) => inputs.data[(t % 60) * 12 + Math.floor(t / 60)]),
      ),
      inputs,
    )
    const seen = (u: typeof h | null) => calibratedError(a, fromRows(allLines(ldlq(a, 2, u))), inputs)
    expect(seen(unitUpper(h))).toBeLessThan(0.8 * seen(null))
  })

  it('graded lines: nothing for constants, budget kept, better than even bits', () => {
    const lines = Array.from({ length: 6 }, (_, k) =>
      Float64Array.from({ length: 50 }, (_, i) => (k === 0 ? 3.5 : 10 ** -k * Math.sin(i * (k + 1)))),
    )
    const coded = gradedLines(lines, 6 * 72 + 12 * 50)
    expect(coded?.bits[0]).toBe(0)
    expect(coded?.bits.reduce((sum, b) => sum + b, 0)).toBeLessThanOrEqual(12)
    expect(coded?.bits[1]).toBeGreaterThan(coded?.bits[5] ?? 9)
    expect(gradedLines(lines, 6 * 72 - 1)).toBeNull()
  })

  it('the range finder agrees with the decomposition in full', () => {
    // 2001 columns and rank 3: above the side where it is used.
    const low = times(parkMillerMatrix(2001, 3, 1), parkMillerMatrix(3, 2001, 2))
    const { u, values, vt } = leadingFactors(low, 3)
    let error = 0
    for (let i = 0; i < 2001; i += 97)
      for (let j = 0; j < 2001; j += 89) {
        let v = 0
        for (let k = 0; k < 3; k++) v += u.data[i * 3 + k] * values[k] * vt.data[k * 2001 + j]
        error = Math.max(error, Math.abs(v - low.data[i * 2001 + j]))
      }
    expect(error).toBeLessThan(1e-10)
  })

  it('nearestRows refuses bad queries', async () => {
    const index = nearestRows((await compress(a, { bits: 4, rank: 3 })).compressed)
    expect(() => index.search(dense(1, 5))).toThrow('queries must have 12 columns; got 5')
    expect(() => index.search(dense(1, 12), { count: 21 })).toThrow('count must be a whole number in 1..20; got 21')
    expect(() => index.search(dense(1, 12, new Float64Array(12).fill(Number.NaN)))).toThrow('row 0 is not')
  })
})
