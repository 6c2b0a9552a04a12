/**
 * The Gram matrix over pairs of patterns, over rows that do not fit at once.
 */
import { describe, expect, it } from 'vitest'
import { naiveAdjoint, naiveGram } from '../../test/oracles/kernels.ts'
import { expectNear, numbers } from '../../test/oracles/numbers.ts'
import { createRegion } from './arena.ts'
import { dense } from './dense.ts'
import { masks, setMaskBit } from './masks.ts'
import { pairGram, pairsPay } from './pairGram.ts'

describe('pairGram', () => {
  it.each([
    [600, 3, 5],
    [512, 1, 4],
    [257, 4, 1],
  ])('n = %i, d = %i, P = %i, in chunks of 256 rows and at once', (n, d, p) => {
    const x = dense(n, d, numbers(n * d))
    const m = masks(p, n)
    const draw = numbers(n * p, 3)
    for (let k = 0; k < p; k++) for (let i = 0; i < n; i++) if (draw[k * n + i] > 0) setMaskBit(m, k, i)
    const w = numbers(n, 8).map(Math.abs)
    for (const chunk of [1, 1 << 22])
      for (const weights of [undefined, w]) {
        const region = createRegion(undefined)
        const heights: number[] = []
        const out = new Float64Array((p * d) ** 2).fill(Number.NaN)
        pairGram(x, m, out, {
          w: weights,
          region,
          chunk,
          adjoint(z, both, r, into) {
            heights.push(z.rows)
            into.set(naiveAdjoint(z, both, r))
          },
        })
        expectNear(out, naiveGram(x, m, m, weights), 1e-11)
        expect(heights).toEqual(
          chunk === 1 ? Array.from({ length: Math.ceil(n / 256) }, (_, k) => Math.min(256, n - 256 * k)) : [n],
        )
        region.dispose()
      }
  })

  it('is for many pairs of few columns', () => {
    expect([1, 10, 11, 300].map(p => pairsPay(p, 20))).toEqual([false, false, true, true])
    expect(pairsPay(30, 100)).toBe(false)
  })
})
