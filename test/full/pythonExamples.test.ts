/**
 * The Python on the pages: what scikit-learn and PyTorch save is audited, and both sides name the same objective. NADIR_PYTHON names a
 * Python that has them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nadir } from '../cli/terminal.ts'
import { root } from '../structure/sources.ts'

const python = process.env.NADIR_PYTHON
const has = (module: string) => python !== undefined && spawnSync(python, ['-c', `import ${module}`]).status === 0
const folder = mkdtempSync(join(tmpdir(), 'nadir-python-pages-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a script of test/fixtures/pages in the folder; the number it prints after 'objective'. */
function objectiveOf(script: string): number {
  const ran = spawnSync(python ?? '', [join(root, 'test', 'fixtures', 'pages', script)], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(ran.status, ran.stderr).toBe(0)
  return Number(/objective (\S+)/.exec(ran.stdout)?.[1])
}

async function audited(file: string, flags: readonly string[]): Promise<number> {
  const rows = join(folder, 'rows.csv')
  const ran = await nadir(['audit', join(folder, file), rows, '--target', 'y', '--max-time', '20', '--json', ...flags])
  expect(ran.err).not.toContain('error')
  return JSON.parse(ran.out).objective
}

const skip = 'NADIR_PYTHON names no Python that has it'

describe('Python on the pages', () => {
  it('scikit-learn: loss_ is our objective at lambda = alpha / n', async context => {
    if (!has('sklearn')) return context.skip(skip)
    const theirs = objectiveOf('from_scikit_learn.py')
    expect(await audited('mlp.npz', ['--lambda', '0.01', '--hidden-bias', 'free'])).toBeCloseTo(theirs, 9)
  })

  it('PyTorch: loss plus decay is twice our objective', { timeout: 300_000 }, async context => {
    if (!has('torch')) return context.skip(skip)
    const theirs = objectiveOf('from_pytorch.py')
    expect(2 * (await audited('net.npz', ['--weight-decay', '0.02']))).toBeCloseTo(theirs, 9)
  })
})
