import { expect, test } from 'vitest'
import { threefry, u53 } from './threefry.ts'

test.each([
  // The published known-answer vectors of the Random123 library.
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
])('threefry: key (%i, %i), counter (%i, %i)', (k0, k1, c0, c1, x0, x1) => {
  expect(threefry({ k0, k1 }, c0, c1, { x0: 0, x1: 0 })).toEqual({ x0, x1 })
})

test('u53: the ends of the range', () => {
  expect(u53({ x0: 0, x1: 0 })).toBe(0)
  expect(u53({ x0: 0xffffffff, x1: 0xffffffff })).toBe(1 - 2 ** -53)
  expect(u53({ x0: 1 << 5, x1: 0 })).toBe(2 ** -27)
  expect(u53({ x0: 0, x1: 1 << 6 })).toBe(2 ** -53)
})
