/**
 * Laws of every model: its program is the network's training problem, its certificate brackets the optimum, and training
 * is indifferent to rotation, order and scale. A new model joins with one row.
 */
import { describe, expect, it } from 'vitest'
import { certify } from '../../src/certificates/index.ts'
import { squaredLoss } from '../../src/losses/index.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../../src/matrix/dense.ts'
import { norm } from '../../src/matrix/vector.ts'
import { crossValidate } from '../../src/models/crossValidate.ts'
import { fit } from '../../src/models/fit.ts'
import { foldsOf } from '../../src/models/folds.ts'
import type { Inputs } from '../../src/models/inputs.ts'
import { fitOf, networkObjective, predictNetwork, weightDecay } from '../../src/models/networks/network.ts'
import { enumeratePatterns } from '../../src/models/networks/patterns/enumeratePatterns.ts'
import type { FitOptions } from '../../src/models/options.ts'
import { fitPath } from '../../src/models/path.ts'
import { type PredictorState, predictorOf } from '../../src/models/predictor.ts'
import type { Targets } from '../../src/models/targets.ts'
import { fold, key, normals, permutation } from '../../src/random/index.ts'
import { DS1, DS2, gen, geny, XOR } from '../oracles/reference.ts'

const compute = createCompute({ backend: 'js' })
/** The program on the data as they are. */
const plain: FitOptions = { standardise: false, intercept: false, compute }

function gaussian(purpose: string, rows: number, cols: number): Dense {
  return dense(rows, cols, normals(fold(key(8), purpose), rows * cols))
}

function mapped(x: Dense, cols: number, f: (row: Float64Array, i: number) => ArrayLike<number>): Dense {
  const out = dense(x.rows, cols)
  for (let i = 0; i < x.rows; i++) out.data.set(f(rowOf(x, i), i), i * cols)
  return out
}

/** Sum-form objective at a sum-form beta. */
async function optimum(x: Dense, y: Targets, beta: number, options: FitOptions): Promise<number> {
  const found = await fit(x, y, { ...plain, tolerance: 1e-8, ...options, lambda: beta / x.rows })
  return found.objective * x.rows
}

/** The open reference cases: certified gap 1e-8 or better. */
const REFERENCE: readonly [string, 'relu' | 'gated', Dense, Targets, FitOptions['loss'], number, number][] = [
  ['eight points', 'relu', DS1.x, DS1.y, 'squared', 0.3, 1.7216717324],
  ['eight points', 'gated', DS1.x, DS1.y, 'squared', 0.3, 1.2390521868],
  ['ten points', 'relu', DS2.x, DS2.y, 'squared', 0.2, 1.8042246179],
  ['ten points', 'relu', DS2.x, DS2.labels, 'logistic', 0.2, 6.378113392],
  ['exclusive or', 'relu', XOR.x, XOR.y, 'squared', 0.05, 0.302126437],
  ['exclusive or', 'relu', XOR.x, XOR.y, 'squared', 0.2, 1.058505748],
  ['eight points in three classes', 'relu', DS1.x, DS1.classes, 'multinomial', 0.3, Number.NaN],
]

describe.each(REFERENCE)('%s, %s', (_, model, x, y, loss, beta, value) => {
  it('reaches the known optimum and brackets it, over all patterns', async () => {
    const found = await fit(x, y, { ...plain, model, ...(loss && { loss }), lambda: beta / x.rows, tolerance: 1e-8 })
    const { certificate } = found
    expect(found.status).toBe('solved')
    expect(certificate.scope).toBe('global')
    expect(certificate.relativeGap).toBeLessThanOrEqual(1e-8)
    expect(found.objective).toBeLessThanOrEqual(certificate.primal)
    if (Number.isNaN(value)) return
    expect(Math.abs(found.objective * x.rows - value)).toBeLessThan(2e-8 * value)
    // A reference value is itself only within its gap of the optimum (ten points, logistic: 8e-10 below).
    expect(certificate.dual * x.rows).toBeLessThan(value * (1 + 2e-9))
    expect(certificate.primal * x.rows).toBeGreaterThan(value * (1 - 2e-9))
  })
})

const rows: readonly ['relu' | 'gated'][] = [['relu'], ['gated']]

