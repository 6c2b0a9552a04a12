/**
 * `nadir audit` and `nadir certify` of networks that PyTorch, scikit-learn and Keras trained: from files to a verdict, and what is refused.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-audit-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/foreign/${name}`, import.meta.url))
const table = (name: string, text: string): string => {
  writeFileSync(at(name), text)
  return at(name)
}
const plane = fixture('plane.csv')
/** Without an exact oracle nothing is trained. */
const cheap = ['--oracle', 'spectral']
const regression = ['--target', 'y', '--features', 'a,b', '--json', '-q']

interface Found {
  readonly verdict: string
  readonly objective: number
  readonly lambda: number
  readonly certificate: {
    readonly scope: string
    readonly primal: number
    readonly dual: number
    readonly statement: string
  }
  readonly recheck: { readonly valid: boolean } | null
  readonly improved: { readonly objective: number } | null
  readonly missingNeuron: { readonly decrease: number } | null
  readonly metrics: Record<string, number>
  readonly network: Record<string, unknown>
  readonly warnings: readonly { readonly code: string }[]
  readonly neurons: readonly unknown[]
}
const found = async (argv: readonly string[]): Promise<Found & { code: number }> => {
  const ran = await nadir(argv)
  if (ran.out === '') throw new Error(ran.err)
  return { ...(objectOf(ran) as unknown as Found), code: ran.code }
}

/** (1/n)Σ½(f − y)² from what the program itself predicts. */
function meanLoss(name: string): number {
  const fitted = JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as number[]
  const targets = readFileSync(plane, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => Number(line.split(',')[2]))
  return targets.reduce((sum, y, i) => sum + (fitted[i] - y) ** 2 / 2, 0) / targets.length
}

describe('three programs', () => {
  it.each([
    // Adam with weight_decay 0.01 on MSELoss: lambda 0.005, every bias penalised.
    [
      'pytorch-script',
      ['--loss', 'mse', '--weight-decay', '0.01', '--optimizer', 'adam'],
      0.005,
      'pytorch',
      'penalised',
      'penalised',
    ],
    // alpha/n, biases free.
    ['sklearn-regressor', ['--lambda', '0.01', '--hidden-bias', 'free'], 0.01, 'skl2onnx', 'free', 'free'],
    // MSE + 0.005·Σw² is twice ½MSE + 0.005·½Σw².
    ['keras-regressor', ['--lambda', '0.005', '--hidden-bias', 'free'], 0.005, 'tf2onnx', 'free', 'free'],
  ] as const)(
    '%s: objective, bound, and a better network',
    async (name, flags, lambda, producer, hiddenBias, outputBias) => {
      const report = await found(['audit', fixture(`${name}.onnx`), plane, ...flags, ...regression])
      expect(report.lambda).toBeCloseTo(lambda, 15)
      expect(report.network).toMatchObject({ producer, hiddenBias, outputBias })
      // The objective is the loss of the program's own predictions, and a penalty.
      expect(report.objective).toBeGreaterThan(meanLoss(name) * (1 - 1e-5))
      expect(report.certificate).toMatchObject({ scope: 'global' })
      expect(report.certificate.dual).toBeGreaterThan(0)
      // Free hidden biases of many rows are not covered again, which is said.
      if (hiddenBias === 'free') expect(report.recheck).toBeNull()
      else expect(report.recheck).toMatchObject({ valid: true, problems: [] })
      expect(report.improved?.objective).toBeLessThanOrEqual(report.objective)
      expect(report.improved?.objective).toBeGreaterThanOrEqual(report.certificate.dual)
      // Both ends: what training on from it reaches is within a thousandth of what is proved.
      expect(1 - report.certificate.dual / (report.improved?.objective ?? Infinity)).toBeLessThan(1e-3)
      expect(report.code).toBe(report.verdict === 'optimal' ? 0 : report.verdict === 'uncertified' ? 4 : 3)
      if (report.missingNeuron !== null)
        expect(report.objective - report.missingNeuron.decrease).toBeGreaterThanOrEqual(report.certificate.dual)
    },
  )

  it('weight decay: MSELoss has no ½, a sum is n means, and biases are in it unless said otherwise', async () => {
    const audit = (...flags: string[]) =>
      found(['certify', fixture('pytorch-script.onnx'), plane, ...flags, ...regression, ...cheap])
    const mean = await audit('--loss', 'mse', '--weight-decay', '0.01')
    const sum = await audit('--loss', 'mse', '--weight-decay', '0.6', '--reduction', 'sum')
    const huber = await audit('--loss', 'huber', '--weight-decay', '0.01')
    const plain = await audit('--lambda', '0.005')
    expect([mean.lambda, sum.lambda, huber.lambda]).toEqual([0.005, expect.closeTo(0.005, 15), 0.01])
    expect(sum.objective).toBeCloseTo(mean.objective, 14)
    expect(plain.network.outputBias).toBe('free')
    expect(mean.code).toBe(0)
    // The penalised output bias is in the objective.
    expect(mean.objective).toBeGreaterThan(plain.objective)
  })

  it('labels in the order of the file, names as texts', async () => {
    const flags = [
      '--target',
      'label',
      '--features',
      'a,b',
      '--lambda',
      '0.01',
      '--hidden-bias',
      'free',
      '--json',
      '-q',
      ...cheap,
    ]
    const report = await found(['certify', fixture('sklearn-classifier.onnx'), plane, ...flags])
    expect(report.metrics.accuracy).toBeGreaterThan(0.8)
    const swapped = table(
      'swapped.csv',
      readFileSync(plane, 'utf8').replaceAll(',in', ',IN').replaceAll(',out', ',in').replaceAll(',IN', ',out'),
    )
    const worse = await found(['certify', fixture('sklearn-classifier.onnx'), swapped, ...flags])
    expect(worse.metrics.accuracy).toBeLessThan(0.2)
    const keras = await found(['certify', fixture('keras-classifier.onnx'), plane, ...flags])
    expect(keras.network).toMatchObject({
      class: expect.stringContaining('leaky ReLU network (slope 0.1'),
      link: 'sigmoid',
    })
    expect(keras.certificate).toMatchObject({ scope: 'global' })
  })

  it('without lambda: where the network is nearest to stationary, with a warning', async () => {
    const { lambda, warnings } = await found([
      'certify',
      fixture('pytorch-script.onnx'),
      plane,
      ...regression,
      ...cheap,
    ])
    expect(lambda / 0.005).toBeCloseTo(1, 1)
    expect(warnings.map(({ code }) => code)).toContain('W_LAMBDA_GUESSED')
  })

  it('AdamW is worth a warning; text names what is missing', async () => {
    const ran = await nadir([
      'audit',
      fixture('pytorch.npz'),
      plane,
      '--target',
      'y',
      '--features',
      'a,b',
      '--weight-decay',
      '0.01',
      '--loss',
      'mse',
      '--optimizer',
      'AdamW',
      ...cheap,
    ])
    expect(ran.err.replace(/\s+/g, ' ')).toContain('AdamW decouples weight decay')
    expect(ran.out).toContain('ReLU network, 12 neurons, 2 inputs (hidden biases penalised, output bias penalised)')
    expect(ran.out.replace(/\s+/g, ' ')).toContain('Proved: no ReLU network of this form, of any width')
  })
})

