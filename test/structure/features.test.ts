/**
 * FEATURES.md and `nadir systems` say the same about the same 37 systems, and nothing is called done without its example.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systems } from '../../src/cli/systems.ts'
import { root, textOf } from './sources.ts'

const COUNT = 37
const text = textOf('FEATURES.md')
const table = text
  .split('\n')
  .filter(line => /^\| \d+ \|/.test(line))
  .map(line => {
    const [number, name, paper, verb, scope, state] = line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
    return { number: Number(number), name, paper, verb, scope, state }
  })

describe('FEATURES.md', () => {
  it('numbers all systems in order', () => {
    expect(table.map(row => row.number)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1))
  })

  it('uses the words it explains', () => {
    for (const row of table) {
      expect(['done', 'partial', 'not'], row.name).toContain(row.state)
      expect(['global', 'restricted', 'stationary', 'none'], row.name).toContain(row.scope)
      expect(row.name, `row ${row.number}`).not.toBe('')
      expect(row.verb, row.name).toMatch(/^[a-z0-9-]+$/)
    }
  })

  it('agrees with what `nadir systems` prints', () => {
    const printed = systems.map(({ name, paper, verb, scope, state }) => ({ name, paper, verb, scope, state }))
    expect(printed).toEqual(table.map(({ number: _, ...row }) => row))
  })

  it('names an example that runs for every system that is done, and what is missing for every partial one', () => {
    for (const row of table.filter(each => each.state !== 'not')) {
      const note = text.split(/\n(?=- )/).find(item => item.startsWith(`- **${row.number}, `))
      expect(note, `a line "- **${row.number}, …" for ${row.name}`).toBeDefined()
      const examples = [...(note ?? '').matchAll(/\((examples\/[\w-]+\.ts)\)/g)].map(match => match[1])
      if (row.state === 'done') expect(examples.length, row.name).toBeGreaterThan(0)
      for (const example of examples) expect(existsSync(join(root, example)), example).toBe(true)
    }
  })
})
