import { describe, expect, it } from 'vitest'
import { exact, plus, sign, zero } from '../../test/oracles/rational.ts'
import { createLoss, type Loss, type LossName } from '../losses/index.ts'
import { dense } from '../matrix/dense.ts'
import { fold, key, normals } from '../random/index.ts'
import { glmProblem, newton } from '../solvers/index.ts'
import { balanced, certifyLinear, type LinearModel } from './certifyLinear.ts'

const [n, d] = [40, 3]
const x = dense(n, d, normals(key(5), n * d))
const noise = normals(fold(key(5), 'y'), n)
const targets: Record<string, Float64Array> = {
  squared: noise,
  huber: noise,
  logistic: noise.map(v => (v > 0 ? 1 : -1)),
  'squared-hinge': noise.map(v => (v > 0 ? 1 : -1)),
  poisson: noise.map(v => Math.round(v * v * 2)),
}
const names = Object.keys(targets) as Exclude<LossName, 'multinomial'>[]

/** The optimum to about twelve digits, by exact Newton steps on the same program. */
function optimum(loss: Loss, lambda: number, intercept: boolean): { z: Float64Array; value: number } {
  const problem = glmProblem(x, loss, { lambda: lambda * n, intercept })
  let best = { z: new Float64Array(problem.operator.cols), value: Infinity }
  for (const step of newton({ steps: 'exact' }).iterate(problem, { tolerance: 0 })) {
    if (step.objective < best.value) best = { z: step.x.slice(), value: step.objective }
    if (step.report.decrements.length > 30) break
  }
  return { z: best.z, value: best.value / n }
}

const model = (loss: Loss, lambda: number, z: Float64Array, intercept: boolean): LinearModel => ({
  x,
  loss,
  lambda,
  coefficients: z.slice(0, d),
  intercept: intercept ? z[d] : null,
})

describe.each(names)('%s loss', name => {
  const weights = noise.map((_, i) => (i % 5) / 2)
  it.each([
    [0.1, false],
    [0.1, true],
    [1e-4, true],
    [0, false],
    [0, true],
  ])('brackets the optimum from everywhere (lambda %f, intercept %s)', (lambda, intercept) => {
    for (const w of [null, weights]) {
      const loss = createLoss(name, { targets: targets[name], weights: w })
      const best = optimum(loss, lambda, intercept)
      const size = d + (intercept ? 1 : 0)
      const starts = [
        new Float64Array(size),
        normals(key(11), size),
        normals(key(12), size).map(v => 0.01 * v),
        best.z.map(v => v * (1 + 1e-5)),
        best.z,
      ]
      for (const z of starts) {
        const made = certifyLinear(model(loss, lambda, z, intercept))
        expect(made.dual).toBeLessThanOrEqual(best.value)
        expect(made.primal).toBeGreaterThanOrEqual(best.value * (1 - 1e-13))
        expect(made.gap).toBeGreaterThanOrEqual(0)
        expect(made.scope).toBe('global')
        expect(made.reach === null).toBe(lambda > 0)
      }
      if (lambda > 0) {
        const tight = certifyLinear(model(loss, lambda, best.z, intercept))
        expect(tight.relativeGap).toBeLessThan(1e-9)
        expect(tight.statement).toMatch(/^Proved: no linear model of this form has a training objective more than/)
      }
    }
  })
})

describe('certifyLinear', () => {
  const loss = createLoss('logistic', { targets: targets.logistic })

  it('has the value of its definition as primal, and a bound that needs the whole penalty term', () => {
    const z = Float64Array.of(0.5, -1, 0.2, 0.3)
    let value = 0
    for (let i = 0; i < n; i++) {
      let fit = 0.3
      for (let j = 0; j < d; j++) fit += x.data[i * d + j] * z[j]
      value += Math.log1p(Math.exp(-targets.logistic[i] * fit)) / n
    }
    value += 0.5 * 0.1 * (0.25 + 1 + 0.04)
    const made = certifyLinear(model(loss, 0.1, z, true))
    expect(made.primal).toBeGreaterThanOrEqual(value - 1e-15)
    expect(made.primal).toBeLessThan(value * (1 + 1e-12))
    expect(made.witness).not.toBeNull()
    // The witness has no pull on the intercept, exactly.
    const sum = [...(made.witness as Float64Array)].reduce((total, v) => plus(total, exact(v)), zero)
    expect(sign(sum)).toBe(0)
  })
  it('uses a better dual point when it is handed one, and ignores one that is broken', () => {
    const best = optimum(loss, 0.1, true)
    const zeroModel = model(loss, 0.1, new Float64Array(4), true)
    const plain = certifyLinear(zeroModel)
    const witness = certifyLinear(model(loss, 0.1, best.z, true)).witness as Float64Array
    const helped = certifyLinear(zeroModel, {
      candidates: [witness, new Float64Array(3), witness.map(() => Number.NaN)],
    })
    expect(helped.dual).toBeGreaterThan(plain.dual)
    expect(helped.dual).toBeLessThanOrEqual(best.value)
    expect(helped.primal).toBe(plain.primal)
  })
  it('covers coefficients up to a size without a ridge, and says so', () => {
    const best = optimum(createLoss('squared', { targets: noise }), 0, true)
    const made = certifyLinear(model(createLoss('squared', { targets: noise }), 0, best.z, true))
    expect(made.reach).toBe(1000)
    expect(made.statement).toMatch(/no linear model of this form with coefficients up to 1e\+3 in size has/)
    expect(made.relativeGap).toBeLessThan(1e-9)
  })
  it('bounds nothing when numbers run over', () => {
    const poisson = createLoss('poisson', { targets: targets.poisson })
    const made = certifyLinear(model(poisson, 0.1, Float64Array.of(1e6, 0, 0), false))
    expect(made.primal).toBe(Infinity)
    expect(made.scope).toBe('stationary')
    expect(made.statement).toMatch(/^No bound/)
  })
  it('refuses sizes that do not fit', () => {
    expect(() => certifyLinear(model(loss, 0.1, new Float64Array(2), false))).toThrow(
      /must fit together; got 40 samples, 40 × 3, 2/,
    )
  })
})

describe('balanced', () => {
  it('sums to zero exactly, next to where it was, never away from 0', () => {
    for (let seed = 0; seed < 50; seed++) {
      const theta = normals(key(seed), 3 + seed).map((v, i) => v * 10 ** ((i % 7) - 3))
      const made = balanced(theta)
      expect(sign([...made].reduce((total, v) => plus(total, exact(v)), zero))).toBe(0)
      made.forEach((v, i) => {
        expect(v * theta[i]).toBeGreaterThanOrEqual(0)
        expect(Math.abs(v)).toBeLessThanOrEqual(Math.abs(theta[i]))
      })
    }
    const near = Float64Array.of(0.3, -0.1, -0.2 + 1e-13)
    balanced(near).forEach((v, i) => {
      expect(v).toBeCloseTo(near[i], 12)
    })
    expect(balanced(Float64Array.of(1, 2, 3))).toEqual(new Float64Array(3))
    expect(balanced(new Float64Array(2))).toEqual(new Float64Array(2))
  })
})
