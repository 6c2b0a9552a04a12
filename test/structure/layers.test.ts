/**
 * Layers: imports point up only, and the core imports no package and no Node module, so that it runs in a browser as it
 * is.
 */
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, globalsOf, importsOf, readsOf, textOf } from './sources.ts'

/** From the top down; folders on one line know nothing of each other (below `models`, only that there is no cycle). */
const LAYERS: readonly (readonly string[])[] = [
  ['errors', 'display'],
  ['random'],
  ['matrix'],
  ['sketch', 'losses', 'penalties'],
  ['solvers'],
  ['certificates'],
  ['models'],
  ['distributed', 'formats', 'data', 'report'],
  ['cli', 'studio', 'bench', 'examples'],
]
const CORE = new Set(LAYERS.slice(0, 7).flat())
/** The files of the core that may reach for the machine, and only by import() while running. */
const MACHINE = ['src/matrix/backends/openblas.ts', 'src/matrix/backends/pool.ts', 'src/matrix/backends/worker.ts']

const isTest = (file: string): boolean => file.endsWith('.test.ts')
const product = filesBelow('src', '.ts').filter(file => !isTest(file) && !file.endsWith('.d.ts'))
const outside = [...filesBelow('bench', '.ts'), ...filesBelow('examples', '.ts')].filter(file => !isTest(file))

/** 'src/matrix/dense.ts' → 'matrix', 'src/errors.ts' → 'errors', 'bench/main.ts' → 'bench'. */
function folderOf(file: string): string {
  const parts = file.replace(/\.ts$/, '').split('/')
  return parts[0] === 'src' ? parts[1] : parts[0]
}

function layerOf(folder: string): number {
  return LAYERS.findIndex(line => line.includes(folder))
}

/** What is wrong with the imports of `file`, one line each. */
function violations(file: string, text?: string): string[] {
  const from = folderOf(file)
  return importsOf(file, text).flatMap(({ specifier, dynamic, line }) => {
    const at = `${file}:${line} ${specifier}`
    if (!specifier.startsWith('.')) {
      if (/^nadir(\/|$)/.test(specifier)) return file.startsWith('src/') ? [`${at}: inside src/ import by path`] : []
      if (!CORE.has(from) || file === 'src/index.ts') return []
      if (!MACHINE.includes(file)) return [`${at}: ${from}/ imports no package and no Node module`]
      return dynamic ? [] : [`${at}: only as import(), so that a browser never asks for it`]
    }
    if (!/\.(ts|json)$/.test(specifier)) return [`${at}: relative imports end in .ts`]
    const target = normalize(join(dirname(file), specifier))
    if (isTest(target) || target.startsWith('test/')) return [`${at}: the product does not import tests`]
    const to = folderOf(target)
    if (to === from || to === 'package.json') return []
    if (layerOf(to) < layerOf(from)) return []
    if (layerOf(to) === layerOf(from) && layerOf(from) === 7) return []
    return [`${at}: ${from}/ may import ${LAYERS.slice(0, layerOf(from)).flat().join(', ')}; not ${to}/`]
  })
}

describe('layers', () => {
  it('knows every folder of src/', () => {
    const unknown = product.map(folderOf).filter(folder => folder !== 'index' && layerOf(folder) < 0)
    expect([...new Set(unknown)]).toEqual([])
    expect(product.length).toBeGreaterThan(20)
  })

  it('imports point up only', () => {
    const wrong = [...product, ...outside].filter(file => file !== 'src/index.ts').flatMap(file => violations(file))
    expect(wrong).toEqual([])
  })

  it('the folders below the models form no cycle', () => {
    const edges = new Map<string, Set<string>>()
    for (const file of product.filter(each => layerOf(folderOf(each)) === 7))
      for (const { specifier } of importsOf(file).filter(each => each.specifier.startsWith('.'))) {
        const to = folderOf(normalize(join(dirname(file), specifier)))
        if (to !== folderOf(file) && layerOf(to) === 7)
          edges.set(folderOf(file), (edges.get(folderOf(file)) ?? new Set()).add(to))
      }
    const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
      [...(edges.get(from) ?? [])].some(
        next => next === goal || (!seen.has(next) && reaches(next, goal, seen.add(next))),
      )
    expect([...edges.keys()].filter(folder => reaches(folder, folder))).toEqual([])
  })

  it('the core reads no global of Node', () => {
    const names = new Set(['process', 'Buffer', '__dirname', '__filename', 'require', 'global'])
    const core = product.filter(file => CORE.has(folderOf(file)) && !MACHINE.includes(file))
    expect(core.flatMap(file => globalsOf(file, names))).toEqual([])
  })

  it('only the machine files ask for built-in modules at run time', () => {
    const core = product.filter(file => CORE.has(folderOf(file)) && !MACHINE.includes(file))
    expect(core.filter(file => /\bgetBuiltinModule\b|\bcreateRequire\b/.test(textOf(file)))).toEqual([])
  })

  it('nothing draws from Math.random', () => {
    expect([...product, ...outside].flatMap(file => readsOf(file, 'Math', 'random'))).toEqual([])
    expect(readsOf('x.ts', 'Math', 'random', 'const u = Math.random()')).toHaveLength(1)
  })

  it('sees the violations it is there for', () => {
    const planted: readonly [string, string][] = [
      ['src/losses/squared.ts', "import { solve } from '../solvers/solve.ts'"],
      ['src/losses/squared.ts', "export * from '../penalties/penalty.ts'"],
      ['src/matrix/dense.ts', "type A = import('../models/model.ts').Model"],
      ['src/matrix/dense.ts', "import { readFileSync } from 'node:fs'"],
      ['src/models/fit.ts', "const z = await import('zod')"],
      ['src/matrix/backends/openblas.ts', "import koffi from 'koffi'"],
      ['src/random/key.ts', "import { dense } from 'nadir/matrix'"],
      ['src/random/key.ts', "import { NadirError } from '../errors.js'"],
      ['src/data/dataset.ts', "import { main } from '../cli/main.ts'"],
      ['src/solvers/fista.ts', "import { naive } from '../../test/oracles/naive.ts'"],
    ]
    for (const [file, text] of planted) expect(violations(file, text), `${file}: ${text}`).toHaveLength(1)
    expect(violations('src/matrix/backends/openblas.ts', "const k = await import('koffi')")).toEqual([])
    expect(violations('src/solvers/fista.ts', "import { dense } from '../matrix/dense.ts'")).toEqual([])
  })
})
