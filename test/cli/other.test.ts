/**
 * Help, systems, doctor, and the executable itself.
 */
import { execSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programOf } from '../../src/cli/run.ts'
import { TOPICS } from '../../src/cli/topics.ts'
import { nadir, objectOf } from './terminal.ts'

const VERBS = await verbsOf()

/** The verbs that there are. */
async function verbsOf(): Promise<string[]> {
  const io = { out() {}, err() {}, terminal: false, colour: false, env: {}, onInterrupt: () => () => {}, exit() {} }
  return (await programOf({ io, code: 0 }, [])).commands.map(command => command.name())
}

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
  it('loads the verb that is asked for alone, and all where others are spoken of', async () => {
    const io = { out() {}, err() {}, terminal: false, colour: false, env: {}, onInterrupt: () => () => {}, exit() {} }
    const names = async (...argv: string[]) =>
      (await programOf({ io, code: 0 }, argv)).commands.map(command => command.name())
    for (const verb of VERBS.filter(each => !['help', 'completion'].includes(each)))
      expect(await names('--json', verb, 'x')).toEqual([verb])
    for (const argv of [['help', 'fit'], ['completion', 'zsh'], ['fti'], ['toString'], ['--help'], []])
      expect(await names(...argv)).toEqual(VERBS)
  })
  it('suggests the verb that was meant', async () => {
    const { code, err } = await nadir(['certfy', 'x'])
    expect([code, err]).toEqual([2, expect.stringContaining('(Did you mean certify?)')])
  })
  it.each(Object.keys(TOPICS))('has a page about %s', async topic => {
    const { code, out } = await nadir(['help', topic])
    expect([code, out.length > 200]).toEqual([0, true])
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect((await nadir(['help', topic], { width: 60 })).out.split('\n').every(line => line.length <= 60)).toBe(true)
    expect(objectOf(await nadir(['help', topic, '--json']))).toMatchObject({ command: 'help', name: topic })
  })
  it('of a verb is that of --help; a mistyped name is told its neighbour', async () => {
    expect((await nadir(['help', 'cv'])).out).toBe((await nadir(['cv', '--help'])).out)
    const { code, err } = await nadir(['help', 'lamda'])
    expect([code, err]).toEqual([2, 'error: help: there is no verb and no topic "lamda". Did you mean "lambda"?\n'])
  })
  it('fits forty columns, as results do', async () => {
    // What is typed, and the usage line, are left whole.
    for (const argv of [[], ['fit', '--help'], ['path', '--help'], ['cv', '--help']])
      for (const line of (await nadir(argv, { width: 40 })).out.split('\n'))
        if (!/\bnadir |^Usage/.test(line)) expect(line.length, line).toBeLessThanOrEqual(40)
    const { out } = await nadir(['systems', '--state', 'done'], { width: 40 })
    expect(out).toMatch(/^# 1\n {2}system\n {4}Exact two-layer/)
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

describe('a pipe', () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const command = `'${process.execPath}' --conditions=source --import tsx '${main}'`
  it('whose reader goes away is no failure', () => {
    // More than a pipe holds, so that the program is still writing when head has gone.
    const line = `set -o pipefail; ${command} predict "$MODEL" "$ROWS" | head -n 1`
    const folder = mkdtempSync(join(tmpdir(), 'nadir-pipe-'))
    try {
      const [model, rows] = [join(folder, 'm.json'), join(folder, 'rows.csv')]
      const text = (count: number) =>
        `a,y\n${Array.from({ length: count }, (_, i) => `${i % 50},${Math.abs((i % 50) - 20) + 0.25}\n`).join('')}`
      writeFileSync(rows, text(60))
      const flags = '--model gated --patterns 10 --lambda 0.1max --backend wasm --threads 1 --quiet'
      execSync(`${command} fit '${rows}' ${flags} --out '${model}'`, { stdio: 'pipe' })
      writeFileSync(rows, text(60_000))
      const ran = spawnSync('bash', ['-c', line], {
        encoding: 'utf8',
        env: { ...process.env, MODEL: model, ROWS: rows },
      })
      expect([ran.stdout, ran.stderr, ran.status]).toEqual(['y\n', '', 0])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('completion', () => {
  const script = async (shell: string) => (await nadir(['completion', shell])).out

  /** What bash offers for a line that ends in the word being typed. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const line = ['nadir', ...words].map(word => `'${word}'`).join(' ')
    const code = `${await script('bash')}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _nadir; printf '%s\\n' "\${COMPREPLY[@]}"`
    const ran = spawnSync('bash', ['--norc', '-c', code], { encoding: 'utf8', cwd: import.meta.dirname })
    expect(ran.stderr).toBe('')
    return ran.stdout.split('\n').filter(word => word !== '')
  }

  it('offers verbs, options, their values, topics and files in bash', async () => {
    expect(await offered('c')).toEqual(expect.arrayContaining(['certify', 'cv', 'config', 'completion']))
    expect(await offered('fit', '--la')).toEqual(['--lambda'])
    expect(await offered('fit', 'x.csv', '--valid-')).toEqual(['--valid-fraction'])
    expect(await offered('fit', '--model', 'g')).toEqual(['gated'])
    expect(await offered('path', '--model', '')).toEqual(['relu', 'gated'])
    expect(await offered('help', 'cert')).toEqual(['certify', 'certificates'])
    expect(await offered('fit', 'term')).toEqual(['terminal.ts'])
  })
  it('names every verb and every long option in each script', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const text = await script(shell)
      for (const verb of VERBS) expect(text).toContain(verb)
      for (const name of ['valid-fraction', 'print-config', 'folds']) expect(text).toContain(name)
    }
    const refused = await nadir(['completion', 'csh'])
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish')])
  })
})
