/**
 * The main job from end to end: fit, predict, score, certify on files, each with its exit code and its JSON object.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseModel } from '../../src/formats/modelFile.ts'
import { writeNpy } from '../../src/formats/npy.ts'
import { rowOf } from '../../src/matrix/dense.ts'
import { DS1 } from '../oracles/reference.ts'
import { nadir, objectOf, type Ran } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

/** A small table: y = |a| + noise-free steps by colour, with a missing cell and a flag. */
const ROWS = Array.from({ length: 40 }, (_, i) => {
  const a = (i - 20) / 7
  const colour = ['red', 'green', 'blue'][i % 3]
  return { a, b: Math.cos(3 * i), colour, flag: i % 4 === 0, y: Math.abs(a) + (i % 3) / 2 + (i % 4 === 0 ? 1 : 0) }
})
const csvOf = (rows: typeof ROWS, order: (keyof (typeof ROWS)[number])[]) =>
  [order.join(','), ...rows.map((row, i) => order.map(key => (key === 'b' && i === 5 ? '' : row[key])).join(','))].join(
    '\n',
  ) + '\n'
const FAST = ['--model', 'gated', '--patterns', '30', '--lambda', '0.05max', '--backend', 'wasm', '--threads', '1']

let fitted: Ran
beforeAll(async () => {
  writeFileSync(at('data.csv'), csvOf(ROWS, ['a', 'b', 'colour', 'flag', 'y']))
  fitted = await nadir(['fit', at('data.csv'), '--target', 'y', ...FAST, '--out', at('m.json'), '--json'])
})

