/**
 * Laws that every penalty obeys. A new penalty joins by one row in `rows`.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromRows } from '../../src/matrix/dense.ts'
import {
  box,
  type Constraint,
  coneGroupL2,
  conjugate,
  groupL2,
  l1,
  l1Ball,
  l2Ball,
  nonnegative,
  nuclear,
  type Penalty,
  polyhedralCone,
  ridge,
  scaled,
  separableSum,
  simplex,
  translated,
} from '../../src/penalties/index.ts'
import { naiveSvd } from '../oracles/svd.ts'

interface Row {
  readonly label: string
  readonly penalty: Penalty
  /** Ω from its definition. */
  readonly naive: (v: Float64Array) => number
}

const SIZE = 6
const shift = Float64Array.of(1, -0.5, 0, 2, 0.3, -1)
const cone = fromRows([
  [1, 0.2, 0, 0, 0.3, 0],
  [0, 1, -0.5, 0, 0, 0.1],
  [0.3, -1, 1, 1, 0, 0],
  [0, 0, 0.2, -1, 1, 0.4],
])
const sum = (v: ArrayLike<number>): number => Array.from(v).reduce((a, b) => a + b, 0)
const norm = (v: ArrayLike<number>): number => Math.sqrt(sum(Array.from(v, x => x * x)))
const dot = (a: Float64Array, b: Float64Array): number => sum(a.map((x, i) => x * b[i]))
const inCone = (v: Float64Array): boolean =>
  [0, 1, 2, 3].every(i => dot(cone.data.subarray(i * 6, i * 6 + 6), v) >= -1e-9 * norm(v))
const inBox = (low: number, high: number) => (v: Float64Array) => (v.every(x => x >= low && x <= high) ? 0 : Infinity)
const pairs = (v: Float64Array): number => norm(v.subarray(0, 2)) + norm(v.subarray(2, 4)) + norm(v.subarray(4, 6))

const rows: readonly Row[] = [
  { label: 'l1', penalty: l1(SIZE, { beta: 0.7 }), naive: v => 0.7 * sum(v.map(Math.abs)) },
  { label: 'ridge', penalty: ridge(SIZE, { beta: 1.5 }), naive: v => 0.75 * norm(v) ** 2 },
  { label: 'groupL2', penalty: groupL2(SIZE, { groupSize: 2, beta: 0.8 }), naive: v => 0.8 * pairs(v) },
  {
    label: 'groupL2, joined over 3 outputs',
    penalty: groupL2(SIZE, { groupSize: 1, joined: 3, beta: 0.8 }),
    naive: v => 0.8 * (norm([v[0], v[2], v[4]]) + norm([v[1], v[3], v[5]])),
  },
  { label: 'box', penalty: box(SIZE, { low: -0.5, high: 1 }), naive: inBox(-0.5, 1) },
  { label: 'nonnegative', penalty: nonnegative(SIZE), naive: inBox(0, Infinity) },
  {
    label: 'l1Ball',
    penalty: l1Ball(SIZE, { radius: 1.5 }),
    naive: v => (sum(v.map(Math.abs)) <= 1.5 * (1 + 1e-12) ? 0 : Infinity),
  },
  {
    label: 'l2Ball',
    penalty: l2Ball(SIZE, { radius: 0.8 }),
    naive: v => (norm(v) <= 0.8 * (1 + 1e-12) ? 0 : Infinity),
  },
  {
    label: 'simplex',
    penalty: simplex(SIZE, { radius: 2 }),
    naive: v => (Array.from(v).every(x => x >= 0) && Math.abs(sum(v) - 2) <= 2e-12 ? 0 : Infinity),
  },
  { label: 'cone', penalty: polyhedralCone(cone), naive: v => (inCone(v) ? 0 : Infinity) },
  {
    label: 'coneGroupL2',
    penalty: coneGroupL2(cone, { beta: 0.6 }),
    naive: v => (inCone(v) ? 0.6 * norm(v) : Infinity),
  },
  {
    label: 'nuclear, tall',
    penalty: nuclear(naiveSvd, { rows: 3, cols: 2, beta: 0.9 }),
    // Two singular values of A: their squares add to ‖A‖², and the product of the squares is det AᵀA.
    naive(v) {
      const [p, q] = [v.filter((_x, i) => i % 2 === 0), v.filter((_x, i) => i % 2 === 1)]
      const det = dot(p, p) * dot(q, q) - dot(p, q) ** 2
      return 0.9 * Math.sqrt(norm(v) ** 2 + 2 * Math.sqrt(Math.max(0, det)))
    },
  },
  { label: 'scaled', penalty: scaled(groupL2(SIZE, { groupSize: 2 }), 0.8), naive: v => 0.8 * pairs(v) },
  {
    label: 'separableSum',
    penalty: separableSum([l1(2, { beta: 0.4 }), groupL2(4, { groupSize: 2 })]),
    naive: v => 0.4 * (Math.abs(v[0]) + Math.abs(v[1])) + pairs(v) - norm(v.subarray(0, 2)),
  },
  {
    label: 'translated',
    penalty: translated(l1(SIZE), shift),
    naive: v => sum(v.map((x, i) => Math.abs(x - shift[i]))),
  },
  {
    label: 'conjugate of groupL2',
    penalty: conjugate(groupL2(SIZE, { groupSize: 2, beta: 0.8 })),
    naive: v => ([0, 2, 4].every(i => norm(v.subarray(i, i + 2)) <= 0.8 * (1 + 1e-11)) ? 0 : Infinity),
  },
  {
    label: 'conjugate of nonnegative',
    penalty: conjugate(nonnegative(SIZE)),
    naive: inBox(-Infinity, 1e-12),
  },
]

