/**
 * From vectors to coded lines: a grid for each line or one for all, and the nearest (or dithered) code of every number.
 *
 * Parameters are rounded to float32 before codes are chosen, so that what is decoded is what was weighed.
 * @module
 */
import { fitCodebook, nearestLevel } from './codebook.ts'
import { type CodedLines, type GridKind, packCodes } from './codedLines.ts'
import { ditheredCodes, type GridRule, nearestCodes, type UniformGrid, uniformGrid } from './quantizer.ts'

/** How lines are coded. */
export interface CodeOptions {
  readonly bits: number
  /** Default 'clip'. */
  readonly grid?: GridRule | 'codebook'
  /** One grid for all lines; default: one each. */
  readonly shared?: boolean
  /** Round at random with this seed, so that every decoded number is right on average; only with min-max and abs-max. */
  readonly dither?: number
}

/** Codes equally long lines. Cost a few passes over the numbers. */
export function codeLines(lines: readonly Float64Array[], options: CodeOptions): CodedLines {
  const { bits, grid = 'clip', shared = false } = options
  const length = lines[0]?.length ?? 0
  return grid === 'codebook'
    ? byCodebook(lines, { bits, shared, length })
    : byGrid(lines, { ...options, grid, shared, length })
}

/** A grid with its parameters as they are stored. */
export function storedGrid(grid: UniformGrid, kind: 'affine' | 'symmetric'): UniformGrid {
  const top = 2 ** grid.bits - 1
  if (kind === 'symmetric') {
    const half = Math.fround(grid.step / 2)
    return { bits: grid.bits, offset: -half * top, step: 2 * half }
  }
  return { bits: grid.bits, offset: Math.fround(grid.offset), step: Math.fround(grid.step) }
}

interface Shape {
  readonly bits: number
  readonly shared: boolean
  readonly length: number
}

function byGrid(
  lines: readonly Float64Array[],
  { bits, grid, shared, length, dither }: Shape & CodeOptions & { grid: GridRule },
): CodedLines {
  const kind: GridKind = grid === 'min-max' ? 'affine' : 'symmetric'
  const laid = (x: Float64Array) => storedGrid(uniformGrid(x, bits, grid), kind)
  const common = shared ? laid(joined(lines, length)) : null
  const codes = new Uint8Array(lines.length * length)
  const parameters: number[] = []
  const keep = ({ offset, step }: UniformGrid) => parameters.push(...(kind === 'affine' ? [offset, step] : [step / 2]))
  if (common !== null) keep(common)
  lines.forEach((line, k) => {
    const own = common ?? laid(line)
    if (common === null) keep(own)
    const from = k * length
    codes.set(dither === undefined ? nearestCodes(line, own) : ditheredCodes(line, own, { seed: dither, from }), from)
  })
  return coded(lines.length, length, kind, shared, bits, parameters, [], codes)
}

function byCodebook(lines: readonly Float64Array[], { bits, shared, length }: Shape): CodedLines {
  // Lines of one scale share a table as they are; else each is divided by its root mean square.
  const scales = shared
    ? [1]
    : lines.map(line => Math.fround(Math.sqrt(line.reduce((sum, v) => sum + v * v, 0) / length)))
  const scaleOf = (k: number) => scales[shared ? 0 : k] || 1
  const unit = joined(lines, length)
  for (let k = 0, at = 0; k < lines.length; k++) for (let i = 0; i < length; i++) unit[at++] /= scaleOf(k)
  const levels = Float32Array.from(fitCodebook(unit, bits))
  const codes = Uint8Array.from(unit, v => nearestLevel(levels, v))
  return coded(lines.length, length, 'codebook', shared, bits, scales, levels, codes)
}

function coded(
  lines: number,
  length: number,
  grid: GridKind,
  shared: boolean,
  bits: number,
  parameters: ArrayLike<number>,
  levels: ArrayLike<number>,
  codes: Uint8Array,
): CodedLines {
  const each = new Uint8Array(lines).fill(bits)
  return {
    lines,
    length,
    grid,
    shared,
    bits: each,
    parameters: Float32Array.from(parameters),
    levels: Float32Array.from(levels),
    codes: packCodes(codes, each, length),
  }
}

function joined(lines: readonly Float64Array[], length: number): Float64Array {
  const all = new Float64Array(lines.length * length)
  for (let k = 0; k < lines.length; k++) all.set(lines[k], k * length)
  return all
}