describe.each(rows)('%s', model => {
  const x = gen(14, 3)
  const y = geny(14)
  const over = { ...plain, model }

  it('returns the network whose objective it states, balanced, with a bound below', async () => {
    for (const options of [over, { ...over, weights: y.map((_, i) => 0.5 + (i % 3)) }, { model, compute }]) {
      const found = await fit(x, y, { ...options, lambdaFraction: 0.1 })
      const { network, state } = found
      const raw = found.values(x)
      const { centre, spread } = state.standardisation
      const w = 'weights' in options ? options.weights : y.map(() => 1)
      let loss = 0
      for (let i = 0; i < 14; i++) loss += (w[i] / 2) * ((raw[i] - y[i]) / spread[0]) ** 2
      expect(loss / 14 + found.lambda * weightDecay(network)).toBeCloseTo(found.objective, 11)
      expect(found.objective).toBeLessThanOrEqual(found.certificate.primal)
      expect(found.certificate.relativeGap).toBeLessThanOrEqual(1e-6)
      expect(centre).toHaveLength(1)
      for (let j = 0; j < network.hidden.rows; j++)
        expect(norm(rowOf(network.hidden, j)) / norm(rowOf(network.output, j))).toBeCloseTo(1, 10)
    }
  })

  it('certifies dual ≤ optimum ≤ primal from any weights', async () => {
    const best = await optimum(x, y, 0.5, over)
    const patterns = enumeratePatterns(x)
    const data = { x, loss: squaredLoss(y), beta: 0.5 }
    const { network } = await fit(x, y, { ...over, lambda: 0.5 / 14 })
    for (const factor of [0, 0.3, 0.9, 1, 1.2]) {
      const scaled = {
        ...network,
        hidden: dense(
          network.hidden.rows,
          3,
          network.hidden.data.map(v => factor * v),
        ),
      }
      const { dual, primal } = certify(scaled, data, patterns)
      expect(dual * 14).toBeLessThanOrEqual(best)
      expect(primal * 14).toBeGreaterThanOrEqual(best * (1 - 1e-8))
      expect(primal * 14).toBeCloseTo(networkObjective(scaled, data), 9)
    }
  })

  it('does not see rotations of the inputs or the order of the rows', async () => {
    const best = await optimum(x, y, 0.5, over)
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)]
    const turned = mapped(x, 3, ([a, b, e]) => [c * a - s * b, s * a + c * b, e])
    expect(await optimum(turned, y, 0.5, over)).toBeCloseTo(best, 6)
    const order = Array.from(permutation(key(3), 14))
    const shuffled = mapped(x, 3, (_, i) => rowOf(x, order[i]))
    expect(
      await optimum(
        shuffled,
        order.map(i => y[i]),
        0.5,
        over,
      ),
    ).toBeCloseTo(best, 6)
  })

  it('scales: (X, y, beta) → (cX, cy, c²beta) multiplies the optimum by c²; doubling columns is a factor √2', async () => {
    const best = await optimum(x, y, 0.5, over)
    const scaled = mapped(x, 3, row => row.map(v => 10 * v))
    expect(
      (await optimum(
        scaled,
        y.map(v => 10 * v),
        50,
        over,
      )) / 100,
    ).toBeCloseTo(best, 6)
    const doubled = mapped(x, 6, row => [...row, ...row])
    const larger = mapped(x, 3, row => row.map(v => Math.SQRT2 * v))
    expect(await optimum(doubled, y, 0.5, { ...over, patterns: 'all' })).toBeCloseTo(
      await optimum(larger, y, 0.5, over),
      6,
    )
  })

  it('counts weights as repetition when n counts the rows', async () => {
    // Rows 0 … 4 twice: weight 2 on 14 rows at beta is 19 rows at the same beta.
    const twice = { ...over, weights: y.map((_, i) => (i < 5 ? 2 : 1)) }
    const longer = dense(19, 3)
    longer.data.set(x.data)
    longer.data.set(x.data.subarray(0, 15), 42)
    expect(await optimum(longer, [...y, ...y.slice(0, 5)], 0.5, over)).toBeCloseTo(await optimum(x, y, 0.5, twice), 6)
  })

  it('gives the same bits for the same seed, others for another', async () => {
    const wide = gaussian('wide', 20, 5)
    const target = Array.from(gaussian('target', 20, 1).data)
    const run = (seed: number) =>
      fit(wide, target, { model, compute, patterns: 12, rounds: 1, lambdaFraction: 0.2, seed, tolerance: 1e-5 })
    const [a, b, other] = [await run(4), await run(4), await run(5)]
    expect(a.network).toEqual(b.network)
    expect(a.certificate).toEqual(b.certificate)
    expect(other.patterns.gates).not.toEqual(a.patterns.gates)
    expect(a.seed).toBe(4)
  })

  it('predicts on raw inputs what was trained, at wild column scales, and exports it', async () => {
    const scales = [1e-6, 1e6, 1]
    const wild = mapped(x, 3, row => row.map((v, j) => scales[j] * (v + j)))
    const target = y.map(v => 1e5 + 300 * v)
    const found = await fit(wild, target, { model, compute, lambdaFraction: 0.1, tolerance: 1e-7 })
    const tame = await fit(
      mapped(x, 3, row => row.map((v, j) => v + j)),
      y,
      {
        model,
        compute,
        lambdaFraction: 0.1,
        tolerance: 1e-7,
      },
    )
    expect(found.objective).toBeCloseTo(tame.objective, 6)
    expect(found.score(wild, target)).toBeGreaterThan(0.3)
    const values = found.values(wild)
    const exported = predictNetwork(
      found.raw(),
      mapped(wild, 4, row => [...row, 1]),
    )
    values.forEach((value, i) => {
      expect(Math.abs(exported[i] - value)).toBeLessThan(1e-9 * Math.abs(value))
    })
    // And through a file.
    const saved = JSON.parse(JSON.stringify(found.state), (_, v) => v) as PredictorState
    expect(Object.keys(saved)).toEqual(['network', 'standardisation', 'loss', 'classes'])
    expect(predictorOf(found.state).values(wild)).toEqual(values)
  })

  it('is the zero network from lambdaMax on, exactly', async () => {
    const above = await fit(x, y, { ...over, lambdaFraction: 1 + 1e-9 })
    expect(above.network.hidden.rows).toBe(0)
    expect(above.status).toBe('solved')
    expect(above.objective).toBeCloseTo(squaredLoss(y).value(new Float64Array(14)) / 14, 12)
    expect(above.notes.join(' ')).toContain('lambda is at or above lambdaMax')
    const below = await fit(x, y, { ...over, lambdaFraction: 0.99, tolerance: 1e-9 })
    expect(below.network.hidden.rows).toBeGreaterThan(0)
    expect(below.objective).toBeLessThan(above.objective * (1 - 1e-7))
  })

  it('walks a path: certified, concave and rising in lambda, weights falling', async () => {
    const { fits, lambdaMax, complete } = await fitPath(x, y, {
      ...over,
      points: 8,
      smallestFraction: 0.01,
      tolerance: 1e-7,
    })
    expect(complete).toBe(true)
    expect(fits).toHaveLength(8)
    expect(fits[0].lambda).toBe(lambdaMax)
    expect(fits[0].objective).toBeCloseTo(squaredLoss(y).value(new Float64Array(14)) / 14, 6)
    expect(fits[7].lambda / lambdaMax).toBeCloseTo(0.01, 12)
    for (const [k, found] of fits.entries()) {
      expect(found.certificate.relativeGap).toBeLessThanOrEqual(1e-7)
      if (k === 0) continue
      const before = fits[k - 1]
      expect(found.objective).toBeLessThanOrEqual(before.objective * (1 + 1e-7))
      expect(weightDecay(found.network)).toBeGreaterThanOrEqual(weightDecay(before.network) - 1e-3)
      if (k === 7) continue
      const after = fits[k + 1]
      const share = (found.lambda - after.lambda) / (before.lambda - after.lambda)
      expect(found.objective).toBeGreaterThanOrEqual(
        (share * before.objective + (1 - share) * after.objective) * (1 - 1e-6),
      )
    }
  })

  it('returns the best so far when told to stop', async () => {
    const wide = gaussian('wide', 60, 8)
    const target = Array.from(gaussian('target', 60, 1).data)
    const control = new AbortController()
    let steps = 0
    const stopped = await fit(wide, target, {
      model,
      compute,
      patterns: 60,
      rounds: 0,
      lambdaFraction: 0.05,
      tolerance: 1e-13,
      signal: control.signal,
      onProgress: () => {
        if (++steps === 3) control.abort()
      },
    })
    expect(stopped.status).toBe('aborted')
    expect(stopped.iterations).toBe(3)
    expect(stopped.certificate.dual).toBeLessThanOrEqual(stopped.certificate.primal)
    expect(stopped.values(wide)).toHaveLength(60)
    const already = await fit(wide, target, { model, compute, signal: AbortSignal.abort(), lambdaFraction: 0.05 })
    expect(already.status).toBe('aborted')
    expect(already.certificate.primal).toBeGreaterThan(0)
    const few = await fit(wide, target, {
      model,
      compute,
      patterns: 40,
      rounds: 0,
      lambdaFraction: 0.05,
      tolerance: 1e-13,
      maxIterations: 2,
    })
    expect(few.status).toBe('max-iterations')
    const late = await fit(wide, target, {
      model,
      compute,
      patterns: 40,
      lambdaFraction: 0.05,
      tolerance: 1e-13,
      maxTime: 1e-9,
    })
    expect(late.status).toBe('max-time')
  })
})

