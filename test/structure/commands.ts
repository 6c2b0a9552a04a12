/**
 * The shell commands on the pages.
 */
import { blocksOf } from '../../tools/markdown.ts'

/** How the command line is called from a checkout. */
export const NADIR = 'npm run --silent nadir -- '

/** Commands of a page's sh blocks, one a line; a trailing backslash continues it, what follows # is a remark. */
export function commandsOf(page: string): string[] {
  return blocksOf(page)
    .filter(block => block.language === 'sh')
    .flatMap(block => block.text.replace(/\s*\\\n\s*/g, ' ').split('\n'))
    .map(line => line.replace(/\s+#.*$/, '').trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}
