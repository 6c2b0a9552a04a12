/**
 * Cross-validation: folds by group, the walk that ends where it only gets worse, and the lambdas that a stopped one has compared.
 */
import { describe, expect, it } from 'vitest'
import { dense } from '../../src/matrix/dense.ts'
import { foldsOf } from '../../src/models/folds.ts'
import { crossValidate, fit } from '../../src/models/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'

const n = 60
const x = dense(n, 2, normals(fold(key(11), 'x'), 2 * n))
const noise = normals(fold(key(11), 'e'), n)
const y = Float64Array.from(noise, (e, i) => Math.abs(x.data[2 * i]) + 0.8 * e)
const options = { model: 'gated', patterns: 30, points: 12, smallestFraction: 1e-4, folds: 4 } as const

describe('foldsOf with groups', () => {
  const groups = Array.from({ length: 50 }, (_, i) => `g${Math.floor(Math.sqrt(3 * i))}`)
  it('never divides a group, and fills folds evenly', () => {
    const place = foldsOf(50, { folds: 4, seed: 0, groups })
    const where = new Map<string, number>()
    groups.forEach((group, i) => {
      expect(place[i]).toBe(where.get(group) ?? place[i])
      where.set(group, place[i])
    })
    const sizes = [0, 1, 2, 3].map(f => place.filter(p => p === f).length)
    const largest = Math.max(...[...new Set(groups)].map(group => groups.filter(g => g === group).length))
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(largest)
    expect(foldsOf(50, { folds: 4, seed: 0, groups })).toEqual(place)
    expect(foldsOf(50, { folds: 4, seed: 1, groups })).not.toEqual(place)
  })
  it('refuses fewer groups than folds, and a wrong number of them', () => {
    expect(() => foldsOf(6, { folds: 3, seed: 0, groups: [1, 1, 1, 2, 2, 2] })).toThrow('got 2 groups for 3 folds')
    expect(() => foldsOf(6, { folds: 2, seed: 0, groups: [1, 2] })).toThrow('one group a row; got 2 for 6 rows.')
  })
})

describe('crossValidate', () => {
  it('with patience ends the walk, and chooses what the whole walk chooses', async () => {
    const whole = await crossValidate(x, y, options)
    const short = await crossValidate(x, y, { ...options, patience: 2 })
    expect([whole.ended, whole.lambdas.length]).toEqual([null, 12])
    expect(short.ended).toBe('rising')
    expect(short.lambdas.length).toBeLessThan(12)
    const patient = await crossValidate(x, y, { ...options, patience: 3 })
    expect(patient.lambdas.length).toBeGreaterThan(short.lambdas.length)
    // The walk is the same as far as it goes.
    expect(short.mean).toEqual(whole.mean.slice(0, short.mean.length))
    expect([short.lambdaMin, short.lambdaOneStandardError]).toEqual([whole.lambdaMin, whole.lambdaOneStandardError])
    const least = Math.min(...whole.mean)
    const limit = least + whole.standardError[whole.mean.indexOf(least)]
    expect(whole.lambdaOneStandardError).toBe(whole.lambdas[whole.mean.findIndex(value => value <= limit)])
    expect(whole.lambdaOneStandardError).toBeGreaterThan(whole.lambdaMin)
    // It does not end before the least of the whole walk, and the last two are worse than it.
    const best = whole.mean.indexOf(Math.min(...whole.mean))
    expect(short.mean.length).toBeGreaterThanOrEqual(best + 3)
    const found = await fit(x, y, { ...options, validation: { points: 12, smallestFraction: 1e-4, folds: 4 } })
    expect(found.lambda).toBe(whole.lambdaMin)
    expect(found.notes.join(' ')).toContain(
      `over ${short.lambdas.length} values: the least mean held-out loss, which only rose below them.`,
    )
  })

  it('a stopped one has compared its lambdas on all folds', async () => {
    const controller = new AbortController()
    const part = await crossValidate(x, y, {
      ...options,
      signal: controller.signal,
      onLambda(at) {
        if (at === 2) controller.abort()
      },
    })
    expect([part.ended, part.folds, part.lambdas.length, part.mean.length]).toEqual(['stopped', 4, 3, 3])
    const whole = await crossValidate(x, y, options)
    expect(part.mean).toEqual(whole.mean.slice(0, 3))
    const none = await crossValidate(x, y, { ...options, signal: AbortSignal.abort() })
    expect([none.ended, none.folds, none.lambdas]).toEqual(['stopped', 0, []])
  })
})
