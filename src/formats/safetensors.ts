/**
 * Safetensors: named arrays in one file, with no code in it.
 *
 *   length of the header (u64, little-endian) | header: JSON { name: { dtype, shape, data_offsets: [from, to] }, "__metadata__": texts } | data
 *
 * Written: float64 in C order, the header padded with spaces so that data begin at a multiple of 8. Read: F64 and F32, as
 * float64. Nothing is reserved before all lengths are seen to fit: each tensor has the bytes that its shape needs, and the tensors
 * fill the data without holes or overlaps, as the format asks.
 * Source: Hugging Face, "Safetensors", format description.
 * @module
 */
import { z } from 'zod'
import { FormatError, ShapeError } from '../errors.ts'

/** An array of any number of axes, in C order, as float64. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

const MOST_HEADER = 1 << 24
const BYTES = { F64: 8, F32: 4 } as const
const count = z.int().nonnegative()
const entry = z.object({
  dtype: z.string(),
  shape: z.array(count).max(32),
  data_offsets: z.tuple([count, count]),
})
const METADATA = '__metadata__'

/**
 * The bytes of a file of float64 tensors, in the order given.
 *
 * @throws ShapeError when shape and data do not fit.
 */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  let at = 0
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const needed = shape.reduce((product, axis) => product * axis, 1)
    if (needed !== data.length || name === METADATA)
      throw new ShapeError(
        `safetensors: "${name}" of shape ${shape.join(' × ')} needs ${needed} numbers; got ${data.length}. Correct its shape.`,
      )
    const from = at
    at += 8 * data.length
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F64', shape, data_offsets: [from, at] })}`
  })
  const text = new TextEncoder().encode(`{${entries.join(',')}}`)
  const start = 8 + 8 * Math.ceil(text.length / 8)
  const out = new Uint8Array(start + at).fill(0x20, 8, start)
  const view = new DataView(out.buffer)
  view.setBigUint64(0, BigInt(start - 8), true)
  out.set(text, 8)
  let next = start
  for (const { data } of tensors.values())
    for (let i = 0; i < data.length; i++, next += 8) view.setFloat64(next, data[i], true)
  return out
}

/**
 * Reads the bytes of a safetensors file.
 *
 * @throws FormatError for a foreign, damaged, cut or overlong file, or an element type other than F64 and F32.
 */
export function readSafetensors(bytes: Uint8Array, source = 'the file'): Map<string, Tensor> {
  const bad = (what: string, todo = 'Copy it again, or write it again.') =>
    new FormatError(`safetensors: ${source} ${what}. ${todo}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 10) throw bad('is too short to be a safetensors file')
  const length = view.getBigUint64(0, true)
  if (length > BigInt(Math.min(bytes.length - 8, MOST_HEADER)))
    throw bad(`has a header of ${length} bytes, more than the file holds or than is read`)
  const start = 8 + Number(length)
  const size = bytes.length - start
  const tensors: { name: string; dtype: keyof typeof BYTES; shape: number[]; from: number; to: number }[] = []
  for (const [name, described] of headerOf(bytes.subarray(8, start), bad)) {
    if (name === METADATA) continue
    const parsed = entry.safeParse(described)
    if (!parsed.success) throw bad(`does not say what "${name}" is`)
    const { dtype, shape } = parsed.data
    const [from, to] = parsed.data.data_offsets
    if (dtype !== 'F64' && dtype !== 'F32')
      throw bad(`holds "${name}" as ${dtype}; F64 and F32 are read`, 'Convert it to float64.')
    const needed = shape.reduce((product, axis) => product * axis, BYTES[dtype])
    if (!Number.isSafeInteger(needed) || to - from !== needed || to > size)
      throw bad(
        `must hold ${needed} bytes for "${name}" of shape (${shape.join(', ')}); its place is ${from} to ${to} of ${size}`,
      )
    tensors.push({ name, dtype, shape, from, to })
  }
  let filled = 0
  for (const { name, from, to } of [...tensors].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== filled)
      throw bad(`must hold its tensors one after the other; "${name}" begins at ${from}, not ${filled}`)
    filled = to
  }
  if (filled !== size) throw bad(`has ${size - filled} bytes that belong to no tensor`)
  return new Map(
    tensors.map(({ name, dtype, shape, from, to }) => {
      const data = new Float64Array((to - from) / BYTES[dtype])
      for (let i = 0; i < data.length; i++)
        data[i] =
          dtype === 'F64' ? view.getFloat64(start + from + 8 * i, true) : view.getFloat32(start + from + 4 * i, true)
      return [name, { shape, data }]
    }),
  )
}

function headerOf(bytes: Uint8Array, bad: (what: string) => FormatError): [string, unknown][] {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return Object.entries(header)
  } catch {}
  throw bad('has a header that is no JSON object')
}
