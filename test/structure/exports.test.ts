/**
 * Exports: every folder with an index.ts is a subpath, its three conditions agree, and an index only re-exports.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root, textOf } from './sources.ts'

type Conditions = Record<string, string>
const manifest = JSON.parse(textOf('package.json')) as {
  exports: Record<string, Conditions | string>
  bin: Record<string, string>
  files: string[]
}
const subpaths = Object.entries(manifest.exports).filter(
  (entry): entry is [string, Conditions] => typeof entry[1] !== 'string',
)
const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && existsSync(join(root, 'src', entry.name, 'index.ts')))
  .map(entry => entry.name)

/** Statements of an index that are not `export … from './…'`. */
function notReexports(file: string, text: string = textOf(file)): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  return source.statements
    .filter(node => !(ts.isExportDeclaration(node) && node.moduleSpecifier))
    .map(node => node.getText().slice(0, 80))
}

/** Names that `export { a, type B } from …` lines give; a star counts as the name '*'. */
function exportedNames(file: string): string[] {
  const source = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true)
  return source.statements.flatMap(node => {
    if (!ts.isExportDeclaration(node)) return []
    if (!node.exportClause || !ts.isNamedExports(node.exportClause)) return ['*']
    return node.exportClause.elements.map(element => element.name.text)
  })
}

describe('exports', () => {
  it('has one subpath a folder with an index.ts, and no other', () => {
    const named = subpaths.map(([path]) => path).filter(path => path !== '.' && path !== './errors')
    expect(named.sort()).toEqual(folders.map(folder => `./${folder}`).sort())
  })

  it.each(subpaths)('%s: source, types and default name the same module, which exists', (path, conditions) => {
    expect(Object.keys(conditions)).toEqual(['source', 'types', 'default'])
    expect(existsSync(join(root, conditions.source)), conditions.source).toBe(true)
    const stem = conditions.source.replace(/^\.\/src\/(.*)\.ts$/, '$1')
    expect(conditions.types).toBe(`./dist/${stem}.d.ts`)
    expect(conditions.default).toBe(`./dist/${stem}.js`)
    expect(stem).toBe(path === '.' ? 'index' : path === './errors' ? 'errors' : `${path.slice(2)}/index`)
  })

  it('the command exists', () => {
    for (const target of Object.values(manifest.bin))
      expect(existsSync(join(root, target.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))), target).toBe(true)
  })

  it('an index only re-exports', () => {
    for (const file of ['src/index.ts', ...folders.map(folder => `src/${folder}/index.ts`)])
      expect(notReexports(file), file).toEqual([])
    expect(notReexports('x.ts', "export { a } from './a.ts'\nexport const b = 1")).toHaveLength(1)
    expect(notReexports('x.ts', "import { a } from './a.ts'\nexport { a }")).toHaveLength(2)
  })

  it('the root gives about 25 names, each spelled out', () => {
    const names = exportedNames('src/index.ts')
    expect(names).not.toContain('*')
    expect(names.length).toBeGreaterThanOrEqual(15)
    expect(names.length).toBeLessThanOrEqual(35)
    expect(new Set(names).size).toBe(names.length)
  })

  it('what is published exists in the repository or is built', () => {
    for (const file of manifest.files) expect(file === 'dist' || existsSync(join(root, file)), file).toBe(true)
  })
})
