import { describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { leastSquares } from '../../matrix/factor/leastSquares.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { fold, key, normals } from '../../random/index.ts'
import { surrogate } from '../../sketch/surrogateRows.ts'
import {
  type AveragedNewtonOptions,
  averagedNewton,
  averagedRidge,
  debias,
  effectiveDimension,
  type RidgeReport,
  ridgeProblem,
  solveRidge,
} from './index.ts'

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })

/** Symmetric 2 × 2 matrices as [a, b, c] = [[a, b], [b, c]]. */
type Two = readonly [number, number, number]
const det = ([a, b, c]: Two) => a * c - b * b
const inverse = (s: Two): Two => [s[2] / det(s), -s[1] / det(s), s[0] / det(s)]
const ridged = ([a, b, c]: Two, r: number): Two => [a + r, b, c + r]

// The reference of four rows in the plane.
const a = parkMillerMatrix(4, 2, 21)
const y = parkMillerMatrix(4, 1, 22).data
const lambda = 0.3
const row = (i: number) => [a.data[2 * i], a.data[2 * i + 1]] as const
const gramOf = (weights: readonly number[]): Two => {
  const out: [number, number, number] = [0, 0, 0]
  weights.forEach((w, i) => {
    const [u, v] = row(i)
    out[0] += w * u * u
    out[1] += w * u * v
    out[2] += w * v * v
  })
  return out
}
const sigma = gramOf([1, 1, 1, 1])
const target = inverse(ridged(sigma, lambda))
const dLambda = sigma[0] * target[0] + 2 * sigma[1] * target[1] + sigma[2] * target[2]
const solutionOf = (inv: Two, weights: readonly number[]): [number, number] => {
  let [p, q] = [0, 0]
  weights.forEach((w, i) => {
    p += w * row(i)[0] * y[i]
    q += w * row(i)[1] * y[i]
  })
  return [inv[0] * p + inv[1] * q, inv[1] * p + inv[2] * q]
}

describe('known answers', () => {
  it('effective dimension, γ, λ′, inverse and ridge solution', () => {
    expect(dLambda).toBeCloseTo(1.404461961667, 11)
    const { gamma, ridge, factor } = debias({ lambda, effectiveDimension: dLambda, rows: 3 })
    expect(gamma).toBeCloseTo(1.595538038333, 11)
    expect(ridge).toBeCloseTo(0.159553803833, 11)
    expect(factor).toBeCloseTo(1 - dLambda / 3, 14)
    expect(target[0]).toBeCloseTo(0.445598996488, 11)
    expect(target[1]).toBeCloseTo(0.449588508758, 11)
    expect(target[2]).toBeCloseTo(1.539527797957, 11)
    const x = solutionOf(target, [1, 1, 1, 1])
    expect(x[0]).toBeCloseTo(0.337451998846, 11)
    expect(x[1]).toBeCloseTo(0.48273233691, 11)
    const drawn = surrogate(a, { rows: 3, lambda })
    expect(drawn.effectiveDimension).toBeCloseTo(dLambda, 11)
    expect(drawn.gamma).toBeCloseTo(gamma, 11)
  })
  it('the fixed point undoes the bias of the plug-in', () => {
    const sa = dense(8, 4)
    for (let j = 0; j < 4; j++) sa.data[j * 4 + j] = 2 ** (1 - j)
    expect(effectiveDimension(sa, 0.5)).toBeCloseTo(2.206824104655, 8)
  })
})

