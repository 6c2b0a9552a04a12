/**
 * Coded lines: equally long vectors of quantized numbers, packed. The columns of L, the rows of R, or the rows or columns of a whole matrix.
 *
 * The value of code c, 0 ≤ c < 2^B, of a line:
 *
 *   integer     2c − (2^B − 1): the odd whole numbers of B bits; no parameters (the scale is the partner's)
 *   symmetric   r·(2c − (2^B − 1))
 *   affine      lo + step·c
 *   codebook    s·levels[c], one table for all lines
 *
 * Parameters are float32, one set for each line or one shared by all. Codes lie in one little-endian bit stream, line after line, the low bit
 * first; the bits after the last code are zero.
 * @module
 */

/** How codes become values. */
export type GridKind = 'integer' | 'symmetric' | 'affine' | 'codebook'

/** `lines` vectors of `length` numbers each. */
export interface CodedLines {
  readonly lines: number
  readonly length: number
  readonly grid: GridKind
  /** One set of parameters for all lines, or one for each. */
  readonly shared: boolean
  /** Bits of a code of each line, 1..8; 0 on affine grids, for a line of one value. All equal with a codebook. */
  readonly bits: Uint8Array
  /** r, (lo, step), or s: of all lines or of each. Empty for integer grids. */
  readonly parameters: Float32Array
  /** The 2^B values of a codebook, ascending; empty else. */
  readonly levels: Float32Array
  /** The packed codes: ⌈Σ bits·length / 8⌉ bytes. */
  readonly codes: Uint8Array
}

/** Float32 parameters of one line of each kind of grid. */
export const PARAMETERS: Readonly<Record<GridKind, number>> = { integer: 0, symmetric: 1, affine: 2, codebook: 1 }

/** Packs codes (lines × length, one byte each) into the stream of the format. */
export function packCodes(codes: Uint8Array, bits: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(totalBits(bits, length) / 8))
  let [at, held, count] = [0, 0, 0]
  for (let line = 0; line < bits.length; line++) {
    const b = bits[line]
    for (let i = line * length; i < (line + 1) * length; i++) {
      held |= codes[i] << count
      count += b
      while (count >= 8) {
        out[at++] = held & 255
        held >>>= 8
        count -= 8
      }
    }
  }
  if (count > 0) out[at] = held & 255
  return out
}

/** Codes from … from + out.length of a line, unpacked into `out`, which is returned. */
export function lineCodes(coded: CodedLines, line: number, out: Uint8Array, from = 0): Uint8Array {
  const b = coded.bits[line]
  const mask = (1 << b) - 1
  const start = startOf(coded, line) + from * b
  let at = Math.floor(start / 8)
  const skip = start - 8 * at
  let held = out.length === 0 ? 0 : coded.codes[at++] >>> skip
  let count = 8 - skip
  for (let i = 0; i < out.length; i++) {
    if (count < b) {
      held |= coded.codes[at++] << count
      count += 8
    }
    out[i] = held & mask
    held >>>= b
    count -= b
  }
  return out
}

/** Numbers from … from + out.length of a line, written into `out`, which is returned. */
export function lineValues(coded: CodedLines, line: number, out: Float64Array, from = 0): Float64Array {
  const codes = lineCodes(coded, line, new Uint8Array(out.length), from)
  const { offset, step } = affineOf(coded, line)
  if (coded.grid === 'codebook') for (let i = 0; i < out.length; i++) out[i] = step * coded.levels[codes[i]]
  else for (let i = 0; i < out.length; i++) out[i] = offset + step * codes[i]
  return out
}

/** Bits of codes, parameters and codebook, as stored (and one byte a line where lines differ in bits). */
export function bitsOfLines(coded: CodedLines): number {
  return (
    totalBits(coded.bits, coded.length) +
    32 * (coded.parameters.length + coded.levels.length) +
    (mixedBits(coded) ? 8 * coded.lines : 0)
  )
}

/** Whether lines differ in their bits. */
export function mixedBits({ bits }: CodedLines): boolean {
  return bits.some(b => b !== bits[0])
}

/** Σ bits·length. */
export function totalBits(bits: Uint8Array, length: number): number {
  return bits.reduce((sum, b) => sum + b, 0) * length
}

/** value = offset + step·c of a line; for codebooks `step` is the scale. Products of float32 and 9-bit numbers are exact in float64. */
function affineOf({ grid, shared, bits, parameters }: CodedLines, line: number): { offset: number; step: number } {
  const top = 2 ** bits[line] - 1
  const at = shared ? 0 : line * PARAMETERS[grid]
  switch (grid) {
    case 'integer':
      return { offset: -top, step: 2 }
    case 'symmetric':
      return { offset: -parameters[at] * top, step: 2 * parameters[at] }
    case 'affine':
      return { offset: parameters[at], step: parameters[at + 1] }
    case 'codebook':
      return { offset: 0, step: parameters[at] }
  }
}

/** First bit of a line. Sums over many lines are kept, since a line is asked for on its own. */
function startOf({ bits, length }: CodedLines, line: number): number {
  let sums = starts.get(bits)
  if (sums === undefined) {
    sums = new Float64Array(bits.length + 1)
    for (let k = 0; k < bits.length; k++) sums[k + 1] = sums[k] + bits[k]
    starts.set(bits, sums)
  }
  return sums[line] * length
}

const starts = new WeakMap<Uint8Array, Float64Array>()
