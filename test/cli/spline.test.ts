/**
 * `nadir spline` from data to numbers, files and refusals.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DS4 } from '../oracles/splines.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-spline-'))
afterAll(() => rmSync(folder, { recursive: true }))
const csv = `t,v\n${DS4.x.map((x, i) => `${x},${DS4.y[i]}\n`).join('')}`
const run = (argv: readonly string[], stdin = csv) => nadir(['spline', '-', ...argv], { stdin })

describe('nadir spline', () => {
  it('prints the certified fit as one object', async () => {
    const ran = await run(['--x', 't', '--y', 'v', '--lambda', '0.03', '--json', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const found = objectOf(ran)
    expect(found).toMatchObject({
      command: 'spline',
      status: 'solved',
      lambda: 0.03,
      seed: 0,
      outputs: [],
      certificate: { scope: 'global', oracle: 'closed-form' },
    })
    expect(10 * (found.objective as number)).toBeCloseTo(0.71344863, 9)
    expect(10 * (found.lambdaMax as number)).toBeCloseTo(7.896, 12)
    expect((found.knots as number[]).length).toBe(2)
    const network = found.network as { slopes: number[]; biases: number[]; output: number[]; offset: number }
    const at = (x: number) =>
      network.slopes.reduce((s, u, j) => s + network.output[j] * Math.max(0, u * x + network.biases[j]), network.offset)
    ;(found.knots as number[]).forEach((k, i) => {
      expect(at(k)).toBeCloseTo((found.values as number[])[i], 12)
    })
  })

  it('interpolates, sparsely, and says so', async () => {
    const found = objectOf(await run(['--interpolate', '--sparsest', '--json', '-q']))
    expect(found.objective).toBeCloseTo(7.69047619047619, 12)
    expect(found).toMatchObject({ lambda: 0, lambdaMax: null, loss: null })
    expect((found.knots as number[]).length).toBe(5)
    const { out } = await run(['--interpolate'])
    expect(out).toContain('knots      8 inside the data, 9 neurons')
    expect(out.replaceAll('\n', ' ')).toContain(
      'Proved: no ReLU network of one input with free biases through these points',
    )
  })

  it('writes json and csv', async () => {
    const [json, table] = [join(folder, 'fit.json'), join(folder, 'fit.csv')]
    await run(['--knots', '2', '--out', json, '-q'])
    expect((JSON.parse(readFileSync(json, 'utf8')) as { knots: number[] }).knots.length).toBeLessThanOrEqual(2)
    await run(['--lambda', '0.1max', '--out', table, '-q'])
    const lines = readFileSync(table, 'utf8').trim().split('\n')
    expect(lines[0]).toBe('t,v,fit')
    expect(lines).toHaveLength(11)
  })

  it('classes by logistic loss, a constant input, weights', async () => {
    const labelled = `t,v\n${DS4.x.map((x, i) => `${x},${DS4.y[i] > 0.35 ? 'up' : 'down'}\n`).join('')}`
    expect(objectOf(await run(['--loss', 'logistic', '--lambda', '0.02', '--json', '-q'], labelled))).toMatchObject({
      status: 'solved',
      loss: 'logistic',
    })
    expect(objectOf(await run(['--lambda', '1', '--json', '-q'], 'a,b\n1,1\n1,2\n'))).toMatchObject({
      objective: 0.125,
    })
    expect(
      objectOf(
        await run(
          ['--weights', 'w', '--lambda', '0.1', '--json', '-q', '--x', 'a', '--y', 'b'],
          'a,b,w\n1,1,1\n1,2,3\n2,0,1\n',
        ),
      ),
    ).toMatchObject({ status: 'solved' })
  })

  it.each<[string, string[], string]>([
    ['spline: the input is one column; there are 2 to choose from: a, b.', [], 'a,b,c\n1,2,3\n4,5,6\n'],
    ['spline: --x and --y must be different columns; got "b" for both.', ['--x', 'b'], 'a,b\n1,2\n3,4\n'],
    ['spline: the input must be a column of numbers; "a" holds texts.', [], 'a,b\nu,2\nv,4\n'],
    ['spline: no cell may be missing; row 2 of column "a"', [], 'a,b\n1,2\n,4\n'],
    ['spline: give one of lambda, lambdaFraction, knots and interpolate', ['--lambda', '1', '--knots', '2'], csv],
    ['spline: to interpolate, equal x must have equal y', ['--interpolate'], 'a,b\n1,2\n1,4\n'],
    ['spline: --out takes a .json or a .csv file', ['--out', 'x.txt'], csv],
    ['lambda must be a number > 0', ['--lambda', '0'], csv],
    ['spline: logistic loss is for two classes', ['--loss', 'logistic'], csv],
  ])('refuses: %s', async (message, argv, stdin) => {
    const ran = await run(argv, stdin)
    expect(ran.code).toBe(2)
    expect(ran.err).toContain(message)
  })
})