describe('sampled patterns of ReLU networks', () => {
  it('are improved by rounds: the objective only falls, towards the optimum over all', async () => {
    const x = gen(16, 4)
    const y = geny(16)
    const options: FitOptions = { ...plain, patterns: 10, lambda: 0.3 / 16 }
    const none = await fit(x, y, { ...options, rounds: 0 })
    const one = await fit(x, y, { ...options, rounds: 1 })
    const more = await fit(x, y, { ...options, rounds: 4 })
    expect(none.patternsAdded).toBe(0)
    expect(more.patternsAdded).toBeGreaterThan(0)
    expect(one.objective).toBeLessThan(none.objective * (1 - 1e-3))
    expect(more.objective).toBeLessThanOrEqual(one.objective * (1 + 1e-9))
    // All 1152 patterns.
    const all = await fit(x, y, { ...plain, patterns: 'all', lambda: 0.3 / 16, tolerance: 1e-5 })
    expect(all.patterns.masks.patterns).toBeGreaterThan(1100)
    expect(all.certificate.scope).toBe('global')
    expect(more.certificate.scope).toBe('restricted')
    expect(more.objective).toBeGreaterThanOrEqual(all.certificate.dual)
    expect(more.objective).toBeLessThan(all.objective * 1.002)
    expect(more.notes.join(' ')).toContain('patterns were added to the sampled ones')
  })
})

