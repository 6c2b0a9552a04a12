import { expect, test } from 'vitest'
import { DomainError, ShapeError } from '../errors.ts'
import { csr, csrFromDense, csrFromTriplets, csrOperator } from './csr.ts'
import { dense, fromRows } from './dense.ts'
import { denseOperator } from './denseOperator.ts'

test('triplets are sorted, repeated ones add up, empty rows stay', () => {
  const a = csrFromTriplets(3, 3, [
    [2, 1, 5],
    [0, 2, 1],
    [0, 0, 2],
    [2, 1, -1],
  ])
  expect(a).toEqual({
    rows: 3,
    cols: 3,
    rowStart: Uint32Array.of(0, 2, 2, 3),
    column: Uint32Array.of(0, 2, 1),
    value: Float64Array.of(2, 1, 4),
  })
  expect(csr(3, 3, a)).toEqual(a)
  expect(
    csrFromDense(
      fromRows([
        [2, 0, 1],
        [0, 0, 0],
        [0, 4, 0],
      ]),
    ),
  ).toEqual(a)
})

test('damaged rows are refused', () => {
  const parts = { rowStart: Uint32Array.of(0, 2), column: Uint32Array.of(1, 0), value: Float64Array.of(1, 2) }
  expect(() => csr(1, 2, parts)).toThrow(
    'csr: columns of a row must ascend within 0..1; got 0 in row 0. Use csrFromTriplets.',
  )
  expect(() => csr(1, 1, { ...parts, column: Uint32Array.of(0, 1) })).toThrow(DomainError)
  expect(() => csr(2, 2, parts)).toThrow('csr: rowStart must hold 3 offsets from 0; got 2 from 0.')
  expect(() => csr(1, 2, { ...parts, rowStart: Uint32Array.of(0, 1) })).toThrow(
    'csr: columns, values and the last offset must agree; got 2, 2, 1.',
  )
  expect(() => csr(2, 2, { ...parts, rowStart: Uint32Array.of(0, 3, 2) })).toThrow(ShapeError)
  expect(() => csrFromTriplets(2, 2, [[0, 2, 1]])).toThrow(
    'csrFromTriplets: entries must lie within 2 × 2; got row 0, column 2.',
  )
})

test('groups must fill the columns and exist', () => {
  expect(() => csrOperator(csrFromDense(dense(2, 3)), { groupSize: 2 })).toThrow(
    'csrOperator: groupSize must divide the 3 columns; got 2.',
  )
  expect(() => denseOperator(dense(2, 3), { groupSize: 2 })).toThrow(
    'denseOperator: groupSize must divide the 3 columns; got 2.',
  )
  expect(() => denseOperator(dense(2, 3)).gram([0.5])).toThrow('denseOperator: groups must be in 0..2; got 0.5.')
})
