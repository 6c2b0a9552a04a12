/**
 * Laws of one-dimensional splines: the program is the network's, the bound covers every network of one input, the closed forms hold.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hingeNorm } from '../../src/certificates/certifySpline.ts'
import {
  type Certificate,
  certifyInterpolation,
  certifySpline,
  type HingeSpline,
  recheckInterpolation,
  recheckSpline,
} from '../../src/certificates/index.ts'
import { breaches } from '../../src/certificates/recheck/recheckSpline.ts'
import { createLoss, type Loss } from '../../src/losses/index.ts'
import { dense } from '../../src/matrix/dense.ts'
import { predictNetwork } from '../../src/models/index.ts'
import { evaluateHinges, hingesOf, jumpsOf, type Pieces, roughness, sparsest } from '../../src/models/splines/pieces.ts'
import { type SplineOptions, spline1d } from '../../src/models/splines/spline1d.ts'
import { fold, key, normals, uniforms } from '../../src/random/index.ts'
import { DS4, hingeLasso, valueOfHinges } from '../oracles/splines.ts'

const n4 = DS4.x.length
const labels = DS4.y.map(v => (v > 0.35 ? 1 : -1))

describe('reference values', () => {
  it.each([
    [0.05, 0.261002485],
    [0.3, 0.71344863],
    [2, 2.072221302],
  ])('ten points, beta %d: optimum %d, bracketed', (beta, value) => {
    const { objective, certificate, lambdaMax, status } = spline1d(DS4.x, DS4.y, { lambda: beta / n4 })
    expect(n4 * objective).toBeCloseTo(value, 9)
    expect(n4 * certificate.dual).toBeLessThan(value + 1e-9)
    expect(n4 * certificate.primal).toBeGreaterThan(value - 1e-9)
    expect(certificate).toMatchObject({ scope: 'global', oracle: 'closed-form' })
    expect(certificate.relativeGap).toBeLessThan(1e-8)
    expect(n4 * lambdaMax!).toBeCloseTo(7.896, 12)
    expect(status).toBe('solved')
  })

  it('interpolation: R = 7.69047619…, five knots in the sparsest', () => {
    const dots = spline1d(DS4.x, DS4.y, { interpolate: true })
    expect(dots.objective).toBeCloseTo(7.69047619047619, 13)
    expect(dots.gap).toBeLessThan(1e-11)
    const few = spline1d(DS4.x, DS4.y, { interpolate: true, sparsest: true })
    expect(few.objective).toBeCloseTo(7.69047619047619, 13)
    const [places, kinks] = [
      [-1.4, -0.9, -0.046987952, 1.312676056, 2.251851852],
      [0.4, -0.566667, 2.766667, -2.028571, 1.928571],
    ]
    expect(few.knots.length).toBe(5)
    few.knots.forEach((knot, k) => {
      expect(knot).toBeCloseTo(places[k], 9)
      expect(few.jumps[k]).toBeCloseTo(kinks[k], 6)
    })
    few.fitted.forEach((f, i) => {
      expect(Math.abs(f - DS4.y[i])).toBeLessThan(2e-15)
    })
  })

  it('from lambdaMax on, and only from there, the fit is constant', () => {
    const { lambdaMax } = spline1d(DS4.x, DS4.y, { lambda: 1 })
    expect(spline1d(DS4.x, DS4.y, { lambda: lambdaMax! * 1.0001 }).network.hidden.rows).toBe(0)
    expect(spline1d(DS4.x, DS4.y, { lambda: lambdaMax! * 0.9999 }).network.hidden.rows).toBeGreaterThan(0)
  })

  it('two points: the slope is soft-thresholded', () => {
    const found = spline1d([1, 2], [3, 5], { lambda: 0.01 })
    // s_xy = 1, s_xx = ½, beta = 0.02.
    expect(found.ends.values[1] - found.ends.values[0]).toBeCloseTo((1 - 0.02) / 0.5, 12)
  })
})

interface Row {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  readonly options: SplineOptions
}
const random = (seed: number, n: number) => {
  const x = uniforms(fold(key(seed), 'x'), n).map(v => 4 * v - 1)
  const e = normals(fold(key(seed), 'e'), n)
  return { x, y: x.map((v, i) => Math.sin(3 * v) + 0.3 * e[i]) }
}
const monotone = { x: DS4.x, y: DS4.x.map((v, i) => 2 * v + 0.1 * DS4.y[i]) }
const tied = { x: [0, 0, 1, 1, 1, 2, 3, 3], y: [1, 2, 0, 1, -1, 3, 2, 2.5] }
const rows: readonly Row[] = [
  ...[1, 2, 3, 4].map(seed => ({ name: `random ${seed}`, ...random(seed, 9), options: { lambda: 0.02 * seed } })),
  { name: 'nearly linear and rising', ...monotone, options: { lambda: 0.01 } },
  { name: 'nearly linear and falling', x: monotone.x, y: monotone.y.map(v => -v), options: { lambda: 0.01 } },
  { name: 'between the regimes', x: DS4.x, y: DS4.x.map((v, i) => 0.6 * v + DS4.y[i]), options: { lambda: 0.03 } },
  { name: 'ties', ...tied, options: { lambda: 0.02 } },
  { name: 'weights', ...DS4, options: { lambda: 0.02, weights: DS4.x.map((_, i) => 0.3 + (i % 4)) } },
  { name: 'huber', ...DS4, options: { lambda: 0.01, loss: 'huber', delta: 0.4 } },
  { name: 'logistic', x: DS4.x, y: labels, options: { lambda: 0.02, loss: 'logistic' } },
  { name: 'squared hinge', x: DS4.x, y: labels, options: { lambda: 0.02, loss: 'squared-hinge' } },
]
const lossOf = ({ y, options }: Row): Loss =>
  createLoss(options.loss ?? 'squared', {
    targets: y,
    ...(options.weights && { weights: options.weights }),
    ...(options.delta && { delta: options.delta }),
  })

describe.each(rows)('$name', row => {
  const { x, y, options } = row
  const n = x.length
  const loss = lossOf(row)
  const beta = n * options.lambda!
  const found = spline1d(x, y, options)
  const data = { x: Float64Array.from(x), loss, beta }

  it('equals the Lasso over hinges, and the bound meets it', () => {
    const lasso = hingeLasso(x, loss, beta)
    expect(n * found.objective).toBeLessThanOrEqual(lasso * (1 + 1e-9))
    expect(n * found.certificate.dual).toBeLessThanOrEqual(lasso)
    expect(lasso).toBeLessThan(n * found.objective * (1 + 1e-6))
    expect(found.certificate.relativeGap).toBeLessThan(1e-8)
    expect(found.status).toBe('solved')
  })

  it('states the objective of the network it returns', () => {
    const { network, objective, penalty, hinges } = found
    const fit = predictNetwork(network, dense(n, 2, Float64Array.from(Array.from(x).flatMap(v => [v, 1]))))
    const decay = [...network.hidden.data.filter((_, at) => at % 2 === 0), ...network.output.data]
    const half = decay.reduce((s, v) => s + (v * v) / 2, 0)
    expect(half).toBeCloseTo(penalty, 11)
    expect(loss.value(fit) / n + options.lambda! * half).toBeCloseTo(objective, 11)
    expect(objective).toBeLessThanOrEqual(found.certificate.primal)
    found.predict(x).forEach((v, i) => {
      expect(v).toBeCloseTo(fit[i], 11)
    })
    expect(hinges.knots.length).toBeLessThanOrEqual(n)
  })

  it('no network of another shape is below the bound', () => {
    for (let trial = 0; trial < 60; trial++) {
      const stream = normals(fold(key(trial), 'try'), 12)
      const near = trial % 2 === 0 ? 1 : 0
      const moved = Array.from(found.hinges.knots, (k, j): [number, number, number] => [
        k + 0.2 * stream[j % 12] * near,
        found.hinges.sides[j],
        found.hinges.coefficients[j] * (1 + 0.1 * stream[(j + 3) % 12]),
      ])
      const extra: [number, number, number] = [3 * stream[10], trial % 3 === 0 ? 1 : -1, 0.3 * stream[11]]
      const value = valueOfHinges(x, loss, {
        constant: found.hinges.constant + 0.05 * stream[9],
        hinges: [...moved, extra],
        beta,
      })
      expect(value).toBeGreaterThanOrEqual(n * found.certificate.dual)
    }
  })

  it('certificates from zero, shrunk and random splines bracket the optimum; the exact re-check agrees', () => {
    const optimum = n * found.certificate.dual
    const { hinges } = found
    const splines: HingeSpline[] = [
      hinges,
      { constant: 0, knots: new Float64Array(0), sides: new Float64Array(0), coefficients: new Float64Array(0) },
      ...[0, 0.5, 0.99, 1.3].map(s => ({ ...hinges, coefficients: hinges.coefficients.map(z => s * z) })),
      {
        constant: 1,
        knots: normals(fold(key(5), 'k'), 3),
        sides: Float64Array.of(1, -1, 1),
        coefficients: normals(fold(key(5), 'z'), 3),
      },
    ]
    for (const spline of splines) {
      const own = certifySpline(spline, data)
      expect(n * own.dual).toBeLessThanOrEqual(n * found.certificate.primal)
      expect(n * own.primal).toBeGreaterThanOrEqual(optimum)
      const verdict = recheckSpline(own, { ...data, spline })
      expect(verdict.problems).toEqual([])
      expect(verdict.dual).toBeLessThanOrEqual(found.certificate.primal)
      const helped = certifySpline(spline, data, [found.certificate.witness!])
      expect(helped.dual).toBeGreaterThanOrEqual(found.certificate.dual * (1 - 1e-12))
    }
  })

  it('the re-check refuses what is not proved', () => {
    const claim = found.certificate
    const check = (changed: Partial<Certificate>) =>
      recheckSpline({ ...claim, ...changed }, { ...data, spline: found.hinges }).problems.join('; ')
    expect(check({})).toBe('')
    const witness = claim.witness!
    const tilted = witness.slice()
    tilted[0] += 2 ** -30
    expect(check({ witness: tilted })).toMatch(/must sum to 0|outside the domain/)
    expect(check({ witness: witness.map(t => 1.001 * t) })).toMatch(/breaks the constraint|must sum to 0|outside/)
    expect(check({ dual: claim.dual * 1.001, gap: 0, relativeGap: 0 })).toContain('is not proved by its witness')
    expect(check({ primal: claim.primal * 0.999 })).toContain('above the claim')
    expect(check({ witness: null })).toContain('the witness must have')
    expect(check({ scope: 'restricted' })).toContain('is not a claim that can be checked here')
  })

  it('does not see the order of the rows, a shift of x, or its direction; a scale of x is a scale of lambda', () => {
    const order = Array.from({ length: n }, (_, i) => (i * 7 + 3) % n)
    const distinct = new Set(order).size === n
    const value = found.objective
    const weights = options.weights
    if (distinct) {
      const taken = {
        ...options,
        ...(weights && { weights: order.map(i => weights[i]) }),
      }
      expect(
        spline1d(
          order.map(i => x[i]),
          order.map(i => y[i]),
          taken,
        ).objective,
      ).toBeCloseTo(value, 10)
    }
    const map = (f: (v: number) => number) => Float64Array.from(x, f)
    expect(
      spline1d(
        map(v => v + 1.5),
        y,
        options,
      ).objective,
    ).toBeCloseTo(value, 9)
    expect(
      spline1d(
        map(v => -v),
        y,
        options,
      ).objective,
    ).toBeCloseTo(value, 9)
    expect(
      spline1d(
        map(v => 1000 * v),
        y,
        { ...options, lambda: 1000 * options.lambda! },
      ).objective,
    ).toBeCloseTo(value, 9)
  })
})

describe('piecewise linear functions as networks', () => {
  const hinges = fc.array(
    fc.tuple(fc.integer({ min: -8, max: 8 }), fc.constantFrom(1, -1), fc.integer({ min: -6, max: 6 })),
    { minLength: 1, maxLength: 7 },
  )

  it('R is at most Σ|z| of any network of the function, and is met', () => {
    fc.assert(
      fc.property(hinges, list => {
        const inner = [...new Set(list.map(([k]) => k).filter(k => k > -6 && k < 6))].sort((a, b) => a - b)
        const nodes = Float64Array.of(-6, ...inner, 6)
        const f = (x: number) => list.reduce((s, [k, side, z]) => s + z * Math.max(0, side * (x - k)), 0)
        const pieces: Pieces = { nodes, values: nodes.map(f) }
        const least = roughness(pieces)
        expect(least).toBeLessThanOrEqual(list.reduce((s, [, , z]) => s + Math.abs(z), 0) + 1e-9)
        const own = hingesOf(pieces)
        expect(own.coefficients.reduce((s, z) => s + Math.abs(z), 0)).toBeCloseTo(least, 9)
        const grid = Float64Array.from({ length: 49 }, (_, i) => -6 + i / 4)
        evaluateHinges(own, grid).forEach((v, i) => {
          expect(v).toBeCloseTo(f(grid[i]), 9)
        })
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  it('the dual norm from above is met to rounding by exact integers', () => {
    for (let seed = 0; seed < 20; seed++) {
      const n = 12
      const x = uniforms(fold(key(seed), 'x'), n)
        .map(v => Math.round(1000 * v) / 7)
        .sort()
      const theta = normals(fold(key(seed), 't'), n).map(v => Math.round(v * 2 ** 20))
      theta[0] -= theta.reduce((a, b) => a + b, 0)
      const bound = hingeNorm(x, theta)
      expect(breaches(x, theta, bound)).toEqual([])
      expect(breaches(x, theta, bound * (1 - 1e-12))).toHaveLength(1)
    }
  })

  it('every interpolant is proved smallest, and the sparsest has ⌈m/2⌉ kinks a run at the same norm', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 2, maxLength: 12 }), heights => {
        const x = Float64Array.from(heights, (_, i) => i + (i % 3) * 0.25)
        const y = Float64Array.from(heights)
        const claim = certifyInterpolation(x, y)
        expect(claim.primal - claim.dual).toBeLessThanOrEqual(1e-9 * Math.max(1, claim.primal))
        expect(recheckInterpolation(claim, { x, y }).problems).toEqual([])
        const dots = spline1d(x, y, { interpolate: true })
        const few = spline1d(x, y, { interpolate: true, sparsest: true })
        expect(few.penalty).toBeCloseTo(dots.penalty, 9)
        few.fitted.forEach((f, i) => {
          expect(f).toBeCloseTo(y[i], 9)
        })
        const raw = jumpsOf({ nodes: x, values: y }).map(j => (Math.abs(j) < 1e-9 ? 0 : Math.sign(j)))
        let [expected, run] = [0, 0]
        raw.forEach((sign, k) => {
          run = sign !== 0 && sign === raw[k - 1] ? run + 1 : sign === 0 ? 0 : 1
          if (run % 2 === 1) expected++
        })
        expect(few.knots.length).toBe(expected)
      }),
      { seed: 6, numRuns: 200 },
    )
  })

  it('an interpolant refuses a raised bound and a foreign witness', () => {
    const [x, y] = [Float64Array.from(DS4.x), Float64Array.from(DS4.y)]
    const claim = certifyInterpolation(x, y)
    const problems = (changed: Partial<Certificate>) =>
      recheckInterpolation({ ...claim, ...changed }, { x, y }).problems.join('; ')
    expect(problems({})).toBe('')
    expect(problems({ dual: claim.primal * 1.01 })).toContain('is not proved')
    expect(problems({ witness: claim.witness!.map(t => 1.01 * t) })).toMatch(/breaks the constraint|must sum to 0/)
    expect(problems({ primal: claim.primal * 1.01 })).toContain('far below the claim')
  })

  it('a fit of a regularised problem keeps its objective when made sparse', () => {
    for (let seed = 0; seed < 5; seed++) {
      const { x, y } = random(seed, 60)
      const all = spline1d(x, y, { lambda: 0.003 })
      const few = spline1d(x, y, { lambda: 0.003, sparsest: true })
      expect(few.objective).toBeCloseTo(all.objective, 10)
      expect(few.knots.length).toBeLessThan(all.knots.length)
      expect(few.gap).toBeLessThan(1e-8)
    }
    const even: Pieces = { nodes: Float64Array.of(0, 1, 2, 3), values: Float64Array.of(0, 0, 1, 3) }
    expect(sparsest(even, even.nodes).nodes.length).toBe(3)
    // With a data point between, the two kinks stay.
    expect(sparsest(even, Float64Array.of(0, 1, 1.5, 2, 3)).nodes.length).toBe(4)
  })
})

describe('larger and awkward data', () => {
  it.each([
    [2000, 1e-4],
    [2000, 1e-6],
    [10_000, 1e-4],
  ])('%d points, lambda %d: gap 1e-8 within 600 steps', (n, lambda) => {
    const x = uniforms(fold(key(9), 'x'), n).map(v => 10 * v)
    const e = normals(fold(key(9), 'e'), n)
    const found = spline1d(
      x,
      x.map((v, i) => Math.sin(v) + 0.3 * e[i]),
      { lambda, tolerance: 1e-8 },
    )
    expect(found.status).toBe('solved')
    expect(found.iterations).toBeLessThan(600)
  })

  it('time stamps and neighbours a billionth apart', () => {
    const { y } = random(4, 40)
    const stamps = Float64Array.from({ length: 40 }, (_, i) => 1.7e9 + 3600 * i)
    const far = spline1d(stamps, y, { lambdaFraction: 0.05 })
    expect(far.gap).toBeLessThan(1e-8)
    const close = Float64Array.from({ length: 40 }, (_, i) => Math.floor(i / 2) + (i % 2) * 1e-12)
    const near = spline1d(close, y, { lambdaFraction: 0.05 })
    expect(near.gap).toBeLessThan(1e-8)
    expect(
      recheckSpline(near.certificate, {
        x: close,
        loss: createLoss('squared', { targets: y }),
        beta: 40 * near.lambda,
        spline: near.hinges,
      }).problems,
    ).toEqual([])
  })

  it('knots: no more than asked, and nothing bought by a far larger lambda', () => {
    const { x, y } = random(2, 120)
    for (const knots of [0, 1, 3, 6]) {
      const found = spline1d(x, y, { knots })
      expect(found.knots.length).toBeLessThanOrEqual(knots)
      expect(found.gap).toBeLessThan(1e-8)
      if (knots > 0) {
        const more = spline1d(x, y, { lambda: found.lambda * 0.9 })
        expect(more.knots.length).toBeGreaterThanOrEqual(found.knots.length)
      }
    }
  })

  it('cross-validation chooses a lambda between noise and signal, by seed', () => {
    const { x, y } = random(1, 200)
    const first = spline1d(x, y)
    expect(first.notes.join()).toContain('cross-validation')
    const truth = Float64Array.from(x, v => Math.sin(3 * v))
    const error = (s: typeof first) => s.fitted.reduce((sum, f, i) => sum + (f - truth[i]) ** 2, 0)
    expect(error(first)).toBeLessThan(error(spline1d(x, y, { lambdaFraction: 0.3 })))
    expect(error(first)).toBeLessThan(error(spline1d(x, y, { lambdaFraction: 1e-5 })))
    expect(spline1d(x, y).lambda).toBe(first.lambda)
  })

  it('degenerate: one place, constant targets', () => {
    expect(spline1d([1, 1, 1], [0, 1, 2], { lambda: 0.1 })).toMatchObject({ status: 'solved', lambdaMax: 0 })
    const flat = spline1d([0, 1, 2], [4, 4, 4], { lambda: 0.1 })
    expect([...flat.fitted]).toEqual([4, 4, 4])
    expect(flat.status).toBe('solved')
    expect(spline1d([2], [3], { interpolate: true }).fitted[0]).toBe(3)
  })
})

describe('refusals', () => {
  it.each<[string, () => unknown]>([
    [
      'spline: lambda must be a positive number; got 0. For lambda → 0 use interpolate.',
      () => spline1d([1, 2], [1, 2], { lambda: 0 }),
    ],
    [
      'spline: x must be finite numbers; got NaN at 1. Drop or fill in that row.',
      () => spline1d([1, Number.NaN], [1, 2], { lambda: 1 }),
    ],
    ['spline: one y for each of at least one x is needed; got 1 for 2.', () => spline1d([1, 2], [1], { lambda: 1 })],
    ['spline: one y for each of at least one x is needed; got 0 for 0.', () => spline1d([], [], { lambda: 1 })],
    [
      'spline: to interpolate, equal x must have equal y; got y = 1 and 2 at x = 3.',
      () => spline1d([3, 3], [1, 2], { interpolate: true }),
    ],
    [
      'spline: give one of lambda, lambdaFraction, knots and interpolate; got several.',
      () => spline1d([1, 2], [1, 2], { lambda: 1, knots: 2 }),
    ],
    [
      'spline: interpolation has no loss; got logistic.',
      () => spline1d([1, 2], [1, -1], { interpolate: true, loss: 'logistic' }),
    ],
    ['labels must be -1 or +1; got 2 at 1.', () => spline1d([1, 2], [1, 2], { lambda: 1, loss: 'logistic' })],
    ['spline: knots must be a whole number ≥ 0; got 1.5.', () => spline1d([1, 2], [1, 2], { knots: 1.5 })],
  ])('%s', (message, act) => {
    expect(act).toThrow(message)
  })

  it('duplicates that contradict have their own code', () => {
    expect(() => spline1d([3, 3], [1, 2], { interpolate: true })).toThrow(
      expect.objectContaining({ code: 'E_DUPLICATE_X' }),
    )
  })
})