const vector: fc.Arbitrary<Float64Array> = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: SIZE, maxLength: SIZE })
  .map(v => Float64Array.from(v, x => Math.round(x * 1e6) / 1e6))
const step: fc.Arbitrary<number> = fc.double({ min: 0.05, max: 3, noNaN: true })
const check = (law: (v: Float64Array, w: Float64Array, t: number) => void, numRuns = 60): void =>
  fc.assert(fc.property(vector, vector, step, law), { seed: 31, numRuns })

describe('constraints', () => {
  const sets: readonly Constraint[] = [
    box(SIZE, { low: -0.5, high: 1 }),
    l1Ball(SIZE, { radius: 1.5 }),
    l2Ball(SIZE, { radius: 0.8 }),
    simplex(SIZE, { radius: 2 }),
  ]
  it.each(sets.map(set => [set.name, set] as const))(
    '%s: project is the nearest point in a diagonal metric',
    (_n, set) => {
      check((v, w) => {
        const weights = w.map(x => 0.1 + x * x)
        const out = new Float64Array(SIZE)
        set.project(v, weights, out)
        expect(set.value(out)).toBe(0)
        const slope = out.map((x, i) => weights[i] * (x - v[i]))
        expect(set.distance(out, slope)).toBeLessThan(1e-6 * (1 + norm(slope)))
        const [plain, one] = [new Float64Array(SIZE), new Float64Array(SIZE)]
        set.prox(v, 1, plain)
        set.project(v, new Float64Array(SIZE).fill(1), one)
        expect(norm(plain.map((x, i) => x - one[i]))).toBeLessThan(1e-12 * (1 + norm(v)))
      })
    },
  )
  it.each(sets.map(set => [set.name, set] as const))('%s: support is the largest sᵀx, and is met', (_n, set) => {
    check((s, w) => {
      const inside = new Float64Array(SIZE)
      set.prox(w, 1, inside)
      expect(dot(s, inside)).toBeLessThanOrEqual(set.support(s) + 1e-9)
      // Far out along s the projection is the point where it is met.
      set.prox(
        s.map(x => 1e6 * x),
        1,
        inside,
      )
      expect(dot(s, inside)).toBeGreaterThan(set.support(s) - 1e-4 * (1 + norm(s)))
    })
  })
})

