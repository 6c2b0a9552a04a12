/**
 * Help, systems, doctor, and the executable itself.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const VERBS = ['fit', 'predict', 'score', 'certify', 'export', 'solve', 'spline', 'demo', 'doctor', 'systems']

describe('help', () => {
  it('lists the verbs, also without arguments', async () => {
    for (const argv of [[], ['--help']]) {
      const { code, out } = await nadir(argv)
      expect(code).toBe(0)
      for (const verb of VERBS) expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'))
      expect(out).toContain('Exit codes: 0 done, 1 failure, 2 usage or refused input')
    }
  })
  it.each(VERBS)('%s has an example of its own, and takes --json', async verb => {
    const { code, out } = await nadir([verb, '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`Examples?:\\n  nadir ${verb}`))
    expect(out).toContain('--json')
  })
  it('suggests the verb that was meant', async () => {
    const { code, err } = await nadir(['certfy', 'x'])
    expect([code, err]).toEqual([2, expect.stringContaining('(Did you mean certify?)')])
  })
  it('knows its version', async () => {
    expect((await nadir(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('systems', () => {
  it('lists all 37, or those in one state', async () => {
    const all = objectOf(await nadir(['systems', '--json'])).systems as { state: string }[]
    expect(all).toHaveLength(37)
    const some = objectOf(await nadir(['systems', '--state', 'not', '--json'])).systems as { state: string }[]
    expect(some).toEqual(all.filter(({ state }) => state === 'not'))
    expect((await nadir(['systems'])).out.split('\n')[0]).toMatch(/^ *# +system +verb +certificate +state +paper$/)
    expect((await nadir(['systems', '--state', 'ready'])).code).toBe(2)
  })
})

describe('doctor', () => {
  it('measures the backend asked for', async () => {
    const found = objectOf(await nadir(['doctor', '--backend', 'js', '--threads', '1', '--json']))
    expect(found).toMatchObject({ command: 'doctor', status: 'done', backend: 'js', threads: 1 })
    expect(found.gigaflops).toBeGreaterThan(0)
    expect((await nadir(['doctor', '--backend', 'cuda'])).code).toBe(2)
  })
})

describe('the executable', () => {
  it('hands arguments, standard input and exit code through, and colours nothing in a pipe', () => {
    const main = join(import.meta.dirname, '../../src/cli/main.ts')
    const ran = spawnSync(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', main, 'fit', '-', '--target', 'incme', '--json'],
      { input: 'age,income\n1,2\n2,3\n3,5\n', encoding: 'utf8' },
    )
    expect(ran.status).toBe(2)
    expect(ran.stderr).toBe('error: data: target "incme" is not a column of standard input. Did you mean "income"?\n')
    expect((JSON.parse(ran.stdout) as { status: string }).status).toBe('error')
  })
})
