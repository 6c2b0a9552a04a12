/**
 * Laws of closed forms: published values, certificates made from the weights alone, and refusals that name the row.
 */
import { describe, expect, it } from 'vitest'
import { type Certificate, normByEnumeration, recheck } from '../../src/certificates/index.ts'
import { huberLoss, type Loss, logisticLoss, squaredHingeLoss, squaredLoss } from '../../src/losses/index.ts'
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { masks } from '../../src/matrix/masks.ts'
import { largestMargin, orthogonalSeparableNetwork } from '../../src/models/closedForms/orthogonalSeparable.ts'
import { rankOneNetwork } from '../../src/models/closedForms/rankOne.ts'
import { allActiveNetwork, searchSpikes } from '../../src/models/closedForms/spikeFree.ts'
import { whitenedNetwork } from '../../src/models/closedForms/whitened.ts'
import { trainCells } from '../../src/models/landscape/trainCells.ts'
import type { Network } from '../../src/models/model.ts'
import { enumeratePatterns } from '../../src/models/networks/patterns/enumeratePatterns.ts'
import { key } from '../../src/random/index.ts'
import { gen, geny } from '../oracles/reference.ts'

const WHITE = fromRows([
  [0.5, 0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5, -0.5],
  [0.5, 0.5, -0.5, -0.5],
  [0.5, -0.5, -0.5, 0.5],
])
const WHITE_Y = [3, -4, 0.5, 1]
const LINE = { c: [1, -2, 0.5, 3, -1], a: [0.6, 0.8], y: [1, 0.5, -0.3, 2, -1] }
const LINE_X = fromRows(LINE.c.map(c => LINE.a.map(a => c * a)))
const SEPARABLE = fromRows([
  [0.868, 0.628, 0.322],
  [0.232, 0.224, 0.559],
  [1.02, 0.313, 0.762],
  [0.675, 0.7, 0.918],
  [-0.5, -0.963, -1.016],
  [-1.049, -1.05, -1.05],
  [-0.432, -0.945, -1.018],
])
const LABELS = [1, 1, 1, 1, -1, -1, -1]

function checked(certificate: Certificate, network: Network, data: { x: Dense; loss: Loss; beta: number }) {
  expect(recheck(certificate, { ...data, network, masks: masks(0, data.x.rows) })).toMatchObject({
    valid: true,
    problems: [],
  })
}

/** The optimum by column generation, which knows nothing of closed forms. */
async function trained({ x, loss, beta }: { x: Dense; loss: Loss; beta: number }): Promise<number> {
  const program = {
    x,
    loss,
    beta,
    slopes: { positive: 1, negative: 0 },
    freeBias: false,
    constant: 'none' as const,
    linear: null,
  }
  return (await trainCells(program, enumeratePatterns(x).masks, { tolerance: 1e-8 })).objective
}

describe('whitened rows', () => {
  it.each([
    [1, 6.2015621187],
    [3.5, 13],
    [4.5, 13.125],
  ])('beta %d gives %d', (beta, value) => {
    const data = { x: WHITE, loss: squaredLoss(WHITE_Y), beta }
    const found = whitenedNetwork(data)
    expect(Math.abs(found.value - value)).toBeLessThan(1e-9)
    expect(found.certificate).toMatchObject({ scope: 'global', oracle: 'closed-form' })
    expect(found.certificate.relativeGap).toBeLessThan(1e-12)
    checked(found.certificate, found.network, data)
    expect(found.interpolation).toBeCloseTo(Math.sqrt(9 + 0.25 + 1) + 4, 12)
  })

  it('a common length of the rows is one of beta', () => {
    const doubled = dense(
      4,
      4,
      WHITE.data.map(v => 2 * v),
    )
    const found = whitenedNetwork({ x: doubled, loss: squaredLoss(WHITE_Y), beta: 2 })
    expect(Math.abs(found.value - 6.2015621187)).toBeLessThan(1e-9)
    expect(found.certificate.relativeGap).toBeLessThan(1e-12)
  })

  it('refuses other rows and losses', () => {
    const bent = dense(4, 4, WHITE.data.slice())
    bent.data[5] += 1e-6
    expect(() => whitenedNetwork({ x: bent, loss: squaredLoss(WHITE_Y), beta: 1 })).toThrow(
      'whitenedNetwork: rows must be orthogonal and of one length; rows 0 and 1 are not.',
    )
    expect(() => whitenedNetwork({ x: WHITE, loss: huberLoss(WHITE_Y), beta: 1 })).toThrow(
      'whitenedNetwork: the closed form is for one output and squared loss; got 1 and huber. Use fit.',
    )
  })
})

