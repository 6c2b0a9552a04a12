import { describe, expect, it } from 'vitest'
import { dense } from '../matrix/dense.ts'
import { certifyProgram, type ProgramClaim } from './certifyProgram.ts'

/** min −3u − 5v (+ u² + v²) with u, v ≥ 0, u + v ≤ 4, u + 3v ≤ 6: −14 at (3, 1); −7.6 at (1.2, 1.6). */
const matrix = dense(4, 2, Float64Array.of(-1, 0, 0, -1, 1, 1, 1, 3))
const bounds = Float64Array.of(0, 0, 4, 6)
const cost = Float64Array.of(-3, -5)
const square = dense(2, 2, Float64Array.of(2, 0, 0, 2))
const claim = (
  x: readonly number[],
  y: readonly number[] | null,
  quadratic: ProgramClaim['quadratic'] = null,
  z = x,
): ProgramClaim => ({
  matrix,
  bounds,
  cost,
  quadratic,
  x: Float64Array.from(x),
  witness: y === null ? null : { y: Float64Array.from(y), z: Float64Array.from(z) },
})

describe('certifyProgram', () => {
  it('proves the optimum with the right multipliers', () => {
    const linear = certifyProgram(claim([3, 1], [0, 0, 2, 1]))
    expect(linear.dual).toBeLessThanOrEqual(-14)
    expect(linear.primal).toBeGreaterThanOrEqual(-14)
    expect(linear.relativeGap).toBeLessThan(1e-11)
    expect(linear.statement).toMatch(
      /^Proved: no point that meets the constraints, with entries up to 3e\+3, has an objective more than/,
    )
    const quadratic = certifyProgram(claim([1.2, 1.6], [0, 0, 0, 0.6], square))
    expect(quadratic.dual).toBeLessThanOrEqual(-7.6)
    expect(quadratic.primal).toBeGreaterThanOrEqual(-7.6 - 1e-15)
    expect(quadratic.relativeGap).toBeLessThan(1e-9)
  })
  it('never claims more than the optimum, whatever the multipliers', () => {
    for (const y of [
      [0, 0, 0, 0],
      [0, 0, 2, 1.001],
      [0, 0, 3, 1],
      [5, 5, 5, 5],
      [0, 0, 1.999, 1],
    ])
      for (const q of [null, square]) {
        const made = certifyProgram(claim([1, 1], y, q, [1.2, 1.6]))
        expect(made.dual).toBeLessThanOrEqual(q === null ? -14 : -7.6)
        expect(made.dual).toBeLessThanOrEqual(made.primal)
      }
  })
  it('takes off what a Q on the edge of indefinite could hide', () => {
    const edge = dense(2, 2, Float64Array.of(1, 1, 1, 1 - 1e-9))
    const made = certifyProgram(claim([1, 1], [0, 0, 2, 1], edge, [1, 1]))
    // δ ≈ 5e-10 on entries up to 1000: about ½·5e-10·2·1e6.
    const sound = certifyProgram(claim([1, 1], [0, 0, 2, 1], dense(2, 2, Float64Array.of(1, 1, 1, 1)), [1, 1]))
    expect(sound.dual - made.dual).toBeGreaterThan(4e-4)
  })
  it('counts a value below the bound as an error, and never takes it for a proof', () => {
    const out = certifyProgram(claim([4, 2], [0, 0, 2, 1]))
    expect(out.primal).toBeLessThan(out.dual)
    expect(out.gap).toBeCloseTo(8, 6)
    expect(out.violation).toBeCloseTo(4, 9)
    // Not convex: the bound of a saddle is above the values around it.
    const saddle = {
      ...claim([0.5, 0.5], [0, 0, 0, 0], dense(2, 2, Float64Array.of(0, -9, -9, 0)), [0, 0]),
      cost: new Float64Array(2),
    }
    expect(certifyProgram(saddle).dual).toBeLessThan(-1e6)
  })
  it('says by how much a point may break a constraint', () => {
    const out = certifyProgram(claim([3, 1.01], [0, 0, 2, 1]))
    expect(out.violation).toBeCloseTo(0.03, 9)
    expect(out.statement).toMatch(/may break a constraint by 3\.0e-2, rounding included/)
    expect(certifyProgram(claim([1, 1], [0, 0, 2, 1])).violation).toBe(0)
  })
  it('claims nothing without a witness, and refuses a broken one', () => {
    const none = certifyProgram(claim([1, 1], null))
    expect(none).toMatchObject({ scope: 'stationary', oracle: 'none', gap: Infinity })
    expect(none.statement).toMatch(/^No bound/)
    expect(() => certifyProgram(claim([1, 1], [0, 0, -1e-9, 0]))).toThrow(/multipliers must be ≥ 0; got -1e-9 at 2/)
    expect(() => certifyProgram(claim([1, 1], [0, 0]))).toThrow(/must have 4 and 2 numbers; got 2 and 2/)
    expect(() => certifyProgram(claim([1], null))).toThrow(/sizes must fit 4 × 2/)
  })
})