describe('fit', () => {
  it('prints the object of the design and writes the model whole', () => {
    expect(fitted.code).toBe(0)
    const result = objectOf(fitted)
    expect(result).toMatchObject({
      command: 'fit',
      status: 'solved',
      seed: 0,
      backend: 'wasm',
      outputs: [at('m.json')],
      target: { kind: 'number', name: 'y' },
      rows: 40,
      features: 7,
    })
    const certificate = result.certificate as Record<string, number | string>
    expect(Object.keys(certificate)).toEqual(['scope', 'oracle', 'primal', 'dual', 'gap', 'relativeGap', 'statement'])
    expect(certificate.relativeGap).toBeLessThanOrEqual(1e-4)
    expect(certificate.dual).toBeLessThanOrEqual(certificate.primal as number)
    expect(result.objective).toBe(certificate.primal)
    for (const key of ['lambda', 'metrics', 'iterations', 'seconds', 'notes', 'baseline'])
      expect(result).toHaveProperty(key)
    const model = parseModel(readFileSync(at('m.json'), 'utf8'), 'm')
    expect(model.certificate.witness).toHaveLength(40)
    expect(model.encoding.map(feature => feature.kind)).toEqual(['number', 'number', 'category', 'boolean'])
  })

  it('the same seed gives the same network, another another', async () => {
    const again = ['fit', at('data.csv'), '--target', 'y', ...FAST, '--json']
    await nadir([...again, '--out', at('same.json')])
    await nadir([...again, '--seed', '1', '--out', at('other.json')])
    const network = (name: string) => parseModel(readFileSync(at(name), 'utf8'), name).network
    expect(network('same.json')).toEqual(network('m.json'))
    expect(network('other.json')).not.toEqual(network('m.json'))
  })

  it('writes a run folder whose files agree', async () => {
    const ran = await nadir(['fit', at('data.csv'), '--target', 'y', ...FAST, '--out', at('run')])
    expect(ran.code).toBe(0)
    expect(readdirSync(at('run')).sort()).toEqual([
      'MODEL_CARD.md',
      'certificate.json',
      'config.yaml',
      'curve.csv',
      'events.ndjson',
      'metrics.json',
      'model.json',
      'model.onnx',
    ])
    const certificate = JSON.parse(readFileSync(at('run/certificate.json'), 'utf8')) as { primal: number }
    const model = parseModel(readFileSync(at('run/model.json'), 'utf8'), 'm')
    expect(certificate.primal).toBe(model.certificate.primal)
    expect(readFileSync(at('run/config.yaml'), 'utf8')).toContain('target: "y"\n')
    expect(ran.out).toContain(model.certificate.statement.slice(0, 30))
    const refused = await nadir(['fit', at('data.csv'), ...FAST, '--out', at('run')])
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('is not empty. Choose another --out')])
  })

  it('reads standard input, .npy files, and weights', async () => {
    const piped = await nadir(['fit', '-', '--target', 'y', ...FAST, '--out', at('piped.json'), '--json'], {
      stdin: readFileSync(at('data.csv')),
    })
    expect(objectOf(piped).objective).toBe(objectOf(fitted).objective)
    writeFileSync(
      at('x.npy'),
      writeNpy({ shape: [40, 2], data: Float64Array.from(ROWS.flatMap(({ a, b }) => [a, b])) }),
    )
    writeFileSync(at('y.npy'), writeNpy({ shape: [40], data: Float64Array.from(ROWS, ({ y }) => y) }))
    const arrays = await nadir(['fit', at('x.npy'), '--target', at('y.npy'), ...FAST, '--out', at('n.json'), '--json'])
    expect(objectOf(arrays)).toMatchObject({ status: 'solved', features: 2, target: { kind: 'number', name: 'y' } })
    const scored = await nadir(['score', at('n.json'), at('x.npy'), '--target', at('y.npy'), '--json'])
    expect(objectOf(scored).metrics).toEqual(objectOf(arrays).metrics)
    writeFileSync(at('weighted.csv'), `a,w,y\n${ROWS.map(({ a, y }, i) => `${a},${i % 2},${y}`).join('\n')}\n`)
    const weighted = await nadir([
      'fit',
      at('weighted.csv'),
      '--target',
      'y',
      '--weights',
      'w',
      ...FAST,
      '--out',
      at('w.json'),
      '--json',
    ])
    expect(objectOf(weighted)).toMatchObject({ status: 'solved', features: 1 })
    expect((await nadir(['certify', at('w.json'), at('weighted.csv')])).code).toBe(0)
  })

  it('ends with 3 when time runs out before the gap, and writes what it has', async () => {
    const ran = await nadir([
      'fit',
      at('data.csv'),
      '--target',
      'y',
      '--lambda',
      '0.05max',
      '--gap',
      '1e-13',
      '--max-time',
      '0.001',
      '--out',
      at('early.json'),
      '--json',
    ])
    expect(ran.code).toBe(3)
    expect(objectOf(ran).status).toBe('max-time')
    expect(parseModel(readFileSync(at('early.json'), 'utf8'), 'm').certificate.primal).toBeGreaterThan(0)
  })

  it('Ctrl-C stops, saves the best so far and ends with 3; a second one ends at once', async () => {
    const exits: number[] = []
    const ran = await nadir(
      [
        'fit',
        at('data.csv'),
        '--target',
        'y',
        '--lambda',
        '0.05max',
        '--gap',
        '1e-13',
        '--out',
        at('stopped.json'),
        '--json',
      ],
      {
        onListen(interrupt) {
          interrupt()
          interrupt()
        },
        onExit: code => exits.push(code),
      },
    )
    expect(ran.code).toBe(3)
    expect(objectOf(ran).status).toBe('aborted')
    expect(ran.err).toContain('stopping; the best so far is kept')
    expect(exits).toEqual([130])
    expect(existsSync(at('stopped.json'))).toBe(true)
  })
})

