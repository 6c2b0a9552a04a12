import { expect, test } from 'vitest'
import { findOpenblas } from '../../src/matrix/backends/openblas.ts'
import type { BackendName, Compute } from '../../src/matrix/compute.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { dense } from '../../src/matrix/dense.ts'
import { maskStride } from '../../src/matrix/masks.ts'
import { expectSame, numbers, words } from '../oracles/numbers.ts'

// Law: any number of threads gives the same bits, wherever the arrays lie.

const library = findOpenblas()
const backends: BackendName[] = ['js', 'wasm']
if (typeof library === 'string') test.skip(library, () => {})
else backends.push('openblas')
const [n, d, p] = [4100, 9, 300]
const x = numbers(n * d)
const u = numbers(p * d, 2)
const bits = words(p * maskStride(n), 3)
const few = 29 // 261 columns: two tiles of 256

function everything(compute: Compute, inArena: boolean): Float64Array[] {
  const region = compute.region()
  const place = (source: Float64Array) => (inArena ? region.own(source) : source.slice())
  const fresh = (length: number) => place(new Float64Array(length))
  const all = { patterns: p, samples: n, stride: maskStride(n), words: bits }
  const some = { ...all, patterns: few, words: bits.slice(0, few * all.stride) }
  const [masks, chosen] = inArena ? [region.ownMasks(all), region.ownMasks(some)] : [all, some]
  const data = dense(n, d, place(x))
  const f = compute.gatedForward(data, masks, place(u), fresh(n))
  const g = compute.gatedAdjoint(data, masks, f, fresh(p * d))
  const gram = compute.gatedGram(data, chosen, { ...chosen }, fresh((few * d) ** 2))
  const square = compute.gatedGram(data, chosen, chosen, fresh((few * d) ** 2), place(numbers(n).map(Math.abs)))
  const outer = compute.gatedOuter(
    dense(300, d, data.data.subarray(0, 300 * d)),
    { ...chosen, samples: 300 },
    place(numbers(few * d * d, 4)),
    fresh(300 * 300),
  )
  const product = place(numbers(300 * 600, 5))
  compute.gemm(
    true,
    false,
    300,
    600,
    70,
    2,
    place(numbers(70 * 300, 6)),
    300,
    place(numbers(70 * 600)),
    600,
    3,
    product,
    600,
  )
  const tall = place(numbers(600 * 600, 7))
  compute.syrk(false, 600, 40, -1, place(numbers(600 * 40, 8)), 40, 1, tall, 600)
  const results = [f, g, gram, square, outer, product, tall].map(array => array.slice())
  region.dispose()
  return results
}

test.each(backends)('%s: 1, 2, 3 and 7 threads give the same bits', async backend => {
  const one = createCompute({ backend, threads: 1 })
  const want = everything(one, true)
  for (const result of want) expect(result.some(v => v !== 0 && !Number.isNaN(v))).toBe(true)
  everything(one, false).forEach((result, i) => {
    expectSame(result, want[i])
  })
  one.close()
  for (const threads of backend === 'js' ? [2] : [2, 3, 7]) {
    const compute = createCompute({ backend, threads })
    expect(compute.threads).toBe(threads)
    await compute.ready()
    for (const inArena of [true, false])
      everything(compute, inArena).forEach((result, i) => {
        expectSame(result, want[i])
      })
    compute.close()
  }
})
