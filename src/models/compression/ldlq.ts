/**
 * LDLQ: quantizing a matrix column by column, each column passing its rounding error on to the next, to make ‖(W − Q)·H^½‖_F small.
 *
 * With H = U·D·Uᵀ, U unit upper triangular and D diagonal,
 *   tr (W − Q)H(W − Q)ᵀ = Σ_k D_kk‖w_k + (W − Q)_{<k}·U_{<k,k} − q_k‖²,
 * so each column is rounded to what is left: q_k = Q(w_k + (W − Q)_{<k}·U_{<k,k}). H = I is plain rounding.
 *
 * Source: J. Chee, Y. Cai, V. Kuleshov, C. De Sa, QuIP: 2-Bit Quantization of Large Language Models With Guarantees, 2023.
 * @module
 */
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { cholesky } from '../../matrix/factor/cholesky.ts'
import { type CodedLines, packCodes } from './codedLines.ts'
import { storedGrid } from './codeLines.ts'
import { roundHalfEven, uniformGrid } from './quantizer.ts'

/** U, unit upper triangular, with H = U·D·Uᵀ: the Cholesky factor of H with rows and columns in reverse order. */
export function unitUpper(h: Dense): Dense {
  const n = h.rows
  const reversed = dense(n, n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) reversed.data[i * n + j] = h.data[(n - 1 - i) * n + n - 1 - j]
  const l = cholesky(reversed)
  const u = dense(n, n)
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      const [p, q] = [n - 1 - i, n - 1 - j]
      u.data[i * n + j] = l.data[p * n + q] / l.data[q * n + q]
    }
  return u
}

/**
 * Codes the rows of W ∈ R^{n × d} on a grid of their own (`clip`), with error feedback by U ∈ R^{d × d} (`unitUpper` of H); null stands for the identity.
 * Cost n·d² with U.
 */
export function ldlq(w: Dense, bits: number, u: Dense | null): CodedLines {
  const { rows: n, cols: d } = w
  const top = 2 ** bits - 1
  const codes = new Uint8Array(n * d)
  const parameters = new Float32Array(n)
  const lost = new Float64Array(d)
  for (let i = 0; i < n; i++) {
    const row = rowOf(w, i)
    const { offset, step } = storedGrid(uniformGrid(row, bits, 'clip'), 'symmetric')
    parameters[i] = step / 2
    // lost[k] collects Σ_{j<k} (w − q)_j·U_jk.
    lost.fill(0)
    for (let k = 0; k < d; k++) {
      const wanted = row[k] + lost[k]
      const c = step > 0 ? Math.max(0, Math.min(top, roundHalfEven((wanted - offset) / step))) : 0
      codes[i * d + k] = c
      if (u === null) continue
      const error = row[k] - (offset + step * c)
      for (let j = k + 1; j < d; j++) lost[j] += error * u.data[k * d + j]
    }
  }
  const each = new Uint8Array(n).fill(bits)
  return {
    lines: n,
    length: d,
    grid: 'symmetric',
    shared: false,
    bits: each,
    parameters,
    levels: new Float32Array(0),
    codes: packCodes(codes, each, d),
  }
}
