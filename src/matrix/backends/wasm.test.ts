import { expect, test } from 'vitest'
import { expectSame, numbers } from '../../../test/oracles/numbers.ts'
import { createArena, createRegion } from '../arena.ts'
import { jsKernels } from './js.ts'
import { wasmKernels, workspaceSize } from './wasm.ts'
import { compileKernels, instantiateKernels } from './wasmModule.ts'

test('the same module serves unshared memory, and bits do not depend on it', () => {
  const [m, n, k] = [70, 33, 300]
  const results = [true, false].map(shared => {
    const arena = createArena({ shared, initial: 2 ** 24, maximum: 2 ** 24 })
    const module = compileKernels(shared)
    if (!module) throw new Error('This engine has no WebAssembly SIMD.')
    const exports = instantiateKernels(module.module, arena.memory)
    const kernels = wasmKernels(exports, arena, arena.allocate(workspaceSize(exports)) as number)
    const region = createRegion(arena)
    const c = region.float64(m * n)
    kernels.gemm(false, false, m, n, k, 1, region.own(numbers(m * k)), k, region.own(numbers(k * n, 2)), n, 0, c, n)
    return c.slice()
  })
  const want = new Float64Array(m * n)
  jsKernels.gemm(false, false, m, n, k, 1, numbers(m * k), k, numbers(k * n, 2), n, 0, want, n)
  expectSame(results[0], results[1])
  expect(results[0].every((v, i) => Math.abs(v - want[i]) < 1e-12)).toBe(true)
})

test('a module made for shared memory does not take an unshared one', () => {
  const module = compileKernels(true)
  const { memory } = createArena({ shared: false, maximum: 2 ** 20 })
  expect(() => module && instantiateKernels(module.module, memory)).toThrow(WebAssembly.LinkError)
})

test('the fused build is chosen where the engine takes it, and can be declined', () => {
  expect(compileKernels(true, false)?.fused).toBe(false)
  expect(compileKernels(true)?.fused).toBe(Number(process.versions.node.split('.')[0]) >= 22)
})
