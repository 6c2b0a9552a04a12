/**
 * The notice board: a few words of shared memory on which the calling thread posts a job and the workers take tasks.
 *
 * The state counts up: odd is closed, even is open. A worker counts itself in, looks at the state *again*, and only then
 * takes tasks; the caller closes the job and waits until nobody is counted in before it posts the next. So no worker can
 * mistake a new job for the one it woke up for.
 *
 * A thread can be ended from outside in the middle of a task (memory, a native fault caught by its host, terminate()), and a
 * caller that sleeps hears no event of it. Each worker therefore has a place of its own: whether it is counted in, and its number
 * at the operating system. A caller that has waited for a while asks whether the threads counted in still exist; the task of
 * one that does not is lost, which is an error. Tasks may add to what they write, so none is done twice.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import type { Job, Operand, OperationName } from '../operations.ts'
import { operations } from '../operations.ts'

const [STATE, NEXT, TOTAL, DONE, FAILED, QUIT, TEXT, OPERATION, NUMBERS, ARRAYS, HELPED] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
]
const [NUMBERS_AT, ARRAYS_AT, TEXT_AT, TEXT_LENGTH, WORKERS_AT] = [128, 256, 512, 500, 1536]
/** Words of one worker's place. */
const [BUSY, THREAD, PLACE] = [0, 1, 2]
const names = Object.keys(operations) as OperationName[]
/** Milliseconds that a caller sleeps before it looks after the workers. */
const PATIENCE = 50
/** Naps without any change after which a worker whose number is not known counts as lost: ten minutes; a task takes seconds. */
const MOST_NAPS = 12_000

/** Bytes that the board of so many workers takes. */
export function boardBytes(workers: number): number {
  return WORKERS_AT + 8 * Math.ceil((4 * PLACE * workers) / 8)
}

/** Who is at a board. */
export interface BoardOptions {
  readonly workers: number
  /** For the caller: whether the thread of that number at the operating system still exists. */
  readonly isAlive?: (thread: number) => boolean
}

/** One board in a shared memory; every thread has its own object over the same bytes. */
export class Board {
  readonly #memory: WebAssembly.Memory
  readonly #words: Int32Array
  readonly #numbers: Float64Array
  readonly #arrays: Float64Array
  readonly #text: Uint16Array
  readonly #places: Int32Array
  readonly #isAlive: (thread: number) => boolean
  /** Whether this thread may sleep (a page's own thread may not). */
  readonly #sleeps: boolean

  constructor(memory: WebAssembly.Memory, offset: number, options: BoardOptions) {
    this.#memory = memory
    this.#words = new Int32Array(memory.buffer, offset, 16)
    this.#numbers = new Float64Array(memory.buffer, offset + NUMBERS_AT, 16)
    this.#arrays = new Float64Array(memory.buffer, offset + ARRAYS_AT, 32)
    this.#text = new Uint16Array(memory.buffer, offset + TEXT_AT, TEXT_LENGTH)
    this.#places = new Int32Array(memory.buffer, offset + WORKERS_AT, PLACE * options.workers)
    this.#isAlive = options.isAlive ?? (() => true)
    this.#sleeps = maySleep()
  }

  /** For the caller: an empty, closed board. */
  clear(): void {
    this.#words.fill(0)
    this.#places.fill(0)
    this.#words[STATE] = 1
  }

