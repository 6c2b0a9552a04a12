/**
 * A strict reader of HTML, for pages of our own: every element closed in order, every attribute quoted and given once, no
 * loose < or &.
 */

const VOID = new Set(['meta', 'br', 'hr', 'img', 'input', 'link', 'col', 'base', 'source', 'wbr'])
const RAW = new Set(['style', 'script', 'title'])
const TAG = /^<(\/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[A-Za-z_:][\w:.-]*(?:="[^"<]*")?)*)\s*(\/?)>/

/** An element, with its attributes (references not resolved) and the text directly in it. */
export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  text: string
}

/** What is wrong with a page, and its elements in order. */
export function readHtml(page: string): { readonly problems: string[]; readonly elements: Element[] } {
  const problems: string[] = []
  const elements: Element[] = []
  const open: Element[] = []
  const where = (at: number) => `at ${at}: ${JSON.stringify(page.slice(at, at + 40))}`
  let at = 0
  if (!page.startsWith('<!doctype html>')) problems.push('no doctype')
  else at = '<!doctype html>'.length
  while (at < page.length) {
    if (page[at] === '<') {
      const match = TAG.exec(page.slice(at, at + 20_000))
      if (match === null) {
        problems.push(`loose < ${where(at)}`)
        at++
        continue
      }
      const [whole, closing, name, list, self] = match
      if (closing === '/') {
        const last = open.pop()
        if (last?.name !== name) problems.push(`</${name}> closes <${last?.name ?? 'nothing'}> ${where(at)}`)
      } else {
        const attributes = new Map<string, string>()
        for (const [, key, , value] of list.matchAll(/([A-Za-z_:][\w:.-]*)(="([^"]*)")?/g)) {
          if (attributes.has(key)) problems.push(`${key} twice ${where(at)}`)
          attributes.set(key, value ?? '')
          loose(value ?? '', at)
        }
        const element = { name, attributes, text: '' }
        elements.push(element)
        if (self !== '/' && !VOID.has(name)) open.push(element)
        if (RAW.has(name)) {
          const end = page.indexOf(`</${name}>`, at)
          element.text = page.slice(at + whole.length, end)
          at = end
          continue
        }
      }
      at += whole.length
    } else {
      const next = page.indexOf('<', at)
      const text = page.slice(at, next < 0 ? page.length : next)
      loose(text, at)
      const inside = open[open.length - 1]
      if (inside !== undefined) inside.text += text
      at += text.length
    }
  }
  for (const { name } of open) problems.push(`<${name}> is never closed`)
  return { problems, elements }

  function loose(text: string, from: number): void {
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) problems.push(`loose & ${where(from)}`)
  }
}
