/**
 * The little of Markdown that the documentation's tests and tools need: fenced blocks, links, headings, includes.
 * @module
 */

/** A fenced block: its language, its text without the fences, and the include comment that stands before it, if any. */
export interface Block {
  readonly language: string
  readonly text: string
  /** 'examples/first.ts' or 'examples/first.ts#region', from `<!-- include … -->` on the line before the fence. */
  readonly include: string | null
  /** 1-based line of the opening fence. */
  readonly line: number
  /** Offsets of `text` in the page. */
  readonly start: number
  readonly end: number
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const fence = /^```(\w*)\n([\s\S]*?)^```$/gm
  return [...page.matchAll(fence)].map(match => {
    const before = page.slice(0, match.index)
    const start = match.index + match[0].indexOf('\n') + 1
    return {
      language: match[1],
      text: match[2],
      include: before.match(/<!-- include (\S+) -->\n$/)?.[1] ?? null,
      line: before.split('\n').length,
      start,
      end: start + match[2].length,
    }
  })
}

/**
 * The part of a source file between `// #region name` and `// #endregion`, outdented; the whole file without `name`.
 *
 * @throws Error when there is no such region.
 */
export function regionOf(source: string, name: string | undefined): string {
  if (name === undefined) return source
  const lines = source.split('\n')
  const from = lines.findIndex(line => line.trim() === `// #region ${name}`)
  const to = lines.findIndex((line, i) => i > from && line.trim() === '// #endregion')
  if (from < 0 || to < 0) throw new Error(`regionOf: a region must be opened and closed; got no "${name}".`)
  const body = lines.slice(from + 1, to)
  const indent = Math.min(...body.filter(line => line.trim() !== '').map(line => line.search(/\S/)))
  return body.map(line => line.slice(indent)).join('\n') + '\n'
}

/** The page with every included block replaced by what its file says today. */
export function refresh(page: string, read: (file: string) => string): string {
  return blocksOf(page).reduceRight((text, block) => {
    if (block.include === null) return text
    const [file, region] = block.include.split('#')
    return text.slice(0, block.start) + regionOf(read(file), region) + text.slice(block.end)
  }, page)
}

/** Targets of `[text](target)` outside code, with their lines. */
export function linksOf(page: string): { target: string; line: number }[] {
  const prose = page
    .replace(/^```[\s\S]*?^```$/gm, block => block.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, code => ' '.repeat(code.length))
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(match => ({
    target: match[1],
    line: prose.slice(0, match.index).split('\n').length,
  }))
}

/** Anchors that the headings of a page give, in GitHub's spelling. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>()
  const prose = page.replace(/^```[\s\S]*?^```$/gm, '')
  return new Set(
    [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(match => {
      const slug = match[1]
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}
