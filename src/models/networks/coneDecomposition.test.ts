/**
 * Gated networks taken apart into ReLU neurons: the fit is kept, the price is what is published, and it is never the ReLU optimum.
 */
import { describe, expect, it } from 'vitest'
import { expectNear } from '../../../test/oracles/numbers.ts'
import { DS1, gen, geny } from '../../../test/oracles/reference.ts'
import { createLoss } from '../../losses/index.ts'
import { type Dense, fromRows, rowOf } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { fit } from '../fit.ts'
import { coneDecomposition } from './coneDecomposition.ts'
import { fitOf, networkObjective, weightDecay } from './network.ts'

const bare = { patterns: 'all', intercept: false, standardise: false, tolerance: 1e-9 } as const

async function trained(x: Dense, y: readonly number[], beta: number) {
  const { network } = await fit(x, [...y], { ...bare, model: 'gated', lambda: beta / x.rows })
  return {
    gated: network,
    relu: coneDecomposition(network, x),
    data: { x, loss: createLoss('squared', { targets: Float64Array.from(y) }), beta },
  }
}

describe('coneDecomposition', () => {
  it.each([
    ['eight points', DS1.x, DS1.y, 0.3, 1.2390521868, 1.7216717324, null],
    ['gen(12, 3)', gen(12, 3), geny(12), 0.5, 1.551, 2.5846, 1310.9],
    ['gen(20, 3)', gen(20, 3), geny(20), 1, 3.057, 4.0498, 955],
  ] as const)(
    '%s: the same fit, at the price published',
    async (_name, x, y, beta, gatedOptimum, reluOptimum, price) => {
      const { gated, relu, data } = await trained(x, y, beta)
      expect(relu.kind).toBe('relu')
      expect(relu.gates).toBeNull()
      expectNear(fitOf(relu, x), fitOf(gated, x), 1e-9)
      expect(networkObjective(gated, data)).toBeCloseTo(gatedOptimum, 3)
      const objective = networkObjective(relu, data)
      expect(objective).toBeGreaterThan(reluOptimum)
      if (price !== null) expect(Math.abs(objective / price - 1)).toBeLessThan(1e-3)
    },
  )

  it('keeps several outputs and zero rows, and grows little where gates are few', async () => {
    const x = gen(40, 10)
    x.data.fill(0, 30, 40)
    const y = geny(40).map((v, i) => (v > 0.3 ? 'a' : i % 2 === 0 ? 'b' : 'c'))
    const options = { intercept: false, standardise: false, model: 'gated', patterns: 30, lambdaFraction: 0.1 } as const
    const { network } = await fit(x, y, options)
    const relu = coneDecomposition(network, x)
    expect(relu.output.cols).toBe(3)
    expect(relu.hidden.rows).toBeGreaterThan(network.hidden.rows)
    expect(relu.hidden.rows).toBeLessThanOrEqual(2 * network.hidden.rows)
    expectNear(fitOf(relu, x), fitOf(network, x), 1e-10)
    expect(weightDecay(relu) / weightDecay(network)).toBeLessThan(10)
    // Balanced, so that the price is the sum of the lengths.
    for (let j = 0; j < relu.hidden.rows; j++)
      expect(norm(rowOf(relu.hidden, j))).toBeCloseTo(norm(rowOf(relu.output, j)), 12)
  })

  it('leaves neurons that are inside their cones alone', () => {
    const network = {
      kind: 'gated' as const,
      hidden: fromRows([[1, 2]]),
      output: fromRows([[1]]),
      gates: fromRows([[1, 1]]),
      offset: Float64Array.of(0.5),
    }
    const relu = coneDecomposition(
      network,
      fromRows([
        [1, 0],
        [0, 1],
      ]),
    )
    expect(relu.hidden.rows).toBe(1)
    expect([...relu.offset]).toEqual([0.5])
  })

  it('refuses what it cannot take apart', async () => {
    const { gated } = await trained(DS1.x, DS1.y, 0.3)
    const { network } = await fit(DS1.x, DS1.y, { ...bare, model: 'relu', lambda: 0.1 })
    expect(() => coneDecomposition(network, DS1.x)).toThrow("must be a gated one; got kind 'relu'")
    expect(() => coneDecomposition(gated, gen(4, 3))).toThrow('X must have 2 columns; got 3.')
    // Opposite rows with both bits 0: a pattern that no neuron has strictly.
    const edge = { ...gated, hidden: fromRows([[0, 1]]), output: fromRows([[1]]), gates: fromRows([[0, 1]]) }
    expect(() =>
      coneDecomposition(
        edge,
        fromRows([
          [1, 0.5],
          [-1, 0.5],
          [1, -1e-9],
          [-1, -1e-9],
          [0, -1],
        ]),
      ),
    ).not.toThrow()
    const flat = { ...edge, hidden: fromRows([[1, 1]]) }
    expect(() =>
      coneDecomposition(
        flat,
        fromRows([
          [1, 0],
          [-1, 0],
        ]),
      ),
    ).toThrow('no vector lies inside the cell of a gate')
  })
})