describe.each(rows)('$label', ({ penalty, naive }) => {
  const prox = (v: Float64Array, t: number) => {
    const out = new Float64Array(SIZE)
    const value = penalty.prox(v, t, out)
    return { out, value }
  }

  it('has the value of its definition, +∞ included', () => {
    check((v, w, t) => {
      for (const at of [v, prox(w, t).out]) {
        const [got, expected] = [penalty.value(at), naive(at)]
        if (expected === Infinity) expect(got).toBe(Infinity)
        else expect(Math.abs(got - expected)).toBeLessThan(1e-7 * (1 + expected))
      }
    })
  })

  it('returns from prox the value at the result', () => {
    check((v, _w, t) => {
      const { out, value } = prox(v, t)
      expect(Math.abs(value - naive(out))).toBeLessThan(1e-7 * (1 + value))
    })
  })

  it('has a prox that no other point beats (strong convexity: by less than ½ of the squared distance)', () => {
    check((v, w, t) => {
      const { out, value } = prox(v, t)
      const merit = (x: Float64Array, omega: number) => t * omega + 0.5 * norm(x.map((xi, i) => xi - v[i])) ** 2
      const best = merit(out, value)
      const rivals = [w, v, prox(w, 1).out, prox(v, 0.9 * t).out, prox(v, 1.1 * t).out, new Float64Array(SIZE)]
      for (const near of [1e-3, 1e-2])
        rivals.push(
          prox(
            out.map((x, i) => x + near * w[i]),
            1e-4,
          ).out,
        )
      for (const x of rivals) {
        const apart = 0.5 * norm(x.map((xi, i) => xi - out[i])) ** 2
        expect(merit(x, naive(x))).toBeGreaterThanOrEqual(best + apart - 1e-8 * (1 + best))
      }
    })
  })

  it('has distance 0 at the optimum of prox, and the length of the least subgradient elsewhere', () => {
    check((v, w, t) => {
      const { out } = prox(v, t)
      expect(
        penalty.distance(
          out,
          out.map((x, i) => (x - v[i]) / t),
        ),
      ).toBeLessThan(1e-5 * (1 + norm(v) / t))
      // lim (v − prox_τ(v − τ g))/τ is the least element of g + ∂Ω(v); at a kink nearer than τ it is not there yet.
      const quotient = (tau: number) =>
        norm(
          prox(
            out.map((x, i) => x - tau * w[i]),
            tau,
          ).out.map((x, i) => (x - out[i]) / tau),
        )
      if (out.some(x => x !== 0 && Math.abs(x) < 1e-3)) return
      const [coarse, fine] = [quotient(1e-4), quotient(1e-7)]
      if (Math.abs(coarse - fine) < 1e-3 * (1 + norm(w)))
        expect(Math.abs(penalty.distance(out, w) - fine)).toBeLessThan(2e-3 * (1 + norm(w)))
    }, 40)
  })

  it('has a polar that bounds sᵀx, tightly', () => {
    check((s, w, t) => {
      const polar = penalty.polar(s)
      // A large step leads to a minimiser, where a polar too small is seen first.
      for (const x of [prox(w, 0.1).out, prox(w, 1e6).out])
        if (polar < Infinity) expect(dot(s, x)).toBeLessThanOrEqual(polar * naive(x) + 1e-9 * (1 + norm(s) * norm(x)))
      if (penalty.homogeneous !== true) return
      // (v − p)/t is a subgradient at p: on the boundary of {Ω° ≤ 1} when Ω(p) > 0, inside it else.
      const { out: p, value } = prox(s, t)
      const subgradient = s.map((v, i) => (v - p[i]) / t)
      if (value > 1e-3) expect(penalty.polar(subgradient)).toBeCloseTo(1, 8)
      else if (value > 0 || norm(p) === 0) expect(penalty.polar(subgradient)).toBeLessThanOrEqual(1 + 1e-8)
    })
  })

  it('is positively homogeneous exactly when it says so', () => {
    let broken = false
    check((v, _w, t) => {
      const x = prox(v, 0.1).out
      const [one, many] = [naive(x), naive(x.map(xi => t * xi))]
      if (penalty.homogeneous === true) expect(Math.abs(many - t * one)).toBeLessThan(1e-8 * (1 + many))
      else broken ||= Math.abs(many - t * one) > 1e-6
    })
    // The conjugate of a cone is a cone again, which `conjugate` does not know.
    if (penalty.homogeneous !== true && !penalty.name.endsWith('nonnegative')) expect(broken).toBe(true)
  })

  it('meets Moreau: v = prox_τΩ(v) + τ·prox_Ω*/τ(v/τ), with Fenchel equality', () => {
    if (penalty.homogeneous !== true) return
    const dual = conjugate(penalty)
    check((v, _w, t) => {
      const p = prox(v, t).out
      const q = new Float64Array(SIZE)
      dual.prox(
        v.map(x => x / t),
        1 / t,
        q,
      )
      v.forEach((x, i) => {
        expect(Math.abs(x - p[i] - t * q[i])).toBeLessThan(1e-10)
      })
      expect(Math.abs(dot(p, q) - naive(p))).toBeLessThan(1e-8 * (1 + naive(p)))
    })
  })

  it('has a firmly nonexpansive prox that leaves its input alone', () => {
    check((v, w, t) => {
      const copy = v.slice()
      const [p, q] = [prox(v, t).out, prox(w, t).out]
      const [dp, dv] = [p.map((x, i) => x - q[i]), v.map((x, i) => x - w[i])]
      expect(dot(dp, dp)).toBeLessThanOrEqual(dot(dp, dv) + 1e-9)
      expect(v).toEqual(copy)
      const inPlace = v.slice()
      penalty.prox(inPlace, t, inPlace)
      inPlace.forEach((x, i) => {
        expect(Math.abs(x - p[i])).toBeLessThan(1e-12)
      })
    })
  })
})

