/**
 * Laws that every loss obeys. A new loss joins by one row in `rows`.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLoss, LOSS_NAMES, type Loss, type LossName } from '../../src/losses/index.ts'
import { naiveConjugate, naiveConjugate3, naiveTerm } from '../oracles/losses.ts'
import { exact, plus, sign, times } from '../oracles/rational.ts'

interface Row {
  readonly name: LossName
  readonly label: string
  readonly outputs: number
  readonly delta?: number
  readonly targets: readonly number[]
  readonly weights?: readonly number[]
  readonly offset?: readonly number[]
}

const signs = [1, -1, -1, 1, 1, -1]
const numbers = [0.5, -1.2, 2.5, 0, 0.3, -0.7]
const counts = [0, 3, 1, 0.5, 7, 2]
const weights = [0.5, 2, 1, 0.01, 3, 0.7]
const rows: readonly Row[] = [
  { name: 'squared', label: 'squared', outputs: 1, targets: numbers },
  {
    name: 'squared',
    label: 'squared, 2 outputs, all options',
    outputs: 2,
    targets: [...numbers, ...signs],
    weights,
    offset: [0.4, -3],
  },
  { name: 'logistic', label: 'logistic', outputs: 1, targets: signs },
  { name: 'logistic', label: 'logistic, weights and offset', outputs: 1, targets: signs, weights, offset: [0.8] },
  { name: 'squared-hinge', label: 'squared hinge', outputs: 1, targets: signs },
  {
    name: 'squared-hinge',
    label: 'squared hinge, weights and offset',
    outputs: 1,
    targets: signs,
    weights,
    offset: [-0.3],
  },
  { name: 'huber', label: 'huber', outputs: 1, targets: numbers },
  {
    name: 'huber',
    label: 'huber 0.6, 2 outputs, all options',
    delta: 0.6,
    outputs: 2,
    targets: [...numbers, ...signs],
    weights,
    offset: [0.1, 1],
  },
  { name: 'poisson', label: 'poisson', outputs: 1, targets: counts },
  { name: 'poisson', label: 'poisson, weights and offset', outputs: 1, targets: counts, weights, offset: [-0.4] },
  { name: 'multinomial', label: 'multinomial, 3 classes', outputs: 3, targets: [0, 2, 1, 1, 0, 2] },
  {
    name: 'multinomial',
    label: 'multinomial, weights and offset',
    outputs: 3,
    targets: [0, 2, 1, 1, 0, 2],
    weights,
    offset: [0.3, -1, 0],
  },
  { name: 'multinomial', label: 'multinomial, 2 classes', outputs: 2, targets: [0, 1, 1, 1, 0, 0], weights },
]

const make = (row: Row): Loss =>
  createLoss(row.name, {
    targets: row.targets,
    outputs: row.outputs,
    ...(row.weights && { weights: row.weights }),
    ...(row.offset && { offset: row.offset }),
    ...(row.delta && { delta: row.delta }),
  })
const sizeOf = (row: Row): number => 6 * row.outputs
const point = (row: Row, reach = 4): fc.Arbitrary<Float64Array> =>
  fc
    .array(fc.double({ min: -reach, max: reach, noNaN: true }), { minLength: sizeOf(row), maxLength: sizeOf(row) })
    .map(f => Float64Array.from(f))
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0)
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, i) => v - b[i])
const check = (row: Row, law: (f: Float64Array, g: Float64Array) => void): void =>
  fc.assert(fc.property(point(row), point(row), law), { seed: 20, numRuns: 60 })
const weightOf = (row: Row, at: number): number => row.weights?.[Math.floor(at / row.outputs)] ?? 1

/** Value by the naive twin, sample by sample. */
function naiveValue(row: Row, f: Float64Array): number {
  let sum = 0
  const scalar = row.name !== 'multinomial'
  for (let i = 0; i < 6; i++) {
    const z = Array.from({ length: row.outputs }, (_, k) => f[i * row.outputs + k] + (row.offset?.[k] ?? 0))
    const w = row.weights?.[i] ?? 1
    if (scalar)
      for (let k = 0; k < row.outputs; k++)
        sum += w * naiveTerm(row.name, [z[k]], row.targets[i * row.outputs + k], row.delta)
    else sum += w * naiveTerm(row.name, z, row.targets[i])
  }
  return sum
}

it('every loss has a row, plain and with weights', () => {
  expect(new Set(rows.map(row => row.name))).toEqual(new Set(LOSS_NAMES))
  for (const name of LOSS_NAMES) expect(rows.some(row => row.name === name && row.weights)).toBe(true)
})

