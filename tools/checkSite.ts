/**
 * Dead links of the built site: every address inside it must be a file of it, and every anchor an id of that file.
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Links of the pages below `folder` that lead nowhere, as 'page → address', and how many were looked at. */
export function deadLinks(folder: string): { readonly links: number; readonly dead: string[] } {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.html'))
  const texts = new Map(pages.map(page => [page, readFileSync(join(folder, page), 'utf8')]))
  const ids = new Map([...texts].map(([page, text]) => [page, new Set(valuesOf(text, 'id'))]))
  const dead: string[] = []
  let links = 0
  for (const [page, text] of texts)
    for (const address of [...valuesOf(text, 'href'), ...valuesOf(text, 'src')]) {
      if (/^[a-z]+:/i.test(address)) continue
      links++
      const [path, anchor = ''] = address.split('#')
      const [file] = path.split('?')
      const target = file === '' ? page : normalize(join(dirname(page), decodeURIComponent(file)))
      const place = join(folder, target)
      const there = existsSync(place) && statSync(place).isFile()
      if (!there || (anchor !== '' && ids.get(target)?.has(decodeURIComponent(anchor)) === false))
        dead.push(`${page} → ${address}`)
    }
  return { links, dead: [...new Set(dead)] }
}

function valuesOf(text: string, attribute: string): string[] {
  return [...text.matchAll(new RegExp(`<[a-zA-Z][^>]*?\\s${attribute}="([^"]*)"`, 'g'))].map(match =>
    match[1].replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { links, dead } = deadLinks('site')
  for (const each of dead) process.stderr.write(`dead: ${each}\n`)
  process.stdout.write(`site: ${links} links, ${dead.length} dead\n`)
  if (dead.length > 0 || links === 0) process.exitCode = 1
}
