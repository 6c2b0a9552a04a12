/**
 * Numbers in notations that are not read: with a currency or percent sign, with thousands set apart, with a decimal comma.
 *
 * Such a column is no column of categories, though it is one of texts: every row would have its own, and a network would learn them by heart.
 * @module
 */
import { isNumeric } from './table.ts'

const SIGNS = /^[$€£¥]\s*|\s*[$€£¥%]$/g
const GROUPED = /^[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?|(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?)$/
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/

/** Whether a text is a number in such a notation: $12.50, 7 %, 1,234, 1.234,5, 12 000, 3,14. Plain numbers are not. */
export function isForeignNumber(text: string): boolean {
  const bare = text.trim().replaceAll(SIGNS, '')
  if (isNumeric(bare)) return bare !== text.trim()
  return GROUPED.test(bare) || DECIMAL_COMMA.test(bare)
}

/** The first row whose text is such a number, where all other texts are numbers of some notation; -1 when they are not. */
export function foreignNumberRow(values: readonly (string | null)[]): number {
  let first = -1
  for (const [i, text] of values.entries()) {
    if (text === null || isNumeric(text)) continue
    if (!isForeignNumber(text)) return -1
    if (first < 0) first = i
  }
  return first
}

/** How to write it instead. */
export const PLAIN_NUMBERS = 'Write plain numbers with a point for decimals, such as 1234.5'
