/**
 * Brings the code blocks of the documentation up to date with the examples they include (`npm run docs`).
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pages, root } from '../test/structure/sources.ts'
import { refresh } from './markdown.ts'

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

for (const page of pages()) {
  const before = read(page)
  const after = refresh(before, read)
  if (after === before) continue
  writeFileSync(join(root, page), after)
  process.stdout.write(`${page}\n`)
}
