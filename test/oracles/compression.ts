/**
 * Naive twins of the compressed formats: every bit read alone, every value from its formula, every product by three loops.
 */
import { type Dense, dense } from '../../src/matrix/dense.ts'
import type { CodedLines } from '../../src/models/compression/codedLines.ts'
import type { Compressed } from '../../src/models/compression/compressed.ts'

/** The codes of all lines, from the bit stream one bit at a time. */
export function naiveCodes({ lines, length, bits, codes }: CodedLines): number[][] {
  let at = 0
  return Array.from({ length: lines }, (_, k) =>
    Array.from({ length }, () => {
      let code = 0
      for (let b = 0; b < bits[k]; b++, at++) code += ((codes[at >> 3] >> (at & 7)) & 1) * 2 ** b
      return code
    }),
  )
}

/** The numbers of all lines. */
export function naiveLines(coded: CodedLines): number[][] {
  const { grid, shared, bits, parameters, levels } = coded
  return naiveCodes(coded).map((line, k) => {
    const g = shared ? 0 : k
    return line.map(c => {
      if (grid === 'integer') return 2 * c - (2 ** bits[k] - 1)
      if (grid === 'symmetric') return parameters[g] * (2 * c - (2 ** bits[k] - 1))
      if (grid === 'affine') return parameters[2 * g] + parameters[2 * g + 1] * c
      return parameters[g] * levels[c]
    })
  })
}

/** Â entry by entry. */
export function naiveMatrix(c: Compressed): Dense {
  const out = dense(c.rows, c.cols)
  const parts = c.terms.map(term => {
    if (term.kind === 'full') {
      const lines = naiveLines(term.matrix)
      return (i: number, j: number) => (term.by === 'rows' ? lines[i][j] : lines[j][i])
    }
    const [left, right] = [naiveLines(term.left), naiveLines(term.right)]
    return (i: number, j: number) => left.reduce((sum, line, k) => sum + line[i] * right[k][j], 0)
  })
  for (let i = 0; i < c.rows; i++)
    for (let j = 0; j < c.cols; j++)
      out.data[i * c.cols + j] = 2 ** c.exponent * parts.reduce((sum, part) => sum + part(i, j), c.mean)
  return out
}

/** Bits of the payload, counted from the description of the format. */
export function naiveBits(c: Compressed): number {
  const linesBits = ({ lines, length, grid, shared, bits }: CodedLines): number => {
    const groups = shared ? 1 : lines
    const each = { integer: 0, symmetric: 32, affine: 64, codebook: 32 }[grid]
    let sum = each * groups + (grid === 'codebook' ? 32 * 2 ** bits[0] : 0)
    for (let k = 0; k < lines; k++) sum += length * bits[k]
    return sum + (new Set(bits).size > 1 ? 8 * lines : 0)
  }
  let sum = c.mean === 0 ? 0 : 64
  for (const term of c.terms)
    sum += term.kind === 'full' ? linesBits(term.matrix) : linesBits(term.left) + linesBits(term.right)
  return sum
}

/** The least ‖A − s·l·rᵀ‖²_F over all l, r of odd numbers of `bits` bits and real s. */
export function bruteRankOne(a: Dense, bits: number): number {
  const odd = Array.from({ length: 2 ** bits }, (_, c) => 2 * c - (2 ** bits - 1))
  const vectors = (n: number): number[][] =>
    n === 0 ? [[]] : vectors(n - 1).flatMap(head => odd.map(v => [...head, v]))
  const norm = a.data.reduce((sum, v) => sum + v * v, 0)
  let best = norm
  for (const l of vectors(a.rows))
    for (const r of vectors(a.cols)) {
      let [reach, size] = [0, 0]
      for (let i = 0; i < a.rows; i++)
        for (let j = 0; j < a.cols; j++) {
          reach += a.data[i * a.cols + j] * l[i] * r[j]
          size += (l[i] * r[j]) ** 2
        }
      best = Math.min(best, norm - reach ** 2 / size)
    }
  return best
}
