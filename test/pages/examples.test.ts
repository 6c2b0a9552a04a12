/**
 * Every example runs as a reader would run it, asserts its own claim, and says in its first lines what question it answers.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { filesBelow, importsOf, root, textOf } from '../structure/sources.ts'

const run = promisify(execFile)
// The browser example runs in Chromium (`test/browser/example.test.ts`).
const examples = filesBelow('examples', '.ts').filter(file => !/^examples\/(data|browser)\//.test(file))

describe.concurrent('examples', () => {
  it('there are some', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4)
  })

  it.each(examples)('%s runs and asserts', { timeout: 120_000 }, async file => {
    const text = textOf(file)
    expect(text, 'opens with the question it answers').toMatch(/^\/\*\*\n \* .*\?/)
    expect(text.match(/\bassert(\.\w+)?\(/g) ?? [], 'asserts its claim').not.toHaveLength(0)
    for (const { specifier } of importsOf(file))
      expect(specifier, 'imports only the package, Node and data').toMatch(/^(nadir(\/|$)|node:|\.\/data\/)/)
    const tsx = join(root, 'node_modules', '.bin', 'tsx')
    const { stdout } = await run(tsx, ['--conditions=source', file], { cwd: root })
    expect(stdout.trim(), 'says what it found').not.toBe('')
  })
})