  /**
   * For the caller: posts `job`, whose arrays all lie in the memory, takes part with `work`, and returns when all is done.
   *
   * @throws NotSolvedError (E_WORKER) when a worker's thread ended in the middle of a task.
   */
  share(job: Job, tasks: number, work: (task: number) => void): void {
    const words = this.#words
    words[OPERATION] = names.indexOf(job.operation)
    words[NUMBERS] = job.numbers.length
    words[ARRAYS] = job.arrays.length
    this.#numbers.set(job.numbers)
    job.arrays.forEach((array, i) => {
      this.#arrays.set([array instanceof Float64Array ? 1 : 0, array.byteOffset, array.length], 3 * i)
    })
    words[FAILED] = 0
    Atomics.store(words, NEXT, 0)
    Atomics.store(words, TOTAL, tasks)
    Atomics.store(words, DONE, 0)
    Atomics.add(words, STATE, 1)
    Atomics.notify(words, STATE)
    try {
      for (let task = Atomics.add(words, NEXT, 1); task < tasks; task = Atomics.add(words, NEXT, 1)) {
        work(task)
        Atomics.add(words, DONE, 1)
      }
      while (Atomics.load(words, DONE) < tasks) {
        const done = Atomics.load(words, DONE)
        if (done < tasks && !this.#await(words, DONE, done)) break
      }
    } finally {
      Atomics.store(words, NEXT, tasks)
      Atomics.add(words, STATE, 1)
      for (let at = 0; at < this.#places.length; at += PLACE)
        while (Atomics.load(this.#places, at + BUSY) === 1) this.#await(this.#places, at + BUSY, 1)
    }
    if (words[FAILED] === 1) throw new Error(`worker: ${this.#message()}`)
    if (Atomics.load(words, DONE) < tasks)
      throw new NotSolvedError(
        `worker: a thread must end what it began; one was lost in the middle of ${job.operation}, perhaps for want of memory. Run it again, with fewer threads if it is lost again.`,
        'E_WORKER',
      )
  }

  /** For the caller: lets the workers go. */
  dismiss(): void {
    Atomics.store(this.#words, QUIT, 1)
    Atomics.add(this.#words, STATE, 2)
    Atomics.notify(this.#words, STATE)
  }

  /** Tasks that workers have done since the board was cleared. */
  helped(): number {
    return Atomics.load(this.#words, HELPED)
  }

  /** For a worker: serves jobs until dismissed, at a place of its own; `thread` is its number at the operating system, 0 if unknown. */
  serve(run: (task: number, job: Job) => void, options: { readonly place: number; readonly thread: number }): void {
    const words = this.#words
    const busy = PLACE * options.place + BUSY
    this.#places[PLACE * options.place + THREAD] = options.thread
    for (;;) {
      const seen = Atomics.load(words, STATE)
      if (Atomics.load(words, QUIT) === 1) return
      if (seen % 2 !== 0) {
        // A solver posts the next job within microseconds; sleeping and waking up takes tens of them.
        for (let spin = 0; spin < 4000 && Atomics.load(words, STATE) === seen; spin++);
        if (Atomics.load(words, STATE) === seen) Atomics.wait(words, STATE, seen)
        continue
      }
      Atomics.store(this.#places, busy, 1)
      if (Atomics.load(words, STATE) % 2 === 0) this.#takeTasks(run)
      Atomics.store(this.#places, busy, 0)
      Atomics.notify(this.#places, busy)
      for (let spin = 0; Atomics.load(words, STATE) === seen && spin < 4000; spin++);
      if (Atomics.load(words, STATE) === seen) Atomics.wait(words, STATE, seen)
    }
  }

  #takeTasks(run: (task: number, job: Job) => void): void {
    const words = this.#words
    const total = Atomics.load(words, TOTAL)
    let job: Job | undefined
    for (let task = Atomics.add(words, NEXT, 1); task < total; task = Atomics.add(words, NEXT, 1)) {
      try {
        job ??= this.#read()
        run(task, job)
      } catch (error) {
        this.#fail(error)
      }
      Atomics.add(words, HELPED, 1)
      Atomics.add(words, DONE, 1)
      Atomics.notify(words, DONE)
    }
  }

  #read(): Job {
    const words = this.#words
    // The caller may have grown the memory; growing by nothing makes this thread see it.
    const arrays: Operand[] = []
    for (let i = 0; i < words[ARRAYS]; i++) {
      const [real, at, length] = this.#arrays.subarray(3 * i, 3 * i + 3)
      if (at + length * (real === 1 ? 8 : 4) > this.#memory.buffer.byteLength) this.#memory.grow(0)
      const { buffer } = this.#memory
      arrays.push(real === 1 ? new Float64Array(buffer, at, length) : new Uint32Array(buffer, at, length))
    }
    return { operation: names[words[OPERATION]], numbers: [...this.#numbers.subarray(0, words[NUMBERS])], arrays }
  }

  #fail(error: unknown): void {
    const message = String(error instanceof Error ? error.message : error).slice(0, TEXT_LENGTH)
    for (let i = 0; i < message.length; i++) this.#text[i] = message.charCodeAt(i)
    this.#words[TEXT] = message.length
    Atomics.store(this.#words, FAILED, 1)
  }

  #message(): string {
    return String.fromCharCode(...this.#text.subarray(0, this.#words[TEXT]))
  }

  /** Waits until `words[index]` is no longer `value`; false when a worker was lost meanwhile, whose place is then free. */
  #await(words: Int32Array, index: number, value: number): boolean {
    for (let spin = 0; spin < 200; spin++) if (Atomics.load(words, index) !== value) return true
    if (!this.#sleeps) return true
    for (let naps = 1; Atomics.wait(words, index, value, PATIENCE) === 'timed-out'; naps++)
      if (this.#clearLost(naps)) return false
    return true
  }

  /** Frees the places of workers that are counted in and no longer there. */
  #clearLost(naps: number): boolean {
    let lost = false
    for (let at = 0; at < this.#places.length; at += PLACE) {
      const thread = this.#places[at + THREAD]
      const gone = thread === 0 ? naps >= MOST_NAPS : !this.#isAlive(thread)
      if (Atomics.load(this.#places, at + BUSY) !== 1 || !gone) continue
      Atomics.store(this.#places, at + BUSY, 0)
      lost = true
    }
    return lost
  }
}

function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)
    return true
  } catch {
    return false
  }
}
