/**
 * `nadir landscape` from weights and rows to its report, and `nadir fit` of other activations to files that predict and certify.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DS1 } from '../oracles/reference.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-landscape-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const points = file(
  'ds1.csv',
  `a,b,y\n${DS1.y.map((y, i) => `${DS1.x.data[2 * i]},${DS1.x.data[2 * i + 1]},${y}\n`).join('')}`,
)
const two = file('two.csv', 'a,b,y\n0,1,1\n1,-1,1.1\n')
const clarke = file('clarke.json', JSON.stringify({ W: [[1, 0]], a: [1] }))
const poor = file(
  'poor.json',
  JSON.stringify({
    W: [
      [0.5, -0.5],
      [-0.4, 0.6],
      [0.2, 0.7],
    ],
    a: [-0.6, 0.5, 0.4],
  }),
)

describe('nadir landscape', () => {
  it('prints the counterexample as one object', async () => {
    const ran = await nadir([
      'landscape',
      clarke,
      two,
      '--target',
      'y',
      '--loss',
      'mse',
      '--lambda',
      '0.05',
      '--json',
      '-q',
    ])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const found = objectOf(ran)
    expect(found).toMatchObject({
      command: 'landscape',
      status: 'done',
      lambda: 0.05,
      isSubprogramOptimum: false,
      cells: 1,
      kinks: 1,
      concaveKinks: [{ neuron: 0, row: 0 }],
      certificate: { scope: 'global', oracle: 'enumeration' },
      loss: 'squared',
      seed: 0,
      outputs: [],
    })
    expect(2 * (found.netValue as number)).toBeCloseTo(0.605, 12)
    expect(found.objective).toBe(found.netValue)
    expect(2 * (found.globalValue as number)).toBeCloseTo(0.170281746, 8)
    expect(found.globalLB).toBe((found.certificate as { dual: number }).dual)
    expect(2 * (found.globalLB as number)).toBeCloseTo(0.170281746, 7)
    expect(Object.keys((found.violatedDirection as { direction: object }).direction)).toEqual(['a', 'b'])
  })

  it('says in words where a network stands', async () => {
    const { code, out } = await nadir(['landscape', poor, points, '--target', 'y', '--weight-decay', '0.075'])
    expect(code).toBe(0)
    expect(out).toContain('ReLU network, 3 neurons in 3 cells, 8 rows, lambda 0.0375')
    expect(out).toMatch(/network {4}0\.2648290763 \(balanced\)/)
    expect(out.replaceAll('\n', ' ')).toContain(
      'The network is not an optimum of the convex program over its own cells',
    )
    expect(out).toMatch(/all cells {2}0\.2152089666/)
  })

  it('guesses lambda, and says so', async () => {
    const { code, out, err } = await nadir(['landscape', clarke, two, '--target', 'y', '--loss', 'mse'])
    expect([code, err]).toEqual([0, expect.stringContaining('was estimated from the weights')])
    expect(out).toContain('lambda 0.05\n')
  })

  it.each([
    [['--lambda', '0.1', '--weight-decay', '0.1'], 'landscape: give --lambda or --weight-decay, not both.'],
    [['--lambda', '0'], 'landscape: lambda must be a positive number; got 0.'],
    [
      ['--lambda', '0.1', '--output-bias', 'free'],
      'landscape: the output bias is held where it is; got --output-bias free.',
    ],
    [
      ['--lambda', '0.1', '--activation', 'tanh'],
      'the activation must be relu, abs, linear or leaky:<slope>; got tanh.',
    ],
    [['--lambda', '0.1', '--tolerance', '0'], 'A number > 0 is needed; got "0".'],
  ])('refuses %o', async (flags, message) => {
    const ran = await nadir(['landscape', poor, points, '--target', 'y', ...flags])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
    expect(ran.out).toBe('')
  })

  it('refuses a model of its own, networks with weights that are no numbers, and files that are no networks', async () => {
    const model = join(folder, 'own.json')
    await nadir(['fit', points, '--lambda', '0.05max', '--out', model, '-q'])
    for (const [path, message] of [
      [model, 'landscape: weights of another program are needed'],
      [file('nan.json', '{"W": [[1, 1e999]], "a": [1]}'), 'hidden weights must be finite'],
      [file('empty.json', ''), 'is no JSON'],
      [join(folder, 'absent.onnx'), 'absent.onnx'],
    ]) {
      const ran = await nadir(['landscape', path, points, '--lambda', '0.1', '--json', '-q'])
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
      expect(objectOf(ran)).toMatchObject({ command: 'landscape', status: 'error' })
    }
  })
})

describe('nadir fit --activation', () => {
  it.each([
    ['leaky:0.1', 'leaky ReLU (slope 0.1)'],
    ['abs', 'absolute-value'],
  ])('%s: a model file that certifies, predicts and exports', async (activation, name) => {
    const model = join(folder, `${activation.replace(':', '-')}.json`)
    const ran = await nadir([
      'fit',
      points,
      '--target',
      'y',
      '--activation',
      activation,
      '--lambda',
      '0.1max',
      '--gap',
      '1e-7',
      '--out',
      model,
    ])
    expect(ran.code).toBe(0)
    expect(ran.out).toContain(`model      ${name}, squared loss`)
    const certified = objectOf(await nadir(['certify', model, points, '--json', '-q']))
    expect(certified).toMatchObject({
      status: 'done',
      certificate: { scope: 'global', oracle: 'enumeration' },
      recheck: { valid: true, problems: [] },
    })
    expect((certified.certificate as { relativeGap: number }).relativeGap).toBeLessThan(1e-7)
    const predicted = (await nadir(['predict', model, points, '-q'])).out
    const graph = join(folder, `${activation.replace(':', '-')}.onnx`)
    expect((await nadir(['export', model, '--format', 'json', '--out', `${graph}.json`, '-q'])).code).toBe(0)
    // Pairs of ReLU neurons: the objective of another class, the same function.
    const weights = JSON.parse(readFileSync(`${graph}.json`, 'utf8')) as {
      hidden: number[][]
      bias: number[]
      output: number[][]
      offset: number[]
    }
    const values = predicted
      .trim()
      .split('\n')
      .slice(1)
      .map(line => Number(line.split(',').pop()))
    values.forEach((value, i) => {
      const f = weights.hidden.reduce(
        (sum, [a, b], j) =>
          sum + weights.output[j][0] * Math.max(0, a * DS1.x.data[2 * i] + b * DS1.x.data[2 * i + 1] + weights.bias[j]),
        weights.offset[0],
      )
      expect(Math.abs(f - value)).toBeLessThan(1e-9)
    })
  })

  it('over sampled patterns claims no more than those, which the re-check sees', async () => {
    const model = join(folder, 'sampled.json')
    await nadir([
      'fit',
      points,
      '--target',
      'y',
      '--activation',
      'leaky:0.1',
      '--patterns',
      '5',
      '--lambda',
      '0.1max',
      '--out',
      model,
      '-q',
    ])
    const certified = objectOf(await nadir(['certify', model, points, '--json', '-q']))
    expect(certified).toMatchObject({ certificate: { scope: 'restricted' }, recheck: { valid: true } })
    expect((certified.certificate as { relativeGap: number }).relativeGap).toBeLessThan(1e-4)
    const wider = objectOf(await nadir(['certify', model, points, '--oracle', 'auto', '--json', '-q']))
    expect(wider).toMatchObject({ certificate: { scope: 'global' }, recheckAnew: { valid: true } })
    // A file that says it is ReLU is another network, and the claim falls.
    const forged = JSON.parse(readFileSync(model, 'utf8')) as { network: { activation?: object } }
    forged.network.activation = { positive: 1, negative: 0.2 }
    const refuted = await nadir(['certify', file('forged.json', JSON.stringify(forged)), points, '--json', '-q'])
    expect([refuted.code, objectOf(refuted).status]).toEqual([1, 'refuted'])
  })

  it.each([
    [['--activation', 'leaky'], 'leaky needs its slope below 0, as in leaky:0.01; got leaky.'],
    [['--activation', 'sigmoid'], 'the activation must be relu, abs, linear or leaky:<slope>; got sigmoid.'],
    [['--activation', 'abs', '--model', 'gated'], 'fit: gated networks have fixed gates and no activation.'],
  ])('refuses %o', async (flags, message) => {
    const ran = await nadir([
      'fit',
      points,
      '--target',
      'y',
      '--lambda',
      '0.1max',
      '--out',
      join(folder, 'no.json'),
      ...flags,
    ])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('nadir fit --conv', () => {
  const signals = file(
    'signals.csv',
    'a,b,c,d,y\n-0.53,0.405,-0.272,0.133,0.267\n-0.706,-0.174,0.906,-0.867,-0.857\n0.85,-0.066,-0.913,-0.789,-0.726\n0.319,0.303,0.287,0.271,0.469\n-0.995,-0.522,0.537,0.994,0.977\n0.133,0.711,-0.989,0.48,0.054\n',
  )

  it('prints filters and a global certificate, and writes them', async () => {
    const out = join(folder, 'filters.json')
    const argv = ['fit', signals, '--target', 'y', '--conv', 'width:2,stride:1', '--lambda', '0.1max']
    const ran = await nadir([...argv, '--activation', 'leaky:0.1', '--out', out, '--json', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const found = objectOf(ran)
    expect(found).toMatchObject({
      command: 'fit',
      status: 'solved',
      model: 'convolution',
      layer: { width: 2, stride: 1, padding: 0, pool: 'sum' },
      activation: { positive: 1, negative: 0.1 },
      certificate: { scope: 'global', oracle: 'enumeration' },
      outputs: [out],
    })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(found)
    // The objective by its definition, from what was printed.
    const [filters, output, constant] = [found.filters, found.output, found.constant] as [number[][], number[], number]
    const rows = readFileSync(signals, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split(',').map(Number))
    let value = 0
    for (const row of rows) {
      let f = constant
      filters.forEach(([u, v], j) => {
        for (let k = 0; k < 3; k++) {
          const t = u * row[k] + v * row[k + 1]
          f += output[j] * (t > 0 ? t : 0.1 * t)
        }
      })
      value += (f - row[4]) ** 2 / 12
    }
    const decay = [...filters.flat(), ...output].reduce((sum, w) => sum + w * w, 0)
    expect(value + ((found.lambda as number) * decay) / 2).toBeCloseTo(found.objective as number, 10)
    const words = await nadir(argv)
    expect(words.code).toBe(0)
    expect(words.out).toContain('convolutional ReLU, width 2, stride 1, padding 0, sum of patches')
    expect(words.out.replaceAll('\n', ' ')).toContain('Proved: no convolutional ReLU network of this form')
  })

  it.each([
    [['--conv', 'width:2'], 'fit: --conv needs --lambda'],
    [['--conv', 'stride:2', '--lambda', '0.1max'], 'The width of the filter is needed; got "stride:2".'],
    [
      ['--conv', 'width:2,pool:max', '--lambda', '0.1max'],
      'pool must be sum or mean (max has no convex program here); got "max".',
    ],
    [['--conv', 'width:9', '--lambda', '0.1max'], 'the filter must fit into the signal; got width 9 for length 4.'],
    [['--conv', 'wide', '--lambda', '0.1max'], 'A layer is needed such as width:3,stride:1'],
    [
      ['--conv', 'width:2', '--lambda', '0.1max', '--model', 'gated', '--report'],
      'fit: --conv does not go with --model gated, --report.',
    ],
    [
      ['--conv', 'width:2', '--lambda', '0.1max', '--out', 'folder'],
      'with --conv the network is written to one .json file; got "folder".',
    ],
  ])('refuses %o', async (flags, message) => {
    const ran = await nadir(['fit', signals, '--target', 'y', ...flags])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
    expect(ran.out).toBe('')
  })
})
