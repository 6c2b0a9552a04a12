/**
 * Direct quantization with bits where they help: every row (or column) of a matrix gets 0 to 8 bits a code, on an affine grid of its own.
 *
 * The error of each line at each number of bits is measured, with the better of two grids (its whole range; mean ± c_B standard deviations). For a
 * price λ a bit every line takes the bits with the least error + λ·bits; λ is found by bisection such that all fits the budget. That is the best
 * choice among those on the convex hull of error against bits. A line of one value needs no bits.
 *
 * Source: the Lagrangian method of Y. Shoham, A. Gersho, Efficient bit allocation for an arbitrary set of quantizers, 1988.
 * @module
 */
import { type CodedLines, packCodes } from './codedLines.ts'
import { storedGrid } from './codeLines.ts'
import { nearestCodes, type UniformGrid, uniformGrid } from './quantizer.ts'

const MOST_BITS = 8
const BISECTIONS = 60
/** Two float32 parameters, and a byte for the number of bits. */
const LINE_BITS = 64 + 8

/** Codes lines within `total` bits, parameters included; null when not even the parameters fit. Cost 18 passes over the numbers. */
export function gradedLines(lines: readonly Float64Array[], total: number): CodedLines | null {
  const length = lines[0].length
  const rest = total - LINE_BITS * lines.length
  if (rest < 0) return null
  const choices = lines.map(line => Array.from({ length: MOST_BITS + 1 }, (_, bits) => gridOf(line, bits)))
  const chosenAt = (price: number) =>
    choices.map(each => {
      let best = 0
      for (let b = 1; b <= MOST_BITS; b++)
        if (each[b].error + price * b * length < each[best].error + price * best * length) best = b
      return best
    })
  const costOf = (bits: readonly number[]) => bits.reduce((sum, b) => sum + b, 0) * length
  // Prices on a logarithmic scale; at the highest every line has no bits.
  let [low, high] = [-120, Math.log2(1 + Math.max(...choices.map(each => each[0].error)))]
  let bits = chosenAt(0)
  if (costOf(bits) > rest) {
    bits = chosenAt(Infinity)
    for (let step = 0; step < BISECTIONS; step++) {
      const middle = (low + high) / 2
      const tried = chosenAt(2 ** middle)
      if (costOf(tried) <= rest) {
        bits = tried
        high = middle
      } else low = middle
    }
  }
  const codes = new Uint8Array(lines.length * length)
  const parameters = new Float32Array(2 * lines.length)
  lines.forEach((line, k) => {
    const { grid } = choices[k][bits[k]]
    parameters.set([grid.offset, grid.step], 2 * k)
    codes.set(nearestCodes(line, grid), k * length)
  })
  const each = Uint8Array.from(bits)
  return {
    ...{ lines: lines.length, length, grid: 'affine', shared: false, bits: each },
    ...{ parameters, levels: new Float32Array(0), codes: packCodes(codes, each, length) },
  }
}

/** The better of two affine grids, with its squared error. */
function gridOf(line: Float64Array, bits: number): { readonly grid: UniformGrid; readonly error: number } {
  const mean = line.reduce((sum, v) => sum + v, 0) / line.length
  const flat = { grid: { bits: 0, offset: Math.fround(mean), step: 0 }, error: 0 }
  if (bits === 0) return { ...flat, error: errorOf(line, flat.grid) }
  const whole = storedGrid(uniformGrid(line, bits, 'min-max'), 'affine')
  const centred = uniformGrid(
    line.map(v => v - mean),
    bits,
    'clip',
  )
  const clipped = storedGrid({ ...centred, offset: centred.offset + mean }, 'affine')
  const [a, b] = [whole, clipped].map(grid => ({ grid, error: errorOf(line, grid) }))
  return a.error <= b.error ? a : b
}

function errorOf(line: Float64Array, grid: UniformGrid): number {
  const codes = nearestCodes(line, grid)
  let sum = 0
  for (let i = 0; i < line.length; i++) sum += (line[i] - (grid.offset + grid.step * codes[i])) ** 2
  return sum
}
