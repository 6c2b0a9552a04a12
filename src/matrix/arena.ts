/**
 * The arena: one `WebAssembly.Memory` in which matrices live, so that WebAssembly kernels, the FFI and the workers all
 * see the same bytes without copying.
 *
 * Shared where the platform allows it; a shared memory grows on demand and its old views stay alive. An unshared one
 * never grows, since growing would detach every view handed out; its size is fixed when it is made. When the arena is
 * full (4 GiB at most) a region hands out plain buffers, which the kernels stage.
 * @module
 */
import type { Region } from './compute.ts'
import { type Masks, maskStride } from './masks.ts'

const PAGE = 65536
/** Every block starts at a cache line. */
const ALIGN = 64

/** An allocator over one memory. */
export interface Arena {
  readonly memory: WebAssembly.Memory
  readonly shared: boolean
  /** Whether an array's buffer is this memory (also after growth, when older views keep their older buffer object). */
  owns(buffer: ArrayBufferLike): boolean
  /** Byte offset of a free block, or undefined when the arena is full. Contents are whatever was there. */
  allocate(bytes: number): number | undefined
  free(offset: number): void
  /** Bytes in use. */
  used(): number
}

/** Sizes in bytes. */
export interface ArenaOptions {
  /** Default: whether the platform lets memory be shared. */
  readonly shared?: boolean
  /** Size at the start. Default 16 MiB when shared, `maximum` otherwise. */
  readonly initial?: number
  /** Default 4 GiB when shared, 1 GiB otherwise (only touched pages cost memory). */
  readonly maximum?: number
}

/**
 * Makes an arena. When the address space asked for is refused, half of it is tried, down to 64 MiB.
 *
 * @throws RangeError when not even that can be had.
 */
export function createArena(options: ArenaOptions = {}): Arena {
  const shared = options.shared ?? canShare()
  const maximum = options.maximum ?? (shared ? 65536 * PAGE : 16384 * PAGE)
  const memory = reserve(shared, options.initial ?? (shared ? 256 * PAGE : maximum), maximum)
  const buffers = new WeakSet<ArrayBufferLike>([memory.buffer])
  const taken = new Map<number, number>()
  // Free blocks by address, never touching each other. The first page belongs to the module's constants.
  const free: { at: number; size: number }[] = [{ at: PAGE, size: memory.buffer.byteLength - PAGE }]
  let used = 0

  function release(at: number, size: number): void {
    let low = 0
    let high = free.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (free[middle].at < at) low = middle + 1
      else high = middle
    }
    const before = free[low - 1]
    const after = free[low]
    const joinsBefore = before !== undefined && before.at + before.size === at
    const joinsAfter = after !== undefined && at + size === after.at
    if (joinsBefore) before.size += size
    if (joinsAfter) {
      if (joinsBefore) before.size += after.size
      else Object.assign(after, { at, size: size + after.size })
      if (joinsBefore) free.splice(low, 1)
    } else if (!joinsBefore) free.splice(low, 0, { at, size })
  }

  function grow(bytes: number): boolean {
    const size = memory.buffer.byteLength
    const wanted = Math.min(maximum, Math.max(size + bytes, 2 * size))
    if (!shared || wanted < size + bytes) return false
    try {
      memory.grow(Math.ceil((wanted - size) / PAGE))
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
    buffers.add(memory.buffer)
    release(size, memory.buffer.byteLength - size)
    return true
  }

  function allocate(bytes: number): number | undefined {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN)
    const index = free.findIndex(block => block.size >= size)
    if (index < 0) return grow(size) ? allocate(bytes) : undefined
    const block = free[index]
    const at = block.at
    block.at += size
    block.size -= size
    if (block.size === 0) free.splice(index, 1)
    taken.set(at, size)
    used += size
    return at
  }

  return {
    memory,
    shared,
    owns: buffer => buffers.has(buffer),
    allocate,
    free(offset) {
      const size = taken.get(offset)
      if (size === undefined) return
      taken.delete(offset)
      used -= size
      release(offset, size)
    },
    used: () => used,
  }
}

let single: Arena | undefined

/** The one arena of this process, made when first asked for. */
export function arena(): Arena {
  single ??= createArena()
  return single
}

/** Memory can be shared in Node, and in a browser whose page is cross-origin isolated. */
export function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false
}

function reserve(shared: boolean, initial: number, maximum: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(initial / PAGE), maximum: Math.ceil(maximum / PAGE), shared })
  } catch (error) {
    if (!(error instanceof RangeError) || maximum <= 1024 * PAGE) throw error
    return reserve(shared, Math.min(initial, maximum / 2), maximum / 2)
  }
}

/** A region of an arena (of plain buffers without one): zeroed arrays that are given back together. */
export function createRegion(home: Arena | undefined): Region {
  const blocks: number[] = []
  function place(bytes: number, blank = true): { buffer: ArrayBufferLike; offset: number } {
    const offset = home?.allocate(bytes)
    if (home === undefined || offset === undefined)
      return { buffer: home?.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), offset: 0 }
    blocks.push(offset)
    if (blank) new Uint8Array(home.memory.buffer, offset, bytes).fill(0)
    return { buffer: home.memory.buffer, offset }
  }
  const float64 = (length: number): Float64Array => {
    const { buffer, offset } = place(8 * length)
    return new Float64Array(buffer, offset, length)
  }
  const uint32 = (length: number): Uint32Array => {
    const { buffer, offset } = place(4 * length)
    return new Uint32Array(buffer, offset, length)
  }
  return {
    float64,
    uint32,
    float32(length) {
      const { buffer, offset } = place(4 * length)
      return new Float32Array(buffer, offset, length)
    },
    int32(length) {
      const { buffer, offset } = place(4 * length)
      return new Int32Array(buffer, offset, length)
    },
    own(source) {
      if (home?.owns(source.buffer)) return source
      // Written over at once: no zeros first.
      const { buffer, offset } = place(8 * source.length, false)
      const copy = new Float64Array(buffer, offset, source.length)
      copy.set(source)
      return copy
    },
    ownMasks(m: Masks) {
      if (home?.owns(m.words.buffer)) return m
      const words = uint32(m.patterns * maskStride(m.samples))
      words.set(m.words)
      return { ...m, words }
    },
    dispose() {
      for (const block of blocks.splice(0)) home?.free(block)
    },
  }
}
