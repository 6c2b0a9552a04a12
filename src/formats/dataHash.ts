/**
 * The fingerprint of training data: equal for equal rows, target and weights as encoded, in their order.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Dense } from '../matrix/dense.ts'

/** SHA-256, in hex, of the shape and the float64 bytes of rows, target and weights. */
export function dataHash({ x, y, weights }: { x: Dense; y: Float64Array; weights: Float64Array | null }): string {
  const hash = createHash('sha256').update(`${x.rows} ${x.cols} ${y.length} ${weights?.length ?? '-'}\n`)
  for (const { buffer, byteOffset, byteLength } of [x.data, y, ...(weights === null ? [] : [weights])])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  return hash.digest('hex')
}
