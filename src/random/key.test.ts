import { expect, test } from 'vitest'
import { DomainError } from '../errors.ts'
import { fold, key } from './key.ts'
import { threefry } from './threefry.ts'

test('key: seed and stream are the two words', () => {
  expect(key(7)).toEqual({ k0: 7, k1: 0 })
  expect(key(0xffffffff, 20)).toEqual({ k0: 0xffffffff, k1: 20 })
})

test('fold: different purposes, orders and groupings give different keys', () => {
  const root = key(0)
  const all = [
    root,
    fold(root, 'a'),
    fold(root, 'b'),
    fold(root, 'ab'),
    fold(root, 'ba'),
    fold(fold(root, 'a'), 'b'),
    fold(fold(root, 'b'), 'a'),
    fold(root, 0),
    fold(root, 1),
    fold(root, 97), // the code of 'a'
    fold(root, 2 ** 32),
    fold(root, 2 ** 53 - 1),
    fold(fold(root, 0), 0),
    fold(key(1), 'a'),
    fold(key(0, 1), 'a'),
  ]
  expect(new Set(all.map(k => `${k.k0},${k.k1}`)).size).toBe(all.length)
  expect(fold(root, 'gates')).toEqual(fold(key(0), 'gates'))
})

test('fold: a number uses the counter (p mod 2^32, 2^31 + ⌊p/2^32⌋), out of reach of every draw', () => {
  const block = threefry(key(5), 3, 0x80000002, { x0: 0, x1: 0 })
  expect(fold(key(5), 2 * 2 ** 32 + 3)).toEqual({ k0: block.x0, k1: block.x1 })
})

test('key and fold refuse what is not an address', () => {
  expect(() => key(-1)).toThrow('key: seed must be an integer in 0..4294967295; got -1.')
  expect(() => key(0.5)).toThrow(DomainError)
  expect(() => key(0, 2 ** 32)).toThrow('key: stream must be an integer in 0..4294967295; got 4294967296.')
  expect(() => fold(key(0), -1)).toThrow('fold: a numeric purpose must be an integer in 0..2^53 − 1; got -1.')
  expect(() => fold(key(0), Number.NaN)).toThrow(DomainError)
  expect(() => fold(key(0), '')).toThrow("fold: a purpose must have a name; got ''.")
})