describe('rank-one data', () => {
  it.each([0.1, 1, 3, 30])('squared loss, beta %d: the formula', beta => {
    const data = { x: LINE_X, loss: squaredLoss(LINE.y), beta }
    const found = rankOneNetwork(data)
    let value = LINE.y.reduce((sum, v) => sum + v * v, 0) / 2
    for (const side of [1, -1]) {
      const f = LINE.c.map(c => Math.max(0, side * c))
      const product = Math.abs(f.reduce((sum, v, i) => sum + v * LINE.y[i], 0))
      value -= Math.max(0, product - beta) ** 2 / f.reduce((sum, v) => sum + v * v, 0) / 2
    }
    expect(Math.abs(found.value - value)).toBeLessThan(1e-12)
    expect(found.certificate.scope).toBe('global')
    expect(found.certificate.relativeGap).toBeLessThan(1e-11)
    checked(found.certificate, found.network, data)
  })

  it('other losses, against column generation', async () => {
    const signs = LINE.y.map(Math.sign)
    for (const loss of [logisticLoss(signs), squaredHingeLoss(signs), huberLoss(LINE.y)]) {
      const data = { x: LINE_X, loss, beta: 0.3 }
      const found = rankOneNetwork(data)
      expect(Math.abs(found.value - (await trained(data)))).toBeLessThan(1e-6)
      expect(found.certificate.relativeGap).toBeLessThan(1e-8)
      checked(found.certificate, found.network, data)
    }
  })

  it('refuses rows that are no multiples', () => {
    const bent = fromRows([
      [1, 2],
      [2, 4],
      [3, 6.001],
    ])
    expect(() => rankOneNetwork({ x: bent, loss: squaredLoss([1, 2, 3]), beta: 1 })).toThrow(
      'rankOneNetwork: all rows must be multiples of one vector; row 0 is none of row 2. Use fit.',
    )
  })
})

