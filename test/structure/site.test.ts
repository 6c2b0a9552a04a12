/** The check of the built site sees what leads nowhere, and only that. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { deadLinks } from '../../tools/checkSite.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-site-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'guide'))
writeFileSync(join(folder, 'a b.css'), '')

describe('deadLinks', () => {
  it('finds files, anchors and folders that are no pages', () => {
    writeFileSync(
      join(folder, 'index.html'),
      '<h2 id="speed">Speed</h2><a href="guide/x.html#y">x</a><link href="a%20b.css">',
    )
    writeFileSync(
      join(folder, 'guide', 'x.html'),
      `<p id="y"></p><a class="k" href="#y">here</a><a href="../index.html#speed">up</a><a href="https://example.org/#z">out</a>
       <a href="../#speed">folder</a><a href="#none">none</a><a href="z.html">gone</a><a href="../index.html#fast">no anchor</a>`,
    )
    expect(deadLinks(folder)).toEqual({
      links: 8,
      dead: [
        'guide/x.html → ../#speed',
        'guide/x.html → #none',
        'guide/x.html → z.html',
        'guide/x.html → ../index.html#fast',
      ],
    })
  })
})
