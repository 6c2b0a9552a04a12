/**
 * Staging: gives WebAssembly a piece of an array that lies outside its memory.
 * @module
 */

/** The memory of an arena, as far as a thread must know it. */
export interface WasmMemory {
  readonly memory: WebAssembly.Memory
  owns(buffer: ArrayBufferLike): boolean
}

type Numbers = Float64Array | Float32Array | Uint32Array | Int32Array

/** Where a piece is to be found: byte offset and entries from row to row. */
export interface Piece {
  readonly at: number
  readonly ld: number
}

/** Numbers that fit at once: four tiles of 256 × 256. */
export const STAGE_NUMBERS: number = 4 * 256 * 256
export const STAGE_BYTES: number = 8 * STAGE_NUMBERS

/** One thread's staging room: `begin`, any pieces, the kernel, `end` (which copies back what was written). */
export class Stage {
  readonly #memory: WasmMemory
  readonly #start: number
  #next = 0
  #back: (() => void)[] = []

  constructor(memory: WasmMemory, start: number) {
    this.#memory = memory
    this.#start = start
  }

  /** Whether all arrays lie in the memory and need no staging. */
  holds(...arrays: readonly Numbers[]): boolean {
    for (const array of arrays) if (!this.#memory.owns(array.buffer)) return false
    return true
  }

  begin(): void {
    this.#next = this.#start
  }

  /** Rows × cols entries of `array` beginning at `from`; `write` pieces are not read first. */
  matrix(
    array: Numbers,
    from: number,
    rows: number,
    cols: number,
    ld: number,
    mode: 'read' | 'update' | 'write' = 'read',
  ): Piece {
    if (this.#memory.owns(array.buffer)) return { at: array.byteOffset + from * array.BYTES_PER_ELEMENT, ld }
    const at = this.#next
    this.#next += Math.ceil((rows * cols * array.BYTES_PER_ELEMENT) / 16) * 16
    if (this.#next > this.#start + STAGE_BYTES) throw new RangeError(`Stage: ${rows} × ${cols} entries do not fit.`)
    const Type = array.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => Numbers
    const piece = new Type(this.#memory.memory.buffer, at, rows * cols)
    if (mode !== 'write')
      for (let i = 0; i < rows; i++) piece.set(array.subarray(from + i * ld, from + i * ld + cols), i * cols)
    if (mode !== 'read')
      this.#back.push(() => {
        for (let i = 0; i < rows; i++) array.set(piece.subarray(i * cols, (i + 1) * cols), from + i * ld)
      })
    return { at, ld: cols }
  }

  end(): void {
    if (this.#back.length === 0) return
    for (const copy of this.#back) copy()
    this.#back = []
  }
}