describe('exact enumeration', () => {
  const gamma = 3 - dLambda
  const p = [0.1, 0.2, 0.3, 0.4]
  const factorials = [1, 1, 2, 6, 24, 120]
  const factorial = (k: number): number => factorials[k] ?? k * factorial(k - 1)
  const poisson = (k: number, mean: number) => (k < 0 ? 0 : (Math.exp(-mean) * mean ** k) / factorial(k))
  const MOST = 15
  /** All counts of the four rows, with their weight det(XᵀX + γλI)·Poisson. */
  function* counts() {
    const c = [0, 0, 0, 0]
    for (c[0] = 0; c[0] < MOST; c[0]++)
      for (c[1] = 0; c[1] < MOST; c[1]++)
        for (c[2] = 0; c[2] < MOST; c[2]++)
          for (c[3] = 0; c[3] < MOST; c[3]++) {
            const s = ridged(gramOf(c.map((k, i) => k / p[i])), gamma * lambda)
            yield { c: c.slice(), s, weight: det(s) * c.reduce((all, k, i) => all * poisson(k, gamma * p[i]), 1) }
          }
  }
  it('reweighting by the determinant makes size, inverse and ridge solution unbiased', () => {
    let [total, size] = [0, 0]
    const mean = [0, 0, 0]
    const solution = [0, 0]
    for (const { c, s, weight } of counts()) {
      total += weight
      size += weight * c.reduce((sum, k) => sum + k, 0)
      const inv = inverse(s)
      inv.forEach((v, t) => {
        mean[t] += weight * v
      })
      solutionOf(
        inv,
        c.map((k, i) => k / p[i]),
      ).forEach((v, t) => {
        solution[t] += weight * v
      })
    }
    expect(size / total).toBeCloseTo(gamma + dLambda, 9)
    mean.forEach((v, t) => {
      expect(v / total).toBeCloseTo(target[t] / gamma, 9)
    })
    const exact = solutionOf(target, [1, 1, 1, 1])
    solution.forEach((v, t) => {
      expect(v / total).toBeCloseTo(exact[t], 9)
    })
    // The normaliser is γ²·det(AᵀA + λI): what makes the weights probabilities.
    expect(total).toBeCloseTo(gamma * gamma * det(ridged(sigma, lambda)), 9)
  })
  it('the union of Poisson rows and a determinantal sample has exactly that law', () => {
    const all = gamma * gamma * det(ridged(sigma, lambda))
    const whole = det(ridged(sigma, lambda)) / lambda ** 2
    // Subsets T with probability det(L_T)/det(I + L), L = AAᵀ/λ.
    const subsets = [[], [0], [1], [2], [3], [0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]].map(set => {
      const minor =
        set.length === 0
          ? 1
          : set.length === 1
            ? (row(set[0])[0] ** 2 + row(set[0])[1] ** 2) / lambda
            : ((row(set[0])[0] * row(set[1])[1] - row(set[0])[1] * row(set[1])[0]) / lambda) ** 2
      return { set, chance: minor / whole }
    })
    expect(subsets.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 12)
    for (const { c, weight } of counts()) {
      if (c.some(k => k > 3)) continue
      const union = subsets.reduce(
        (sum, { set, chance }) =>
          sum + chance * c.reduce((now, k, i) => now * poisson(k - (set.includes(i) ? 1 : 0), gamma * p[i]), 1),
        0,
      )
      expect(weight / all).toBeCloseTo(union, 12)
    }
  })
  it('draws follow it: size, inverse and ridge solution within four standard errors, subsets by chi-square', () => {
    const distribution = surrogate(a, { rows: 3, lambda, probabilities: p })
    const draws = 4000
    const wanted = [3, target[0] / gamma, target[1] / gamma, target[2] / gamma, ...solutionOf(target, [1, 1, 1, 1])]
    const sums = wanted.map(() => [0, 0])
    const seen = new Map<string, number>()
    const chances = new Map<string, number>()
    const all = gamma * gamma * det(ridged(sigma, lambda))
    for (const { c, weight } of counts()) if (c.every(k => k < 2)) chances.set(c.join(''), weight / all)
    for (let seed = 0; seed < draws; seed++) {
      const drawn = distribution.draw(seed)
      const s = drawn.columns(0, 4)
      const c = [0, 0, 0, 0]
      for (let t = 0; t < s.rows; t++) for (let i = 0; i < 4; i++) if (s.data[t * 4 + i] !== 0) c[i]++
      for (let t = 0; t < s.rows; t++)
        for (let i = 0; i < 4; i++)
          if (s.data[t * 4 + i] !== 0) expect(s.data[t * 4 + i]).toBeCloseTo(1 / Math.sqrt(3 * p[i]), 12)
      const inv = inverse(ridged(gramOf(c.map((k, i) => k / p[i])), gamma * lambda))
      const got = [
        c.reduce((sum, k) => sum + k, 0),
        ...inv,
        ...solutionOf(
          inv,
          c.map((k, i) => k / p[i]),
        ),
      ]
      got.forEach((v, t) => {
        sums[t][0] += v
        sums[t][1] += v * v
      })
      const name = c.join('')
      if (chances.has(name)) seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    sums.forEach(([sum, square], t) => {
      const mean = sum / draws
      const error = Math.sqrt((square / draws - mean * mean) / draws)
      expect(Math.abs(mean - wanted[t]) / error).toBeLessThan(4)
    })
    let chi = 0
    let other = draws
    let otherChance = 1
    for (const [name, chance] of chances) {
      const count = seen.get(name) ?? 0
      chi += (count - draws * chance) ** 2 / (draws * chance)
      other -= count
      otherChance -= chance
    }
    chi += (other - draws * otherChance) ** 2 / (draws * otherChance)
    // 16 degrees of freedom: 45 is beyond one in 7000.
    expect(chances.size).toBe(16)
    expect(chi).toBeLessThan(45)
  })
})

/** 600 × 20 with a ridge of effective dimension 16.4. */
function averaging(): { a: Dense; b: Float64Array; lambda: number; error: (x: Float64Array) => number } {
  const [n, d] = [600, 20]
  const data = dense(
    n,
    d,
    normals(key(1), n * d).map((z, t) => z * 0.93 ** (t % d)),
  )
  const b = normals(fold(key(1), 'b'), n)
  const { values } = svd(data)
  const at = (l: number) => values.reduce((sum, s) => sum + s ** 2 / (s ** 2 + l), 0)
  let [low, high] = [1e-6, 1e6]
  for (let k = 0; k < 200; k++) {
    const middle = Math.sqrt(low * high)
    if (at(middle) > 16.4) low = middle
    else high = middle
  }
  const ridge = low
  const stacked = dense(n + d, d)
  stacked.data.set(data.data)
  for (let j = 0; j < d; j++) stacked.data[(n + j) * d + j] = Math.sqrt(ridge)
  const extended = new Float64Array(n + d)
  extended.set(b)
  const best = leastSquares(stacked, extended).x
  const error = (x: Float64Array) => {
    const e = x.map((v, j) => v - best[j])
    let sum = ridge * e.reduce((all, v) => all + v * v, 0)
    for (let i = 0; i < n; i++) sum += rowOf(data, i).reduce((all, v, j) => all + v * e[j], 0) ** 2
    return Math.sqrt(sum)
  }
  return { a: data, b, lambda: ridge, error }
}

describe('averagedNewton', () => {
  const { a: tall, b, lambda: ridge, error } = averaging()
  function factor(options: AveragedNewtonOptions, steps = 3): { factor: number; report: RidgeReport } {
    const errors: number[] = []
    let report: RidgeReport | undefined
    for (const step of averagedNewton({ refresh: true, rows: 40, ...options }).iterate(
      ridgeProblem(tall, b, { lambda: ridge }),
      { tolerance: 0 },
    )) {
      report = step.report
      if (step.phase === 'avg-newton') errors.push(error(step.x))
      if (errors.length > steps) break
    }
    return { factor: (errors[steps] / errors[0]) ** (1 / steps), report: report as RidgeReport }
  }

  it('the scaled ridge alone makes a Newton step worse; with its factor averaging works, as published and corrected', () => {
    const q = { workers: 100, kind: 'uniform' } as const
    const none = factor({ ...q, debias: false }).factor
    const ridgeOnly = factor({ ...q, debias: { ridge: true, factor: false } }).factor
    const both = factor({ ...q }).factor
    const factorOnly = factor({ ...q, debias: { ridge: false, factor: true } }).factor
    expect(none).toBeGreaterThan(0.4)
    expect(ridgeOnly).toBeGreaterThan(none)
    expect(both).toBeLessThan(0.15)
    expect(factorOnly).toBeGreaterThan(both)
  })
  it('the factor falls as predicted, as one over the root of the workers', () => {
    for (const workers of [4, 24])
      for (const kind of ['gaussian', 'surrogate-leverage'] as const) {
        const { factor: measured, report } = factor({ workers, kind }, 2)
        expect(measured / report.predicted).toBeGreaterThan(0.6)
        expect(measured / report.predicted).toBeLessThan(1.5)
      }
    expect(factor({ workers: 16 }, 0).report.predicted).toBeCloseTo(factor({ workers: 4 }, 0).report.predicted / 2, 2)
  })
  it('solves to a proved error, for every kind, with fixed and with fresh sketches', async () => {
    for (const kind of ['gaussian', 'srht', 'uniform', 'ridge-leverage', 'surrogate'] as const)
      for (const refresh of [false, true]) {
        const solved = await solveRidge(tall, b, {
          lambda: ridge,
          method: averagedNewton({ kind, refresh, workers: 8, rows: 60 }),
        })
        expect(solved.status).toBe('solved')
        expect(error(solved.x) ** 2 / 2).toBeLessThanOrEqual(solved.errorBound * (1 + 1e-6))
      }
  })
  it('leaves out who does not answer, and stops when too few do', async () => {
    const method = averagedNewton({ workers: 8, rows: 80, answers: (k, step) => (k + step) % 3 !== 0 })
    expect((await solveRidge(tall, b, { lambda: ridge, method })).status).toBe('solved')
    const alone = averagedNewton({ workers: 8, rows: 80, answers: k => k < 3 })
    await expect(solveRidge(tall, b, { lambda: ridge, method: alone })).rejects.toEqual(
      code('E_WORKERS', /at least 4 of 8 workers must answer; got 3 in step 0/),
    )
  })
  it('workers have their own sketches, and more workers leave the first ones as they are', async () => {
    const one = averagedNewton({ workers: 1, rows: 80 })
    const first = await solveRidge(tall, b, {
      lambda: ridge,
      method: averagedNewton({ workers: 4, rows: 80, answers: k => k < 2 }),
      maxIterations: 12,
    })
    const again = await solveRidge(tall, b, {
      lambda: ridge,
      method: averagedNewton({ workers: 4, rows: 80, answers: k => k < 2 }),
      maxIterations: 12,
    })
    expect(first.x).toEqual(again.x)
    expect((await solveRidge(tall, b, { lambda: ridge, method: one, maxIterations: 12 })).x).not.toEqual(first.x)
  })
  it('refuses what cannot work', async () => {
    const asked = (options: AveragedNewtonOptions, lambda = ridge) =>
      solveRidge(tall, b, { lambda, method: averagedNewton(options) })
    await expect(asked({}, 0)).rejects.toEqual(code('E_PARAM_RANGE', /lambda must be > 0; got 0/))
    await expect(asked({ workers: 0 })).rejects.toEqual(
      code('E_PARAM_RANGE', /workers must be a whole number ≥ 1; got 0/),
    )
    await expect(asked({ rows: 601 })).rejects.toEqual(code('E_SKETCH_TOO_LARGE', /at most the 600 rows.*got 601/))
    await expect(asked({ rows: 10, effectiveDimension: 16.4 })).rejects.toEqual(
      code('E_SKETCH_TOO_SMALL', /more rows than the effective dimension 16.40; got 10/),
    )
    await expect(asked({ rows: 12, kind: 'surrogate' })).rejects.toEqual(
      code('E_SKETCH_TOO_SMALL', /rows must exceed the effective dimension 16.40; got 12/),
    )
    expect(() => debias({ lambda: 0, effectiveDimension: 1, rows: 2 })).toThrow(
      code('E_PARAM_RANGE', /lambda must be > 0; got 0/),
    )
    expect(() => surrogate(a, { rows: 3, lambda: 0 })).toThrow(/lambda must be > 0; got 0/)
  })
})

describe('averagedRidge', () => {
  const { a: tall, b, lambda: ridge } = averaging()
  const problem = ridgeProblem(tall, b, { lambda: ridge })
  it('surrogate sketches with the scaled ridge are unbiased: the mean is the solution within four standard errors', () => {
    const small = ridgeProblem(a, y, { lambda })
    const q = 3000
    const exact = solutionOf(target, [1, 1, 1, 1])
    const common = { rows: 3, kind: 'surrogate', effectiveDimension: dLambda } as const
    const singles = Array.from({ length: q }, (_, seed) => averagedRidge(small, { ...common, workers: 1, seed }).x)
    for (const j of [0, 1]) {
      const mean = singles.reduce((sum, x) => sum + x[j] / q, 0)
      const deviation = Math.sqrt(singles.reduce((sum, x) => sum + (x[j] - mean) ** 2, 0) / q / q)
      expect(Math.abs(mean - exact[j]) / deviation).toBeLessThan(4)
    }
  })
  it('bias floor: with many workers the plain mean stays, the corrected one goes on', async () => {
    // No noise in the target: what is left is bias and the spread of the estimates.
    const clean = problem.operator.apply(Float64Array.from({ length: 20 }, (_, j) => 1 + (j % 3)))
    const stated = ridgeProblem(tall, clean, { lambda: ridge })
    const best = (await solveRidge(tall, clean, { lambda: ridge, method: 'direct', tolerance: 1e-12 })).x
    const energy = (x: Float64Array) => {
      const fit = problem.operator.apply(x)
      return Math.sqrt(fit.reduce((sum, f) => sum + f * f, 0) + ridge * x.reduce((sum, v) => sum + v * v, 0))
    }
    const at = (workers: number, corrected: boolean) => {
      const { x } = averagedRidge(stated, { workers, rows: 40, kind: 'rademacher', debias: corrected })
      return energy(x.map((v, j) => v - best[j])) / energy(best)
    }
    const [few, many, plainFew, plainMany] = [at(8, true), at(160, true), at(8, false), at(160, false)]
    expect(many).toBeLessThan(0.5 * few)
    expect(plainMany).toBeGreaterThan(0.6 * plainFew)
    expect(plainMany).toBeGreaterThan(2 * many)
  })
  it('leaves out who does not answer, and refuses', () => {
    const half = averagedRidge(problem, { workers: 4, rows: 80, answers: k => k % 2 === 0 })
    expect(half.answered).toBe(2)
    expect(half.x).not.toEqual(averagedRidge(problem, { workers: 4, rows: 80 }).x)
    const refused = (options: object, name: string, message: RegExp) =>
      expect(() => averagedRidge(problem, options)).toThrow(code(name, message))
    refused({ workers: 5, rows: 80, answers: (k: number) => k < 2 }, 'E_WORKERS', /at least 3 of 5 workers/)
    refused({ workers: 0 }, 'E_PARAM_RANGE', /workers must be a whole number/)
    refused({ rows: 601 }, 'E_SKETCH_TOO_LARGE', /at most the 600 rows/)
    refused({ rows: 10, effectiveDimension: 16.4 }, 'E_SKETCH_TOO_SMALL', /more rows than the effective dimension/)
    expect(() => averagedRidge(ridgeProblem(tall, b), {})).toThrow(code('E_PARAM_RANGE', /lambda must be > 0; got 0/))
  })
})
