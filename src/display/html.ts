/**
 * HTML as values: text put into the template is escaped, unless it was made by the template itself.
 *
 * Names of columns and classes come from files of others. There is one way into the page, and it is this one.
 * @module
 */

import { printable } from './words.ts'

/** A piece of HTML that is safe to put into a page. */
export interface Html {
  readonly html: string
}

type Content = Html | string | number | null | undefined | false | readonly Content[]

/** html`<p>${text}</p>`: texts and numbers are escaped, pieces of HTML are not, arrays are joined; null, undefined and false give nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { html: strings.reduce((out, text, k) => out + contentOf(values[k - 1]) + text) }
}

/** Marks text as HTML. Only for what a serialiser of ours wrote. */
export function trusted(text: string): Html {
  return { html: text }
}

/** Text for an element or a quoted attribute; control characters, which no page may hold, become spaces. */
export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function contentOf(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (Array.isArray(content)) return content.map(contentOf).join('')
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content))
  return (content as Html).html
}