describe('predict', () => {
  it('prints one row for each row, whatever the order of the columns', async () => {
    writeFileSync(at('new.csv'), csvOf(ROWS, ['flag', 'colour', 'a', 'b']))
    const ran = await nadir(['predict', at('m.json'), at('new.csv')])
    expect(ran.code).toBe(0)
    const [header, ...lines] = ran.out.trim().split('\n')
    expect(header).toBe('y')
    const error = lines.reduce((sum, line, i) => sum + (Number(line) - ROWS[i].y) ** 2, 0) / 40
    const metrics = objectOf(fitted).metrics as Record<string, number>
    expect(Math.sqrt(error)).toBeCloseTo(metrics.rmse, 10)
    const json = await nadir(['predict', at('m.json'), at('new.csv'), '--json'])
    expect((objectOf(json).predictions as number[]).map(String)).toEqual(lines)
  })

  it('gives labels as they were, and probabilities', async () => {
    writeFileSync(
      at('classes.csv'),
      `a,answer\n${ROWS.map(({ a }) => `${a},${a > 1 ? '"Yes, sure"' : 'No'}`).join('\n')}\n`,
    )
    await nadir(['fit', at('classes.csv'), ...FAST, '--out', at('c.json'), '--quiet'])
    await nadir(['predict', at('c.json'), at('classes.csv'), '--out', at('p.csv')])
    const lines = readFileSync(at('p.csv'), 'utf8').trim().split('\n')
    expect(lines[0]).toBe('answer,p(No),"p(Yes, sure)"')
    expect(lines[1]).toMatch(/^No,0\.\d+,0\.\d+$/)
    expect(lines[40]).toMatch(/^"Yes, sure",0\.\d+,0\.\d+$/)
    const scored = objectOf(await nadir(['score', at('c.json'), at('classes.csv'), '--json']))
    expect(Object.keys(scored.metrics as object)).toEqual(['accuracy', 'logLoss', 'auc'])
  })

  it('notes what training had not seen, and names what is missing', async () => {
    writeFileSync(at('odd.csv'), 'a,b,colour,flag\n1,2,violet,true\n')
    const odd = await nadir(['predict', at('m.json'), at('odd.csv')])
    expect([odd.code, odd.err]).toEqual([0, expect.stringContaining('holds "violet", never seen in training')])
    writeFileSync(at('less.csv'), 'a,b,color,flag\n1,2,red,true\n')
    const less = await nadir(['predict', at('m.json'), at('less.csv')])
    expect(less.code).toBe(2)
    expect(less.err).toContain('the model needs column "colour", which less.csv does not have. Did you mean "color"?')
  })
})

describe('the bare program', () => {
  it.each([
    ['relu', 1.7216717324],
    ['gated', 1.2390521868],
  ] as const)(
    '%s comes to the published value, and to the same after a round through a file',
    async (model, published) => {
      const rows = Array.from({ length: 8 }, (_, i) => `${[...rowOf(DS1.x, i), DS1.y[i]].join(',')}\n`)
      writeFileSync(at('eight.csv'), `a,b,y\n${rows.join('')}`)
      const out = at(`eight-${model}.json`)
      const bare = ['--patterns', 'exact', '--no-intercept', '--no-standardise', '--lambda', String(0.3 / 8)]
      const ran = await nadir([
        'fit',
        at('eight.csv'),
        '--model',
        model,
        ...bare,
        '--gap',
        '1e-9',
        '--out',
        out,
        '--json',
      ])
      const { primal, dual, scope } = objectOf(ran).certificate as Record<string, number>
      expect(scope).toBe('global')
      expect(Math.abs(8 * primal - published)).toBeLessThan(1e-8)
      expect(Math.abs(8 * dual - published)).toBeLessThan(1e-8)
      expect((await nadir(['certify', out, at('eight.csv')])).out).toContain('The saved certificate holds')
    },
  )
})

describe('certify', () => {
  it('re-checks the saved claim and computes one anew', async () => {
    const ran = await nadir(['certify', at('m.json'), at('data.csv'), '--json'])
    expect(ran.code).toBe(0)
    const result = objectOf(ran)
    expect(result).toMatchObject({ status: 'done', recheck: { valid: true, problems: [] } })
    const claim = objectOf(fitted).certificate as Record<string, number>
    const anew = result.certificate as Record<string, number>
    expect(anew.primal).toBeCloseTo(claim.primal, 10)
    expect(anew.dual).toBeCloseTo(claim.dual, 10)
  })

  it('refutes a certificate on other targets, and on weights that were touched', async () => {
    const other = readFileSync(at('data.csv'), 'utf8').replace(/,([\d.]+)\n/, ',9\n')
    writeFileSync(at('other.csv'), other)
    const moved = await nadir(['certify', at('m.json'), at('other.csv')])
    expect([moved.code, moved.out]).toEqual([1, expect.stringContaining('does NOT hold')])
    const raw = JSON.parse(readFileSync(at('m.json'), 'utf8')) as { network: { hidden: { data: number[] } } }
    raw.network.hidden.data[0] += 0.25
    writeFileSync(at('touched.json'), JSON.stringify(raw))
    const touched = await nadir(['certify', at('touched.json'), at('data.csv'), '--json'])
    expect([touched.code, objectOf(touched).status]).toEqual([1, 'refuted'])
  })

  it('wants the rows of training', async () => {
    writeFileSync(at('short.csv'), readFileSync(at('data.csv'), 'utf8').split('\n').slice(0, 20).join('\n'))
    const ran = await nadir(['certify', at('m.json'), at('short.csv')])
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringContaining('is about the 40 rows of training; short.csv has 19.'),
    ])
  })
})