describe.each(rows)('$label', row => {
  const loss = make(row)

  it('has the value of its naive twin', () => {
    check(row, f => {
      expect(loss.value(f)).toBeCloseTo(naiveValue(row, f), 10)
    })
  })

  it('has the gradient of its finite differences', () => {
    check(row, f => {
      const gradient = loss.gradient(f)
      for (let at = 0; at < f.length; at++) {
        const [up, down] = [f.slice(), f.slice()]
        up[at] += 1e-5
        down[at] -= 1e-5
        expect(Math.abs(gradient[at] - (loss.value(up) - loss.value(down)) / 2e-5)).toBeLessThan(1e-4)
      }
    })
  })

  it('has a curvature that bounds the second difference along each coordinate and all of them', () => {
    check(row, (f, direction) => {
      const curvature = loss.curvature(f)
      expect(Math.max(...curvature)).toBeLessThanOrEqual(loss.smoothness + 1e-12)
      // Away from the kinks of the slope, hᵀ∇²L h ≤ hᵀ diag(curvature) h, with equality for scalar losses.
      const h = direction.map(v => v * 1e-4)
      const [ahead, behind] = [f.map((v, i) => v + h[i]), f.map((v, i) => v - h[i])]
      const kinked = row.name === 'huber' || row.name === 'squared-hinge'
      const changes = (g: Float64Array) => loss.curvature(g).some((c, i) => c !== curvature[i])
      if (kinked && (changes(ahead) || changes(behind))) return
      const second = dot(minus(loss.gradient(ahead), loss.gradient(behind)), h) / 2
      const model = h.reduce((sum, v, i) => sum + curvature[i] * v * v, 0)
      expect(second).toBeLessThanOrEqual(model * (1 + 1e-3) + 1e-15)
      if (row.name !== 'multinomial') expect(second).toBeGreaterThanOrEqual(model * (1 - 1e-3) - 1e-15)
    })
  })

  it('is convex, and as smooth as it says', () => {
    check(row, (f, g) => {
      const [df, dg] = [loss.gradient(f), loss.gradient(g)]
      const step = minus(g, f)
      const bregman = loss.value(g) - loss.value(f) - dot(df, step)
      const slack = 1e-10 * (1 + Math.abs(loss.value(g)) + Math.abs(loss.value(f)))
      expect(bregman).toBeGreaterThanOrEqual(-slack)
      if (loss.smoothness === Infinity) return
      expect(bregman).toBeLessThanOrEqual((loss.smoothness / 2) * dot(step, step) + slack)
      // Co-coercivity, which is the tight form: ‖∇L(f) − ∇L(g)‖² ≤ σ (∇L(f) − ∇L(g))ᵀ(f − g).
      const turn = minus(dg, df)
      expect(dot(turn, turn)).toBeLessThanOrEqual(loss.smoothness * dot(turn, step) + slack)
    })
  })

  it('meets Fenchel–Young with equality at its gradient, and with ≥ anywhere', () => {
    check(row, (f, g) => {
      const theta = loss.gradient(f)
      const scale = 1 + Math.abs(dot(theta, f)) + loss.value(f) + loss.value(g)
      expect(Math.abs(loss.value(f) + loss.conjugate(theta) - dot(theta, f))).toBeLessThan(1e-12 * scale)
      expect(loss.value(g) + loss.conjugate(theta)).toBeGreaterThanOrEqual(dot(theta, g) - 1e-12 * scale)
    })
  })

  it('has the conjugate of its definition', () => {
    fc.assert(
      fc.property(point(row), fc.double({ min: 0, max: 1, noNaN: true }), (f, share) => {
        const theta = loss.gradient(f).map(v => v * share)
        let naive = 0
        for (let i = 0; i < 6; i++)
          if (row.outputs === 3 && row.name === 'multinomial') {
            const t = [0, 1, 2].map(k => theta[i * 3 + k] / weightOf(row, i * 3))
            naive += weightOf(row, i * 3) * naiveConjugate3(t, row.targets[i])
          } else if (row.name === 'multinomial') return
          else
            for (let k = 0; k < row.outputs; k++) {
              const at = i * row.outputs + k
              const w = weightOf(row, at)
              naive += w * naiveConjugate(row.name, theta[at] / w, row.targets[at], row.delta)
            }
        row.offset?.forEach((o, k) => {
          for (let i = 0; i < 6; i++) naive -= o * theta[i * row.outputs + k]
        })
        expect(Math.abs(loss.conjugate(theta) - naive)).toBeLessThan(1e-6 * (1 + Math.abs(naive)))
      }),
      { seed: 21, numRuns: row.outputs === 3 ? 3 : 20 },
    )
  })

  it('is finite up to its domain scale and infinite beyond it', () => {
    check(row, f => {
      const theta = loss.gradient(f)
      const end = loss.domainScale(theta)
      expect(end).toBeGreaterThanOrEqual(1 - 1e-12)
      const scaled = (s: number) => loss.conjugate(theta.map(v => v * s))
      expect(loss.conjugate(new Float64Array(theta.length))).toBeCloseTo(0, 12)
      for (const s of [0.1, 0.5, 1, Math.min(end, 50)]) expect(scaled(s)).toBeLessThan(Infinity)
      if (end < 1e6) expect(scaled(end * 1.01)).toBe(Infinity)
    })
  })

  it('bounds the terms of its conjugate', () => {
    check(row, f => {
      const theta = loss.gradient(f)
      expect(loss.conjugateMagnitude(theta)).toBeGreaterThanOrEqual(Math.abs(loss.conjugate(theta)) * (1 - 1e-12))
    })
  })

  it('projects into its domain exactly, leaving what lies inside', () => {
    check(row, (f, g) => {
      for (const theta of [loss.gradient(f), loss.gradient(f).map(v => v * 3), g]) {
        const inside = loss.project(theta)
        expect(loss.domainScale(inside)).toBeGreaterThanOrEqual(1)
        expect(loss.conjugate(inside)).toBeLessThan(Infinity)
        expect(loss.project(inside)).toEqual(inside)
        for (let i = 0; i < 6; i++) exactlyInside(row, i, inside)
      }
      const theta = loss.gradient(f)
      loss.project(theta).forEach((v, at) => {
        expect(Math.abs(v - theta[at])).toBeLessThanOrEqual(4e-16 * weightOf(row, at) + 4e-16 * Math.abs(theta[at]))
      })
    })
  })

  it('writes into the buffer given and leaves its inputs alone', () => {
    const f = Float64Array.from({ length: sizeOf(row) }, (_, i) => Math.sin(i))
    const before = f.slice()
    const out = new Float64Array(f.length)
    expect(loss.gradient(f, out)).toBe(out)
    expect(loss.curvature(f, out)).toBe(out)
    expect(loss.project(f, out)).toBe(out)
    loss.conjugate(f)
    expect(f).toEqual(before)
    expect(() => loss.value(new Float64Array(f.length + 1))).toThrow(/must hold n·c = \d+ numbers; got/)
  })

  it('gives a sample of weight 0 no say', () => {
    const muted = make({ ...row, weights: [1, 1, 0, 1, 1, 1] })
    const f = Float64Array.from({ length: sizeOf(row) }, (_, i) => Math.sin(3 * i))
    const moved = f.slice()
    for (let k = 0; k < row.outputs; k++) moved[2 * row.outputs + k] += 5
    expect(muted.value(moved)).toBe(muted.value(f))
    const theta = muted.gradient(f)
    expect(muted.conjugate(theta)).toBeLessThan(Infinity)
    theta[2 * row.outputs] = 1e-9
    expect(muted.conjugate(theta)).toBe(Infinity)
    expect(muted.domainScale(theta)).toBe(0)
    expect(muted.project(theta)[2 * row.outputs]).toBe(0)
  })
})

/** Membership in the domain without any rounding: comparisons of doubles, and sums in integers. */
function exactlyInside(row: Row, i: number, theta: Float64Array): void {
  const c = row.outputs
  const t = [...theta.subarray(i * c, (i + 1) * c)]
  const w = weightOf(row, i * c)
  if (row.name === 'logistic') {
    expect(t[0] * row.targets[i]).toBeLessThanOrEqual(0)
    expect(Math.abs(t[0])).toBeLessThanOrEqual(w)
  }
  if (row.name === 'squared-hinge') expect(t[0] * row.targets[i]).toBeLessThanOrEqual(0)
  if (row.name === 'poisson')
    expect(sign(plus(exact(t[0]), times(exact(w), exact(row.targets[i]))))).toBeGreaterThanOrEqual(0)
  if (row.name === 'multinomial') {
    const whole = (v: number) => BigInt(v * 2 ** 60)
    expect(t.reduce((sum, v) => sum + whole(v), 0n)).toBe(0n)
    t.forEach((v, k) => {
      expect(k === row.targets[i] ? -v : v).toBeGreaterThanOrEqual(0)
      expect(Math.abs(v)).toBeLessThanOrEqual(w)
    })
  }
}