describe('--improve --out', () => {
  it('writes a network that is no worse: certify says so, and it is read as a foreign file as well', async () => {
    const [onnx, json] = [at('better.onnx'), at('better.json')]
    const flags = ['--lambda', '0.005', '--improve']
    const before = await found([
      'certify',
      fixture('pytorch-script.onnx'),
      plane,
      ...flags,
      '--out',
      onnx,
      ...regression,
    ])
    const after = await found(['certify', onnx, plane, '--lambda', '0.005', ...regression])
    expect(after.objective).toBeLessThanOrEqual(before.objective)
    expect(after.objective).toBeCloseTo(before.improved?.objective ?? 0, 9)
    await nadir(['certify', fixture('pytorch-script.onnx'), plane, ...flags, '--out', json, ...regression])
    const own = await nadir(['certify', json, plane, '--json', '-q'])
    expect(own.code).toBe(0)
    expect(objectOf(own).objective as number).toBeCloseTo(before.improved?.objective ?? 0, 6)
  })

  it('a model file cannot hold every convention, and nothing is half-written', async () => {
    const ran = await nadir([
      'certify',
      fixture('sklearn-regressor.onnx'),
      plane,
      '--lambda',
      '0.01',
      '--hidden-bias',
      'free',
      '--improve',
      '--out',
      at('no.json'),
      ...regression,
    ])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('a model file has penalised hidden biases')])
    expect(() => readFileSync(at('no.json'))).toThrow()
  })
})

