/**
 * The published low-rank low-precision factorisations, A ≈ L·R with one precision for each factor:
 *
 *   lplr      S ∈ R^{d × m} Gaussian with variance 1/m;  L = Q₁(A·S),  R = Q₂(L⁺A): no singular value decomposition of A
 *   lplr-svd  L = Q₁(U_m·Σ_m·Sᵀ), S Gaussian m × m (it evens out the columns), R = Q₂(L⁺A)
 *   dsvd      L = Q₁(U_m), R = Q₂(Σ_m·V_mᵀ): rounding the singular value decomposition, the baseline
 *
 * followed, if asked for, by rounds of L = Q₁(A·R⁺), R = Q₂(L⁺A) of which the best is kept.
 *
 * L⁺ is the Moore–Penrose inverse by singular value decomposition: a coded L is often rank-deficient at one bit.
 * Source: R. Saha, V. Srivastava, M. Pilanci, Matrix Compression via Randomized Low Rank and Low Precision Factorization, 2023,
 * arXiv 2310.11028; the rounds as in CALDERA (R. Saha et al., 2024). Note 1: a power iteration before the sketch is left out: without
 * re-orthonormalising it ruins the range of the columns, and with it lplr-svd is the better choice.
 * @module
 */
import { type Dense, dense, fromRows, transpose } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { gaussian } from '../../sketch/gaussian.ts'
import { type CodeOptions, codeLines } from './codeLines.ts'
import { allLines, type ProductTerm } from './compressed.ts'
import { leadingFactors, product } from './leadingFactors.ts'
import { columnsAsLines, rowsAsLines, squaredDistance } from './lines.ts'

/** The published methods by name. */
export type PublishedMethod = 'lplr' | 'lplr-svd' | 'dsvd'

/** What a published factorisation is told. */
export interface PublishedOptions {
  readonly method: PublishedMethod
  readonly rank: number
  readonly leftBits: number
  readonly rightBits: number
  /** 'min-max' as in the public code, or 'clip'. */
  readonly grid: 'min-max' | 'clip'
  /** One scale for a factor, or one for each column of L and row of R. */
  readonly scale: 'matrix' | 'vector'
  readonly seed: number
}

/** A coded product with ‖A − L·R‖²_F. */
export interface ProductDraft {
  readonly term: ProductTerm
  readonly squaredError: number
}

/** The factorisation, then better ones: each step is a round, and shows the best so far. Endless. */
export function* publishedFactors(a: Dense, options: PublishedOptions): Generator<ProductDraft> {
  const { grid, scale } = options
  const code = (bits: number): CodeOptions => ({ bits, grid, shared: scale === 'matrix' })
  const [codeLeft, codeRight] = [code(options.leftBits), code(options.rightBits)]
  const leftOf = (target: Dense) => codeLines(columnsAsLines(target), codeLeft)
  const rightOf = (target: Dense) => codeLines(rowsAsLines(target), codeRight)
  const start = startOf(a, options)
  let left = leftOf(start.left)
  let right = rightOf(start.right ?? leastRight(a, decodeLeft({ left })))
  let best = draftOf(a, { kind: 'product', left, right })
  yield best
  for (;;) {
    left = leftOf(product(a, pseudoInverse(fromRows(allLines(right)))))
    right = rightOf(leastRight(a, decodeLeft({ left })))
    const next = draftOf(a, { kind: 'product', left, right })
    if (next.squaredError < best.squaredError) best = next
    yield best
  }
}

function startOf(a: Dense, { method, rank, seed }: PublishedOptions): { left: Dense; right: Dense | null } {
  if (method === 'lplr') {
    // (S·Aᵀ)ᵀ with S m × d of variance 1/m.
    const columns = gaussian({ rows: rank, samples: a.cols, seed }).columns(0, a.cols)
    return { left: product(a, columns, 'right'), right: null }
  }
  const { u, values, vt } = leadingFactors(a, rank, seed)
  const m = values.length
  const scaled = (of: Dense, by: 'rows' | 'columns') =>
    dense(
      of.rows,
      of.cols,
      of.data.map((v, t) => v * values[by === 'rows' ? Math.floor(t / of.cols) : t % of.cols]),
    )
  if (method === 'dsvd') return { left: u, right: scaled(vt, 'rows') }
  const mixing = gaussian({ rows: m, samples: m, seed }).columns(0, m)
  return { left: product(scaled(u, 'columns'), mixing, 'right'), right: null }
}

/** argmin_R ‖L·R − A‖_F of least norm. */
function leastRight(a: Dense, left: Dense): Dense {
  return product(pseudoInverse(left), a)
}

/** L ∈ R^{n × m}. */
function decodeLeft({ left }: Pick<ProductTerm, 'left'>): Dense {
  return transpose(fromRows(allLines(left)))
}

function draftOf(a: Dense, term: ProductTerm): ProductDraft {
  const image = product(decodeLeft(term), fromRows(allLines(term.right)))
  return { term, squaredError: squaredDistance(a, image) }
}

/** The Moore–Penrose inverse. */
export function pseudoInverse(a: Dense): Dense {
  const { u, values, vt } = svd(a)
  const least = 2 * Math.max(a.rows, a.cols) * 2 ** -53 * (values[0] ?? 0)
  const scaled = dense(
    vt.rows,
    vt.cols,
    vt.data.map((v, t) => {
      const value = values[Math.floor(t / vt.cols)]
      return value > least ? v / value : 0
    }),
  )
  return product(scaled, u, 'both')
}
