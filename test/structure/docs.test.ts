/**
 * Documentation: every public export has a docstring; code in the pages is included from examples that run, or is a
 * command that is run; links and anchors inside the repository resolve.
 */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { anchorsOf, blocksOf, linksOf, refresh, regionOf } from '../../tools/markdown.ts'
import { commandsOf, NADIR } from './commands.ts'
import { filesBelow, pages, root, textOf } from './sources.ts'

const all = pages()

describe('code in the pages', () => {
  it('every ts block is included from an example, every Python one from the fixtures that the full tests run', () => {
    const home = (language: string) => (/^py/.test(language) ? 'test/fixtures/pages/' : 'examples/')
    const loose = all.flatMap(page =>
      blocksOf(textOf(page))
        .filter(block => /^(ts|js|typescript|javascript|python|py)$/.test(block.language))
        .filter(block => !block.include?.startsWith(home(block.language)))
        .map(block => `${page}:${block.line} needs <!-- include ${home(block.language)}… --> on the line before`),
    )
    expect(loose).toEqual([])
  })

  it('included blocks say what their examples say (else run npm run docs)', () => {
    expect(all.filter(page => refresh(textOf(page), textOf) !== textOf(page))).toEqual([])
    expect(all.flatMap(page => blocksOf(textOf(page))).filter(block => block.include !== null)).not.toHaveLength(0)
  })

  const commands = all.flatMap(page => commandsOf(textOf(page)).map(command => [page, command] as const))

  it('every sh command is run by .ci/run or by test/pages', () => {
    const ci = textOf('.ci/run')
    const idle = commands.filter(
      ([, command]) => !command.startsWith(NADIR) && !command.split(' && ').every(part => ci.includes(part)),
    )
    expect(idle).toEqual([])
    expect(commands).not.toHaveLength(0)
  })

  it('sees stale and unknown blocks', () => {
    const page = '<!-- include a.ts#x -->\n```ts\nold\n```\n'
    const source = 'before\n  // #region x\n  const a = 1\n    b()\n  // #endregion\n'
    expect(refresh(page, () => source)).toBe('<!-- include a.ts#x -->\n```ts\nconst a = 1\n  b()\n```\n')
    expect(() => regionOf(source, 'y')).toThrow('regionOf: a region must be opened and closed; got no "y".')
    expect(blocksOf('```ts\nx\n```\n')[0].include).toBeNull()
    expect(commandsOf('```sh\na \\\n  b # why\n\n# note\nc\n```\n')).toEqual(['a b', 'c'])
  })
})

describe('links', () => {
  it('files and anchors inside the repository exist', () => {
    expect(all.flatMap(page => brokenLinks(page, textOf(page)))).toEqual([])
  })

  it('sees broken ones', () => {
    expect(brokenLinks('README.md', '# A b\n[x](#a-b) [x](LICENSE) [x](https://example.org) `[x](y)`')).toEqual([])
    expect(brokenLinks('docs/a.md', '[x](../nothing.md) [y](#none) [z](../README.md#none)')).toHaveLength(3)
  })
})

/** Links of `page` that lead nowhere, as 'page:line target'. */
function brokenLinks(page: string, text: string): string[] {
  return linksOf(text)
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .filter(({ target }) => {
      const [path, anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (path !== '' && !existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf(path === '' ? text : textOf(file)).has(anchor)
    })
    .map(({ target, line }) => `${page}:${line} ${target}`)
}

describe('docstrings', () => {
  it('every public export has one', { timeout: 120_000 }, () => {
    const indexes = filesBelow('src', '.ts').filter(file => /(^|\/)index\.ts$/.test(file) || file === 'src/errors.ts')
    const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as { compilerOptions: object }
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
    const program = ts.createProgram(
      indexes.map(file => join(root, file)),
      { ...options, noEmit: true },
    )
    const checker = program.getTypeChecker()
    const bare = new Set<string>()
    let count = 0
    for (const file of indexes) {
      const source = program.getSourceFile(join(root, file))
      const module = source && checker.getSymbolAtLocation(source)
      if (!module) continue
      for (const name of checker.getExportsOfModule(module)) {
        count++
        const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name
        if (symbol.getDocumentationComment(checker).length > 0) continue
        const where = symbol.declarations?.[0]?.getSourceFile().fileName.slice(root.length + 1) ?? file
        bare.add(`${where} ${symbol.getName()}`)
      }
    }
    expect([...bare].sort()).toEqual([])
    expect(count).toBeGreaterThan(50)
  })
})
