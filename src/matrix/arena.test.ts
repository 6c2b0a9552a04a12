import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canShare, createArena, createRegion } from './arena.ts'
import { maskBit, masks, setMaskBit } from './masks.ts'

const MIB = 2 ** 20

test('blocks never overlap, start at cache lines, and all come back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300_000), fc.nat(7)), { maxLength: 40 }), fc.boolean(), (requests, shared) => {
      const arena = createArena({ shared, initial: MIB, maximum: 2 * MIB })
      const held: { at: number; bytes: number }[] = []
      for (const [bytes, drop] of requests) {
        const at = arena.allocate(bytes)
        if (at !== undefined) {
          expect(at % 64).toBe(0)
          expect(at).toBeGreaterThanOrEqual(65536)
          expect(at + bytes).toBeLessThanOrEqual(arena.memory.buffer.byteLength)
          for (const other of held) expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true)
          held.push({ at, bytes: Math.max(bytes, 1) })
        }
        if (drop < held.length) arena.free(held.splice(drop, 1)[0].at)
      }
      for (const block of held) arena.free(block.at)
      expect(arena.used()).toBe(0)
      // Everything has grown together again: one block of all the room there is fits.
      expect(arena.allocate(arena.memory.buffer.byteLength - 65536)).toBe(65536)
    }),
    { seed: 7, numRuns: 60 },
  )
})

test('a shared arena grows, and views from before stay alive and stay its own', () => {
  expect(canShare()).toBe(true)
  const arena = createArena({ initial: MIB, maximum: 8 * MIB })
  const region = createRegion(arena)
  const before = region.float64(10)
  before[3] = 42
  const large = region.float64((4 * MIB) / 8)
  expect(arena.memory.buffer.byteLength).toBeGreaterThan(4 * MIB)
  expect(before[3]).toBe(42)
  expect(arena.owns(before.buffer)).toBe(true)
  expect(arena.owns(large.buffer)).toBe(true)
  expect(region.own(before)).toBe(before)
})

test('an unshared arena never grows; what does not fit becomes a plain buffer', () => {
  const arena = createArena({ shared: false, initial: MIB, maximum: 64 * MIB })
  const region = createRegion(arena)
  const inside = region.float64(1000)
  const outside = region.float64(MIB)
  expect(arena.owns(inside.buffer)).toBe(true)
  expect(arena.owns(outside.buffer)).toBe(false)
  expect(outside.buffer).toBeInstanceOf(ArrayBuffer)
  expect(arena.memory.buffer.byteLength).toBe(MIB)
  expect(inside.length).toBe(1000)
})

test('a full shared arena hands out shared buffers', () => {
  const region = createRegion(createArena({ shared: true, initial: MIB, maximum: MIB }))
  expect(region.float64(MIB).buffer).toBeInstanceOf(SharedArrayBuffer)
})

test('arrays are zero, also where others have been', () => {
  const arena = createArena({ shared: false, maximum: MIB })
  const first = createRegion(arena)
  first.float64(5000).fill(Number.NaN)
  first.uint32(77).fill(1)
  first.dispose()
  expect(arena.used()).toBe(0)
  const second = createRegion(arena)
  for (const array of [second.float64(5000), second.float32(99), second.uint32(33), second.int32(5)])
    expect(array.every(v => v === 0)).toBe(true)
})

test('own and ownMasks copy what lies outside, bit by bit', () => {
  const region = createRegion(createArena({ shared: false, maximum: MIB }))
  const source = Float64Array.of(1, -2, 3)
  const copy = region.own(source)
  expect(copy).not.toBe(source)
  expect([...copy]).toEqual([1, -2, 3])
  const m = masks(2, 300)
  setMaskBit(m, 1, 299)
  const owned = region.ownMasks(m)
  expect(owned.words).not.toBe(m.words)
  expect(maskBit(owned, 1, 299)).toBe(true)
  expect(maskBit(owned, 0, 299)).toBe(false)
  expect(region.ownMasks(owned)).toBe(owned)
})