describe('bad input', () => {
  const relu = fixture('pytorch-script.onnx')
  const huge = at('huge.onnx')
  const file = openSync(huge, 'w')
  ftruncateSync(file, 2 * 2 ** 30)
  closeSync(file)
  const hostile = at('hostile.onnx')
  writeFileSync(hostile, Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2))
  const empty = table('empty.onnx', '')
  it.each([
    ['no file', [at('none.onnx'), plane, ...regression], /there is no file/],
    ['0 bytes', [empty, plane, ...regression], /is empty/],
    ['2 GB', [huge, plane, ...regression], /2147483648 bytes, more than any two-layer network/],
    ['a length that lies', [hostile, plane, ...regression], /damaged, cut short or no ONNX file/],
    [
      'an unknown operator',
      [fixture('pytorch-tanh.onnx'), plane, ...regression],
      /operator Tanh of pytorch-tanh\.onnx is not understood/,
    ],
    ['two hidden layers', [fixture('pytorch-deep.onnx'), plane, ...regression], /bends again behind the hidden layer/],
    ['a pickle', [table('net.pt', 'x'), plane, ...regression], /is a pickle, which runs code when it is read/],
    [
      'NaN weights',
      [table('nan.json', '{"W": [[1, 2]], "a": [null]}'), plane, ...regression],
      /must be a number, a list of numbers/,
    ],
    [
      'infinite weights',
      [table('inf.json', '{"W": [[1, 1e999]], "a": [1]}'), plane, ...regression],
      /hidden weights must be finite; got Infinity/,
    ],
    [
      'another shape',
      [relu, plane, '--target', 'y', '--features', 'a'],
      /must have the 2 columns that the network takes; got 1/,
    ],
    [
      'a missing cell',
      [relu, table('gap.csv', 'a,b,y\n1,2,3\n,1,2\n4,4,1\n'), '--target', 'y'],
      /no cell may be missing; row 2/,
    ],
    ['texts', [relu, plane, '--target', 'y', '--features', 'a,label'], /must hold numbers; "label"/],
    [
      'a target that is a feature',
      [relu, plane, '--target', 'y', '--features', 'a,y'],
      /cannot be a feature and the target at once/,
    ],
    ['labels for a regressor', [relu, plane, '--target', 'label', '--features', 'a,b', '--loss', 'mse'], /label/],
    [
      'numbers for a classifier',
      [fixture('sklearn-classifier.onnx'), plane, '--target', 'y', '--features', 'a,b'],
      /classes|the network knows/,
    ],
    [
      'other labels',
      [
        fixture('sklearn-classifier.onnx'),
        table('other.csv', 'a,b,label\n1,2,yes\n2,1,no\n0,1,yes\n'),
        '--target',
        'label',
      ],
      /the network knows the classes in, out/,
    ],
    ['lambda 0 for numbers', [relu, plane, ...regression, '--lambda', '0'], /lambda must be a positive number/],
    ['lambda below 0', [relu, plane, ...regression, '--lambda', '-1'], /A number ≥ 0 is needed/],
    [
      'lambda twice',
      [relu, plane, ...regression, '--lambda', '1', '--weight-decay', '1'],
      /give --lambda or --weight-decay, not both/,
    ],
    ['--out alone', [relu, plane, ...regression, '--out', at('x.onnx')], /which --improve makes/],
    [
      '--out elsewhere',
      [relu, plane, ...regression, '--improve', '--out', at('x.txt')],
      /must end in \.onnx or \.json/,
    ],
    [
      'squared loss behind a sigmoid',
      [fixture('sklearn-classifier.onnx'), plane, '--target', 'y', '--features', 'a,b', '--loss', 'mse'],
      /this network ends in a sigmoid/,
    ],
  ])('%s', async (_what, argv, message) => {
    for (const verb of ['audit', 'certify']) {
      const ran = await nadir([verb, ...argv])
      expect(ran.code).toBe(2)
      // With --json the error is an object as well; nothing else is printed.
      if (ran.out !== '') expect(objectOf(ran)).toMatchObject({ command: verb, status: 'error' })
      expect(ran.err.replace(/\s+/g, ' ')).toMatch(message)
    }
  })

  it('no lambda fits a network that runs away from its targets', async () => {
    const away = table('away.json', '{"W": [[1, 0]], "a": [-1]}')
    const ran = await nadir([
      'certify',
      away,
      table('up.csv', 'a,b,y\n1,2,3\n2,1,2\n4,4,1\n'),
      '--target',
      'y',
      '--json',
    ])
    expect([ran.code, objectOf(ran).status]).toEqual([2, 'error'])
    expect(ran.err).toContain('Give --lambda')
  })

  it('flags of foreign networks are refused for model files', async () => {
    const ran = await nadir(['certify', at('better.json'), plane, '--lambda', '1'])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('--lambda is for networks of other programs')])
  })
})
