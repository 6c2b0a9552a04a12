import { zipSync } from 'fflate'
import { expect, it } from 'vitest'
import { FormatError, ShapeError } from '../errors.ts'
import { writeNpy } from './npy.ts'
import { readNpz } from './npz.ts'

const matrix = (rows: number, cols: number) =>
  writeNpy({ shape: [rows, cols], data: Float64Array.from({ length: rows * cols }, (_, i) => i) })
const vector = (length: number) => writeNpy({ shape: [length], data: Float64Array.from({ length }, (_, i) => 10 * i) })
const archive = (files: Record<string, Uint8Array>, level: 0 | 6 = 0) => zipSync(files, { level })
const names = (bytes: Uint8Array) => readNpz(bytes, 'a.npz').columns.map(column => column.name)

it('reads X and y, stored or deflated, the target last', () => {
  for (const level of [0, 6] as const) {
    const table = readNpz(archive({ 'y.npy': vector(3), 'X.npy': matrix(3, 2) }, level), 'a.npz')
    expect(table.rows).toBe(3)
    expect(table.columns).toEqual([
      { kind: 'number', name: 'x0', values: Float64Array.of(0, 2, 4), missing: null },
      { kind: 'number', name: 'x1', values: Float64Array.of(1, 3, 5), missing: null },
      { kind: 'number', name: 'y', values: Float64Array.of(0, 10, 20), missing: null },
    ])
  }
})

it('names columns by their arrays', () => {
  expect(names(archive({ 'target.npy': vector(3), 'age.npy': vector(3), 'A.npy': matrix(3, 2) }))).toEqual([
    'age',
    'A0',
    'A1',
    'target',
  ])
  // As a bare .npy of one column would be called.
  expect(names(archive({ 'X.npy': matrix(3, 1) }))).toEqual(['x0'])
})

it('refuses arrays that do not belong together, archives of something else, and damage', () => {
  const split = archive({ 'X_train.npy': matrix(3, 2), 'X_test.npy': matrix(2, 2) })
  expect(() => readNpz(split, 'a.npz')).toThrow(ShapeError)
  expect(() => readNpz(split, 'a.npz')).toThrow('in a.npz "X_train" has 3 and "X_test" has 2.')
  expect(() => readNpz(archive({ 'a.txt': vector(3) }), 'a.npz')).toThrow('npz: a.npz holds no .npy array.')
  const whole = archive({ 'X.npy': matrix(30, 2) }, 6)
  for (const cut of [whole.length - 30, 60]) {
    expect(() => readNpz(whole.subarray(0, cut), 'a.npz')).toThrow(FormatError)
    expect(() => readNpz(whole.subarray(0, cut), 'a.npz')).toThrow(/npz: a.npz is damaged or cut short|ends inside/)
  }
})