describe('what a penalty refuses', () => {
  it('sizes and parameters out of range', () => {
    expect(() => l1(0)).toThrow('l1: size must be a positive whole number; got 0.')
    expect(() => ridge(3, { beta: -1 })).toThrow('ridge: beta must be a positive number; got -1.')
    expect(() => l1(3, { beta: NaN })).toThrow('l1: beta must be a positive number; got NaN.')
    expect(() => groupL2(5, { groupSize: 2 })).toThrow('groupL2: groups of 2 in 1 part must fill the size; got 5.')
    expect(() => groupL2(6, { groupSize: 2, joined: 2 })).toThrow('groups of 2 in 2 parts must fill the size; got 6.')
    expect(() => box(2, { low: 1, high: 0 })).toThrow('box: low must be at most high; got 1 and 0.')
    expect(() => scaled(l1(2), 0)).toThrow('scaled: beta must be a positive number; got 0.')
    expect(() => translated(l1(2), new Float64Array(3))).toThrow('the shift must have 2 numbers; got 3.')
    expect(() => separableSum([])).toThrow('separableSum: there must be at least one part; got none.')
  })

  it('what has no closed form', () => {
    expect(() => conjugate(ridge(2))).toThrow('conjugate: the penalty must be homogeneous; got ridge.')
    expect(() => translated(ridge(2), new Float64Array(2)).polar(Float64Array.of(1, 0))).toThrow(
      'translated: the polar needs a homogeneous penalty; got ridge.',
    )
    expect(() => polyhedralCone(cone).prox(new Float64Array(6).fill(NaN), 1, new Float64Array(6))).toThrow(
      'projectCone: the vector must be finite',
    )
  })

  it('points outside the domain, by an infinite distance', () => {
    expect(nonnegative(1).distance(Float64Array.of(-1), Float64Array.of(0))).toBe(Infinity)
    expect(coneGroupL2(cone).distance(Float64Array.of(-1, 0, 0, 0, 0, 0), new Float64Array(6))).toBe(Infinity)
  })
})
