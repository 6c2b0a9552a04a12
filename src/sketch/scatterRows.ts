/**
 * acc ← acc + Σ over passes of signed rows of A put into buckets: how the sketches with few signs a column are added.
 *
 * Rows come in blocks that stay in cache while every pass reads them; buckets of different passes do not meet, so the order of additions in each bucket, and with
 * it every bit, is that of one pass after the other. Sum and addresses lie in the arena, where the kernel finds them without copying.
 * @module
 */
import { compute } from '../matrix/createCompute.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Scatter } from './draw.ts'

/** Numbers of A that a block holds: a quarter of a megabyte. */
const BLOCK = 32768

/** Adds all passes to `acc`. Cost one read of A, and passes·n·d additions. */
export function scatterRows({ rows, cols, data }: Dense, acc: Dense, passes: readonly Scatter[]): void {
  const { kernels, ...rest } = compute()
  const region = rest.region()
  try {
    const sum = region.own(acc.data)
    const placed = passes.map(({ bucket, sign }) => {
      const buckets = region.int32(rows)
      buckets.set(bucket)
      return { bucket: buckets, sign: region.own(sign) }
    })
    const height = Math.max(1, Math.floor(BLOCK / Math.max(1, cols)))
    for (let from = 0; from < rows; from += height) {
      const end = Math.min(rows, from + height)
      const block = data.subarray(from * cols, end * cols)
      for (const { bucket, sign } of placed)
        kernels.countSketch(block, end - from, cols, bucket.subarray(from, end), sign.subarray(from, end), sum)
    }
    if (sum !== acc.data) acc.data.set(sum)
  } finally {
    region.dispose()
  }
}
