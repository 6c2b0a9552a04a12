import { afterEach, expect, test, vi } from 'vitest'
import { findOpenblas } from './backends/openblas.ts'
import type { BackendName } from './compute.ts'
import { compute, configureCompute, createCompute } from './createCompute.ts'
import { dense } from './dense.ts'
import { describeCompute } from './describeCompute.ts'
import { masks } from './masks.ts'

afterEach(() => vi.unstubAllEnvs())

test('refuses backends and threads that do not exist', () => {
  expect(() => createCompute({ backend: 'cuda' as BackendName })).toThrow(
    'createCompute: backend must be auto, wasm, openblas or js; got cuda.',
  )
  expect(() => createCompute({ threads: 0 })).toThrow('createCompute: threads must be a whole number ≥ 1; got 0.')
  expect(() => createCompute({ threads: 1.5 })).toThrow('got 1.5.')
})

test('a library that is not there: auto falls back with one note, a named backend is an error', () => {
  vi.stubEnv('NADIR_OPENBLAS', '/no/such/libopenblas.so')
  const fallback = createCompute({ threads: 1 })
  expect(fallback.backend).toBe('wasm')
  expect(fallback.notes).toHaveLength(1)
  expect(fallback.notes[0]).toMatch(/^openblas: \/no\/such\/libopenblas\.so was refused: Failed to load/)
  expect(() => createCompute({ backend: 'openblas' })).toThrow(/^openblas: .* Or use the backend wasm\.$/)
})

test('a library that is no OpenBLAS is refused', () => {
  vi.stubEnv('NADIR_OPENBLAS', process.platform === 'darwin' ? 'libSystem.dylib' : 'libm.so.6')
  expect(findOpenblas()).toMatch(/^openblas: .* was refused: Cannot find function 'openblas_get_config'/)
})

test('the process has one Compute, from the environment until configured', () => {
  vi.stubEnv('NADIR_BACKEND', 'js')
  vi.stubEnv('NADIR_THREADS', '1')
  const first = compute()
  expect([first.backend, first.threads]).toEqual(['js', 1])
  expect(compute()).toBe(first)
  const second = configureCompute({ backend: 'wasm', threads: 1 })
  expect(second.backend).toBe('wasm')
  expect(compute()).toBe(second)
})

test('checks shapes before anything is written', () => {
  const c = createCompute({ backend: 'js', threads: 1 })
  const x = dense(3, 2)
  const v = (length: number) => new Float64Array(length)
  expect(() => c.gatedForward(x, masks(1, 4), v(2), v(3))).toThrow(
    'gatedForward: masks must cover the 3 rows of X; got 4 samples.',
  )
  expect(() => c.gatedForward(x, masks(1, 3), v(3), v(3))).toThrow('gatedForward u: 2 numbers are needed; got 3.')
  expect(() => c.gatedAdjoint(x, masks(1, 3), v(3), v(3))).toThrow('gatedAdjoint out: 2 numbers are needed; got 3.')
  expect(() => c.gatedGram(x, masks(1, 3), masks(1, 3), v(4), v(2))).toThrow(
    'gatedGram w: 3 numbers are needed; got 2.',
  )
  expect(() => c.gatedOuter(x, masks(1, 3), v(4), v(8))).toThrow('gatedOuter out: 9 numbers are needed; got 8.')
})

test('workers do part of the work, and closing leaves the calling thread', async () => {
  const c = createCompute({ backend: 'wasm', threads: 3 })
  await c.ready()
  const region = c.region()
  const n = 600
  const [a, b] = [region.float64(n * n).fill(1), region.float64(n * n)]
  for (let i = 0; i < 50 && c.details.helped() === 0; i++) c.gemm(false, false, n, n, n, 1, a, n, a, n, 0, b, n)
  expect(c.details.helped()).toBeGreaterThan(0)
  expect(b.every(value => value === n)).toBe(true)
  c.close()
  const before = c.details.helped()
  b.fill(0)
  c.gemm(false, false, n, n, n, 1, a, n, a, n, 0, b, n)
  expect(c.details.helped()).toBe(before)
  expect(b.every(value => value === n)).toBe(true)
  region.dispose()
})

test('describes itself with measured speed', async () => {
  const c = createCompute({ backend: 'wasm', threads: 1 })
  const about = await describeCompute(c)
  expect(about).toMatchObject({ backend: 'wasm', threads: 1, shared: true, notes: [] })
  expect(about.gflops.one).toBeGreaterThan(0)
  expect(about.advice.join(' ')).toContain('Install OpenBLAS')
})
