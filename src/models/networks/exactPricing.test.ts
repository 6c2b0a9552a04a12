/** The exact oracle ends column generation at the global optimum, from however few patterns. */
import { describe, expect, it } from 'vitest'
import { createCompute } from '../../matrix/createCompute.ts'
import { key, normals } from '../../random/index.ts'
import { fit } from '../fit.ts'

const n = 60
const x = Array.from({ length: n }, (_, i) => [...normals(key(4), 2 * n).slice(2 * i, 2 * i + 2)])
const y = x.map(([a, b], i) => Math.max(0, a + b) - Math.abs(a) + 0.1 * normals(key(5), n)[i])
const compute = createCompute({ backend: 'wasm', threads: 1 })
const plain = { lambda: 0.02, standardise: false, intercept: true, compute } as const

describe('fit with global', () => {
  it('starts from three patterns and ends with the optimum over all of them', async () => {
    const all = await fit(x, y, { ...plain, patterns: 'all' })
    const few = await fit(x, y, { ...plain, patterns: 3, global: true })
    expect(few.certificate.scope).toBe('global')
    expect(few.certificate.oracle).toBe('enumeration')
    expect(few.status).toBe('solved')
    expect(few.certificate.relativeGap).toBeLessThan(1e-6)
    expect(few.objective / all.objective - 1).toBeLessThan(1e-6)
    expect(few.certificate.dual).toBeLessThanOrEqual(all.certificate.primal)
    expect(few.patterns.masks.patterns).toBeLessThan(all.patterns.masks.patterns / 10)
  })

  it('without it the same start is restricted, and with a loose oracle global and loose', async () => {
    const restricted = await fit(x, y, { ...plain, patterns: 3 })
    expect(restricted.certificate.scope).toBe('restricted')
    const loose = await fit(x, y, { ...plain, patterns: 3, global: 'spectral' })
    expect(loose.certificate.scope).toBe('global')
    expect(loose.certificate.oracle).toBe('spectral')
    expect(loose.certificate.relativeGap).toBeGreaterThan(0.01)
    expect(loose.certificate.dual).toBeLessThan(restricted.certificate.primal)
    expect(loose.status).toBe('stalled')
  })

  it('refuses gated networks', async () => {
    await expect(fit(x, y, { ...plain, model: 'gated', global: true })).rejects.toThrow(
      'fit: global certificates by an oracle are for ReLU networks; got model gated.',
    )
  })
})
