/**
 * Documentation: every public export has a docstring; code in the pages is included from examples that run, or is a
 * command that is run; links and anchors inside the repository resolve.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anchorsOf, blocksOf, linksOf, refresh, regionOf } from '../../tools/markdown.ts'
import { filesBelow, pages, root, textOf } from './sources.ts'

const all = pages()
const NADIR = 'npm run --silent nadir -- '

/** Commands of a page's sh blocks, one a line; a trailing backslash continues it, what follows # is a remark. */
function commandsOf(page: string): string[] {
  return blocksOf(page)
    .filter(block => block.language === 'sh')
    .flatMap(block => block.text.replace(/\s*\\\n\s*/g, ' ').split('\n'))
    .map(line => line.replace(/\s+#.*$/, '').trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

describe('code in the pages', () => {
  it('every ts and Python block is included from an example', () => {
    const loose = all.flatMap(page =>
      blocksOf(textOf(page))
        .filter(block => /^(ts|js|typescript|javascript|python|py)$/.test(block.language))
        .filter(block => !block.include?.startsWith('examples/'))
        .map(block => `${page}:${block.line} needs <!-- include examples/… --> on the line before`),
    )
    expect(loose).toEqual([])
  })

  it('included blocks say what their examples say (else run npm run docs)', () => {
    expect(all.filter(page => refresh(textOf(page), textOf) !== textOf(page))).toEqual([])
    expect(all.flatMap(page => blocksOf(textOf(page))).filter(block => block.include !== null)).not.toHaveLength(0)
  })

  const commands = all.flatMap(page => commandsOf(textOf(page)).map(command => [page, command] as const))

  it('every sh command is run by .ci/run or just below', () => {
    const ci = textOf('.ci/run')
    const idle = commands.filter(
      ([, command]) => !command.startsWith(NADIR) && !command.split(' && ').every(part => ci.includes(part)),
    )
    expect(idle).toEqual([])
    expect(commands).not.toHaveLength(0)
  })

  // In an empty folder and in order: a page may fit first and predict afterwards.
  const folder = mkdtempSync(join(tmpdir(), 'nadir-docs-'))
  // Bundled once, two folders below the root as the sources are: each command then starts in a third of the time.
  const built = join(root, 'build', 'docs')
  beforeAll(async () => {
    await build({
      entryPoints: [join(root, 'src', 'cli', 'main.ts')],
      outdir: built,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      packages: 'external',
      logLevel: 'error',
    })
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    rmSync(built, { recursive: true })
  })
  const nadir = `'${process.execPath}' '${join(built, 'main.js')}' `

  it.each(commands.filter(([, command]) => command.startsWith(NADIR)))(
    '%s: %s',
    { timeout: 180_000 },
    (_page, command) => {
      const line = nadir + command.slice(NADIR.length)
      const env = { ...process.env, NO_COLOR: '1' }
      expect(execFileSync('sh', ['-c', line], { cwd: folder, stdio: 'pipe', env }).toString().trim()).not.toBe('')
    },
  )

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
