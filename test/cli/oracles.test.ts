/**
 * Bounds over networks of every width on the command line: fit --global, certify --oracle, and their re-check.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-oracles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const FAST = ['--backend', 'wasm', '--threads', '1', '--json']
interface Shown {
  readonly scope: string
  readonly oracle: string
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  readonly statement: string
}
const shown = (result: Record<string, unknown>): Shown => result.certificate as Shown

let few: Record<string, unknown>
beforeAll(async () => {
  const rows = Array.from({ length: 50 }, (_, i) => [Math.sin(3 * i), Math.cos(5 * i * i)])
  const text = rows.map(([a, b], i) => `${a},${b},${Math.max(0, a + b) - Math.abs(a) + 0.05 * Math.sin(9 * i)}`)
  writeFileSync(at('data.csv'), `a,b,y\n${text.join('\n')}\n`)
  few = objectOf(
    await nadir([
      'fit',
      at('data.csv'),
      '--target',
      'y',
      '--patterns',
      '4',
      '--lambda',
      '0.02max',
      ...FAST,
      '--global',
      '--gap',
      '1e-6',
      '--out',
      at('m.json'),
    ]),
  )
})

describe('fit --global', () => {
  it('starts from four patterns and is certified over all of them', () => {
    expect(few.status).toBe('solved')
    expect(shown(few)).toMatchObject({ scope: 'global', oracle: 'enumeration' })
    expect(shown(few).relativeGap).toBeLessThanOrEqual(1e-6)
    expect(few.patterns).toMatchObject({ complete: false })
  })

  it('with a loose oracle it ends with code 3, global and honest', async () => {
    const ran = await nadir([
      'fit',
      at('data.csv'),
      '--target',
      'y',
      '--patterns',
      '4',
      '--lambda',
      '0.02max',
      ...FAST,
      '--global',
      '--oracle',
      'spectral',
      '--out',
      at('loose.json'),
    ])
    expect(ran.code).toBe(3)
    const certificate = shown(objectOf(ran))
    expect(certificate).toMatchObject({ scope: 'global', oracle: 'spectral' })
    expect(certificate.dual).toBeLessThan(shown(few).primal)
    expect(certificate.statement).toContain('The bound holds but may be loose')
  })
})

describe('certify --oracle', () => {
  it.each(['enumeration', 'spectral', 'sdp', 'auto'])(
    '%s',
    async oracle => {
      const ran = await nadir(['certify', at('m.json'), at('data.csv'), '--oracle', oracle, ...FAST])
      expect(ran.code).toBe(0)
      const result = objectOf(ran)
      expect(shown(result)).toMatchObject({ scope: 'global', oracle: oracle === 'auto' ? 'enumeration' : oracle })
      expect(result.recheck).toMatchObject({ valid: true })
      expect(result.recheckAnew).toMatchObject({ valid: true })
      expect(shown(result).dual).toBeLessThanOrEqual(shown(few).primal)
      expect(JSON.stringify(result)).not.toContain('weights')
    },
    60_000,
  )

  it('without --oracle a saved global claim is certified by its own oracle again', async () => {
    const result = objectOf(await nadir(['certify', at('m.json'), at('data.csv'), ...FAST]))
    expect(shown(result)).toMatchObject({ scope: 'global', oracle: 'enumeration' })
    expect(result.recheckAnew).toMatchObject({ valid: true })
  })

  it('a saved proof that was touched is refuted', async () => {
    const model = JSON.parse(readFileSync(at('loose.json'), 'utf8')) as {
      certificate: { proofs: { weights: number[] }[] }
    }
    for (const { weights } of model.certificate.proofs) weights[0] *= 50
    writeFileSync(at('touched.json'), JSON.stringify(model))
    const ran = await nadir(['certify', at('touched.json'), at('data.csv'), ...FAST])
    expect(ran.code).toBe(1)
    expect(JSON.stringify(objectOf(ran).recheck)).toContain('the witness has dual norm')
  })

  it('an unknown oracle is refused', async () => {
    const ran = await nadir(['certify', at('m.json'), at('data.csv'), '--oracle', 'magic', ...FAST])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('Allowed choices are enumeration, spectral, sdp, auto.')
  })
})
