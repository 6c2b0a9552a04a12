/**
 * What is summed over the rows [A | B] of a chunk, A ∈ R^{4096 × D}, B ∈ R^{4096 × c}:
 * - `gramOf`: [AT | B]ᵀ[AT | B] for an upper triangular T, or T = I;
 * - `sketchOf`: S·[A | B], column squares, first moments and Bᵀ[A | B];
 * - `productsOf`: (AT)ᵀ(AX − B), (AT)ᵀAP and the squares of the residuals, for several X and P at once.
 * All are matrix products of a chunk of fixed size, in which threads share no sum.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { CHUNK } from '../../sketch/draw.ts'
import type { RowSummand } from '../../sketch/rowSum.ts'
import { sjlt } from '../../sketch/sjlt.ts'

/** More rows than any stream has: the end is not known beforehand. */
const OPEN_END = 2 ** 31

function summand(rows: number, add: (offset: number, rows: Dense, acc: Dense) => void): RowSummand {
  return {
    rows,
    samples: OPEN_END,
    scale: 1,
    granule: CHUNK,
    accumulate(offset, block, acc) {
      add(offset, block, acc)
      return acc
    },
  }
}

/** Lower triangle of the Gram matrix of [A·T | B]. */
export function gramOf(side: number, targets: number, basis: Dense | null): RowSummand {
  const width = side + targets
  return summand(width, (_, rows, acc) => {
    const { data } = basis === null ? rows : times(rows, basis, targets)
    compute().syrk(true, width, rows.rows, 1, data, width, 1, acc.data, width)
  })
}

/** [A·T | B]. */
function times(rows: Dense, basis: Dense, targets: number): Dense {
  const side = basis.rows
  const width = side + targets
  const out = dense(rows.rows, width)
  compute().gemm(false, false, rows.rows, side, side, 1, rows.data, width, basis.data, side, 0, out.data, width)
  for (let i = 0; i < rows.rows; i++)
    for (let t = side; t < width; t++) out.data[i * width + t] = rows.data[i * width + t]
  return out
}

/** Rows of the sum of `sketchOf`: m of the sketch, one of squares, one of moments, c of products with the targets. */
export function sketchOf(
  side: number,
  targets: number,
  { rows: m, seed, intercept }: { readonly rows: number; readonly seed: number; readonly intercept: boolean },
): RowSummand {
  const width = side + targets
  const draw = sjlt({ rows: m, samples: OPEN_END, seed })
  return summand(m + 2 + targets, (offset, rows, acc) => {
    const part = (from: number, count: number) =>
      dense(count, width, acc.data.subarray(from * width, (from + count) * width))
    draw.accumulate(offset, rows, part(0, m))
    const squares = part(m, 1).data
    const moments = part(m + 1, 1).data
    for (let i = 0; i < rows.rows; i++)
      for (let j = 0; j < width; j++) {
        const v = rows.data[i * width + j]
        squares[j] += v * v
        if (intercept) moments[j] += rows.data[i * width] * v
      }
    const b = rows.data.subarray(side)
    compute().gemm(
      true,
      false,
      targets,
      width,
      rows.rows,
      1,
      b,
      width,
      rows.data,
      width,
      1,
      part(m + 2, targets).data,
      width,
    )
  })
}

/** The scale of an SJLT, left out of the sums above. */
export function sketchScale(rows: number): number {
  return sjlt({ rows, samples: 1 }).scale
}

/**
 * Row s < k of the sum: [(AT)ᵀ(A·x_s − b_t(s)) | ‖A·x_s − b_t(s)‖², …]; row k + s: [(AT)ᵀA·p_s | …].
 *
 * Where A is ill-conditioned, sums over the rows of A·T keep the digits that T would take off sums over those of A.
 *
 * @param points X over P, 2k × D.
 */
export function productsOf(
  points: Dense,
  {
    targetOf,
    targets,
    basis,
  }: { readonly targetOf: readonly number[]; readonly targets: number; readonly basis: Dense | null },
): RowSummand {
  const k = targetOf.length
  const side = points.cols
  const width = side + targets
  return summand(2 * k, (_, rows, acc) => {
    const n = rows.rows
    const fit = dense(n, 2 * k)
    compute().gemm(false, true, n, 2 * k, side, 1, rows.data, width, points.data, side, 0, fit.data, 2 * k)
    for (let i = 0; i < n; i++)
      for (let s = 0; s < k; s++) {
        const residual = fit.data[i * 2 * k + s] - rows.data[i * width + side + targetOf[s]]
        fit.data[i * 2 * k + s] = residual
        acc.data[s * width + side] += residual * residual
      }
    const { data } = basis === null ? rows : times(rows, basis, targets)
    compute().gemm(true, false, 2 * k, side, n, 1, fit.data, 2 * k, data, width, 1, acc.data, width)
  })
}