describe('targets', () => {
  const x = gen(24, 2)
  const text = Array.from({ length: 24 }, (_, i) =>
    x.data[2 * i] > 0.2 ? 'yes' : x.data[2 * i + 1] > 0 ? 'no' : 'maybe',
  )
  const quick: FitOptions = { compute, lambdaFraction: 0.05, tolerance: 1e-5 }

  it('keeps the names of classes: texts, booleans and numbers', async () => {
    const three = await fit(x, text, quick)
    expect(three.loss).toBe('multinomial')
    expect(three.classes).toEqual(['maybe', 'no', 'yes'])
    expect(three.score(x, text)).toBeGreaterThan(0.8)
    expect(new Set(three.predict(x))).toEqual(new Set(text))
    const p = three.predictProbability(x)
    for (let i = 0; i < 24; i++) expect(rowOf(p, i).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    const two = await fit(
      x,
      text.map(t => t === 'yes'),
      { ...quick, model: 'gated' },
    )
    expect(two.loss).toBe('logistic')
    expect(two.classes).toEqual([false, true])
    expect(typeof two.predict(x)[0]).toBe('boolean')
    const probability = two.predictProbability(x)
    two.predict(x).forEach((label, i) => {
      expect(probability.data[2 * i + 1] > 0.5).toBe(label)
    })
    const numbered = await fit(
      x,
      text.map(t => (t === 'yes' ? 7 : 3)),
      { ...quick, loss: 'squared-hinge' },
    )
    expect(new Set(numbered.predict(x))).toEqual(new Set([3, 7]))
    expect(() => numbered.predictProbability(x)).toThrow('this model has squared-hinge loss')
    const named = await fit(
      x,
      text.map(t => (t === 'yes' ? 1 : 0)),
      { ...quick, classes: ['a', 'b'] },
    )
    expect(named.classes).toEqual(['a', 'b'])
  })

  it('starts classes at the best constant', async () => {
    const rare = text.map((_, i) => (i < 4 ? 'a' : 'b'))
    const constant = await fit(x, rare, { ...quick, lambdaFraction: 1.1 })
    expect(constant.predictProbability(x).data[0]).toBeCloseTo(4 / 24, 10)
  })

  it('takes several outputs at once', async () => {
    const points = gen(12, 2)
    const both = dense(12, 2)
    for (let i = 0; i < 12; i++) both.data.set([Math.abs(points.data[2 * i]), 1e3 * points.data[2 * i + 1]], 2 * i)
    for (const model of ['relu', 'gated'] as const) {
      const found = await fit(points, both, { ...quick, model })
      expect(found.values(points)).toHaveLength(24)
      expect(found.score(points, both)).toBeGreaterThan(0.9)
      expect(found.status).toBe('solved')
      // Each neuron feeds one output, and pruning keeps objective and fit.
      const fewer = await fit(points, both, { ...quick, model, minimalWidth: true })
      expect(fewer.network.hidden.rows).toBeLessThanOrEqual(found.network.hidden.rows)
      expect(Math.abs(fewer.objective - found.objective)).toBeLessThan(1e-8 * found.objective)
    }
  })
})

describe('crossValidate', () => {
  it('deals folds evenly, class by class, by seed', () => {
    const classes = Float64Array.from({ length: 23 }, (_, i) => (i < 6 ? 1 : 0))
    const folds = foldsOf(23, { folds: 5, seed: 0, classes })
    for (let f = 0; f < 5; f++) {
      const mine = [...folds.keys()].filter(i => folds[i] === f)
      expect([4, 5]).toContain(mine.length)
      expect([1, 2]).toContain(mine.filter(i => classes[i] === 1).length)
    }
    expect(foldsOf(23, { folds: 5, seed: 0, classes })).toEqual(folds)
    expect(foldsOf(23, { folds: 5, seed: 1, classes })).not.toEqual(folds)
    expect(() => foldsOf(3, { folds: 4, seed: 0 })).toThrow('crossValidate: folds must be a whole number in 2..3')
  })

  it('prefers a strong lambda for noise and a weak one for a function, and fit says what it chose', async () => {
    const x = gaussian('cv', 60, 2)
    const clean = Array.from({ length: 60 }, (_, i) => Math.abs(x.data[2 * i]))
    const noise = Array.from(gaussian('noise', 60, 1).data)
    const options = { compute, model: 'gated' as const, patterns: 30, points: 6, smallestFraction: 0.01, folds: 3 }
    const structured = await crossValidate(x, clean, options)
    const random = await crossValidate(x, noise, options)
    expect(structured.lambdaMin).toBeLessThanOrEqual(structured.lambdas[4])
    expect(random.lambdaOneStandardError).toBeGreaterThanOrEqual(random.lambdas[1])
    expect(structured.lambdaOneStandardError).toBeGreaterThanOrEqual(structured.lambdaMin)
    // On noise alone the held-out loss is near ½ in units of the target's variance.
    expect(random.mean[0]).toBeGreaterThan(0.4)
    expect(structured.folds).toBe(3)
    const { points, smallestFraction, folds, ...rest } = options
    const found = await fit(x, clean, { ...rest, validation: { points, smallestFraction, folds } })
    expect(found.lambda).toBe(structured.lambdaMin)
    expect(found.validation?.mean).toEqual(structured.mean)
    expect(found.notes.join(' ')).toContain('chosen by 3-fold cross-validation over 6 values')
  })
})

describe('refusals', () => {
  const x = gen(6, 2)
  const y = geny(6)
  const cases: readonly [string, Inputs, Targets, FitOptions, string][] = [
    [
      'NaN',
      mapped(x, 2, (row, i) => (i === 3 ? [row[0], Number.NaN] : row)),
      y,
      {},
      'fit: x must hold finite numbers; got NaN in row 3, column 1. Fill or remove missing values.',
    ],
    ['ragged rows', [[1, 2], [3]], [1, 2], {}, 'every row must have 2 numbers; row 1 has 1'],
    ['no columns', dense(3, 0), [1, 2, 3], {}, 'fit: x must have one column at least; got none for 3 rows.'],
    ['one row', [[1, 2]], [1], {}, 'fit: at least two rows are needed; got 1. Add data.'],
    ['other length', x, [1, 2], {}, 'fit: there must be one target a row of x; got 2 targets for 6 rows.'],
    ['constant target', x, y.map(() => 2), {}, 'fit: the target must vary; got 2 in all 6 rows.'],
    [
      'NaN target',
      x,
      y.map((v, i) => (i === 2 ? Number.NaN : v)),
      {},
      'fit: targets must be finite numbers; got NaN in row 2.',
    ],
    ['one class', x, y.map(() => 'a'), {}, 'fit: two classes at least are needed; got only a in all 6 rows.'],
    [
      'three classes for two',
      x,
      ['a', 'b', 'c', 'a', 'b', 'c'],
      { loss: 'logistic' },
      'fit: logistic loss is for two classes; got 3. Use multinomial loss.',
    ],
    [
      'texts for numbers',
      x,
      ['a', 'b', 'c', 'a', 'b', 'c'],
      { loss: 'squared' },
      'fit: squared loss needs numbers as targets; got "a".',
    ],
    ['mixed labels', x, ['a', 1, 'c', 'a', 'b', 'c'], {}, 'fit: labels must be of one type; got string and number.'],
    ['lambda 0', x, y, { lambda: 0 }, 'fit: lambda must be a positive number; got 0.'],
    ['lambda twice', x, y, { lambda: 1, lambdaFraction: 1 }, 'fit: give lambda or lambdaFraction, not both.'],
    ['negative fraction', x, y, { lambdaFraction: -1 }, 'fit: lambdaFraction must be a positive number; got -1.'],
    [
      'constant columns',
      dense(6, 1, new Float64Array(6).fill(4)),
      y,
      {},
      'fit: at least one column must vary; all are constant.',
    ],
    ['weights', x, y, { weights: [1, 1, -1, 1, 1, 1] }, 'fit: weights must be finite and ≥ 0; got -1 in row 2.'],
    ['too few weights', x, y, { weights: [1] }, 'fit: there must be one weight a row of x; got 1 for 6 rows.'],
    [
      'too many patterns',
      gaussian('many', 60, 8),
      Array.from(gaussian('many y', 60, 1).data),
      { patterns: 'all' },
      'the cap is 200000',
    ],
    ['tolerance', x, y, { tolerance: 0 }, 'fit: tolerance must be > 0; got 0. Try 1e-6.'],
    ['gates', x, y, { gates: dense(2, 5) }, 'fit: gates must have 2 or 3 columns; got 5.'],
    ['gates and patterns', x, y, { gates: dense(2, 2), patterns: 4 }, 'fit: give patterns or gates, not both.'],
  ]

  it.each(cases)('%s', async (_, inputs, targets, options, message) => {
    await expect(fit(inputs, targets, { compute, ...options })).rejects.toThrow(message)
  })

  it('takes gates on raw inputs, with or without bias', async () => {
    const wide = mapped(x, 2, row => [1e3 * row[0] + 5e3, row[1]])
    const gates = dense(3, 3, Float64Array.of(1e-3, 0, -5, 0, 1, 0, -1e-3, 1, 5))
    const found = await fit(wide, y, { compute, model: 'gated', gates, lambdaFraction: 0.1 })
    expect(found.patterns.masks.patterns).toBe(3)
    // 1[raw·g > 0] is what trains, and what predicts.
    const own = found.raw()
    const fitted = fitOf(
      own,
      mapped(wide, 3, row => [...row, 1]),
    )
    found.values(wide).forEach((value, i) => {
      expect(fitted[i] + own.offset[0]).toBeCloseTo(value, 9)
    })
  })
})