describe('orthogonal separable classes', () => {
  it.each([
    ['logistic', logisticLoss(LABELS)],
    ['squared hinge', squaredHingeLoss(LABELS)],
  ])('%s: two one-neuron problems are the whole, proved by the closed form', async (_, loss) => {
    for (const beta of [0.05, 0.5]) {
      const data = { x: SEPARABLE, loss, beta }
      const found = await orthogonalSeparableNetwork(data)
      expect(found.network.hidden.rows).toBe(2)
      expect(found.certificate).toMatchObject({ scope: 'global', oracle: 'closed-form' })
      expect(found.certificate.relativeGap).toBeLessThan(1e-8)
      checked(found.certificate, found.network, data)
      expect(Math.abs(found.value / (await trained(data)) - 1)).toBeLessThan(1e-6)
    }
  })

  it('squared loss is refused: there the split is wrong', async () => {
    await expect(orthogonalSeparableNetwork({ x: SEPARABLE, loss: squaredLoss(LABELS), beta: 0.05 })).rejects.toThrow(
      'orthogonalSeparableNetwork: the closed form is for one output and logistic or squared-hinge loss',
    )
    expect(Math.abs((await trained({ x: SEPARABLE, loss: squaredLoss(LABELS), beta: 0.05 })) - 0.18955)).toBeLessThan(
      1e-5,
    )
  })

  it('the largest margin is the published one, proved', () => {
    const found = largestMargin(SEPARABLE, LABELS)
    expect(Math.abs(found.primal - 2.23699)).toBeLessThan(1e-5)
    expect(found.dual).toBeLessThanOrEqual(found.primal)
    expect(found.relativeGap).toBeLessThan(1e-10)
    expect(Math.min(...found.witness)).toBeGreaterThanOrEqual(0)
    // Both numbers from their definitions, over the cells and over the samples.
    const norm = normByEnumeration(
      SEPARABLE,
      found.witness.map((q, i) => q * LABELS[i]),
    ).value
    expect(Math.abs(found.witness.reduce((sum, q) => sum + q, 0) / norm - found.dual)).toBeLessThan(1e-10)
    const { hidden, output } = found.network
    let [least, decay] = [Infinity, 0]
    for (let j = 0; j < 2; j++)
      decay += Math.hypot(...hidden.data.subarray(3 * j, 3 * j + 3)) * Math.abs(output.data[j])
    for (let i = 0; i < 7; i++) {
      let f = 0
      for (let j = 0; j < 2; j++) {
        let t = 0
        for (let a = 0; a < 3; a++) t += hidden.data[3 * j + a] * SEPARABLE.data[3 * i + a]
        f += output.data[j] * Math.max(0, t)
      }
      least = Math.min(least, LABELS[i] * f)
    }
    expect(found.primal).toBeGreaterThanOrEqual((decay / least) * (1 - 1e-15))
    expect(Math.abs(found.primal - decay / least)).toBeLessThan(1e-12)
  })

  it('refuses other classes, naming the pair', async () => {
    const wrong = [1, 1, 1, -1, -1, -1, -1]
    await expect(orthogonalSeparableNetwork({ x: SEPARABLE, loss: logisticLoss(wrong), beta: 1 })).rejects.toThrow(
      'got rows 0 and 3',
    )
    expect(() => largestMargin(SEPARABLE, wrong)).toThrow('got rows 0 and 3')
  })
})

describe('spike-free data', () => {
  it('whitened rows and nonnegative multiples are: one cell is enough', async () => {
    expect(searchSpikes(WHITE, { key: key(1) }).refuted).toBe(false)
    const data = { x: WHITE, loss: squaredLoss(WHITE_Y), beta: 1 }
    const one = await allActiveNetwork(data, { tolerance: 1e-9 })
    expect(Math.abs(one.objective - 6.2015621187)).toBeLessThan(1e-7)
    const line = fromRows([
      [1, 2],
      [0.5, 1],
      [2, 4],
    ])
    expect(searchSpikes(line, { key: key(1) }).value).toBeLessThan(1 + 1e-12)
  })

  it('generic rows are not: a direction shows it, and one cell is an upper bound only', async () => {
    const x = gen(10, 3)
    const found = searchSpikes(x, { key: key(1) })
    expect(found).toMatchObject({ outside: true, refuted: true })
    const independent = searchSpikes(gen(3, 5), { key: key(1) })
    expect(independent).toMatchObject({ outside: false, refuted: true })
    expect(independent.value).toBeGreaterThan(1.01)
    const data = { x, loss: squaredLoss(geny(10)), beta: 0.5 }
    const one = await allActiveNetwork(data, { tolerance: 1e-9 })
    expect(one.objective).toBeGreaterThan(2.096808 * 1.01)
    expect(Math.abs((await trained(data)) - 2.096808)).toBeLessThan(2e-6)
  })
})

describe('cutting planes', () => {
  it('the published problem is solved in few rounds of cuts to its value', async () => {
    const x = gen(20, 3)
    const program = {
      x,
      loss: squaredLoss(geny(20)),
      beta: 1,
      slopes: { positive: 1, negative: 0 },
      freeBias: false,
      constant: 'none' as const,
      linear: null,
    }
    const found = await trainCells(program, enumeratePatterns(x).masks, { tolerance: 1e-6 })
    expect(found.status).toBe('solved')
    expect(found.rounds).toBeLessThanOrEqual(10)
    expect(Math.abs(found.objective - 4.0498)).toBeLessThan(1e-4)
    expect(found.network.hidden.rows).toBeLessThanOrEqual(7)
  })
})
