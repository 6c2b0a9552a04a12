/**
 * A worker: the same kernels over the same memory, taking tasks from the board. Bundled by tools/build-kernels.ts into
 * one self-contained text, so that it starts from source, from dist and from any bundler without a file of its own.
 * @module
 */
import type { BackendName, Kernels } from '../compute.ts'
import { operations, SCRATCH } from '../operations.ts'
import { Board } from './board.ts'
import { jsKernels } from './js.ts'
import { type BlasPaths, loadOpenblas, openblasKernels } from './openblas.ts'
import { warmUp, wasmKernels } from './wasm.ts'
import { instantiateKernels } from './wasmModule.ts'

/** What a worker is started with; offsets are bytes into the memory. */
export interface WorkerData {
  readonly backend: BackendName
  readonly memory: WebAssembly.Memory
  readonly module: WebAssembly.Module | undefined
  readonly blas: BlasPaths | undefined
  readonly board: number
  /** Workers at the board, and which of them this is. */
  readonly workers: number
  readonly place: number
  readonly scratch: number
  readonly work: number
}

function serve(data: WorkerData, ready: () => void): void {
  const kernels = kernelsOf(data)
  const scratch = new Float64Array(data.memory.buffer, data.scratch, SCRATCH)
  ready()
  const { place, workers } = data
  new Board(data.memory, data.board, { workers }).serve(
    (task, job) => operations[job.operation].run(task, job, kernels, scratch),
    { place, thread: threadNumber() },
  )
}

/** This thread's number at the operating system, 0 where it cannot be told (it can on Linux). */
function threadNumber(): number {
  try {
    const fs = globalThis.process?.getBuiltinModule?.('node:fs')
    return Number(fs?.readlinkSync('/proc/thread-self').split('/').at(-1) ?? 0) || 0
  } catch {
    return 0
  }
}

function kernelsOf({ backend, memory, module, blas, work, scratch }: WorkerData): Kernels {
  if (backend === 'js' || !module) return jsKernels
  // Whatever buffer object an array came with, in a worker it is a view on this memory or the worker's own.
  const owns = (buffer: ArrayBufferLike) => buffer instanceof SharedArrayBuffer
  const embedded = wasmKernels(instantiateKernels(module, memory), { memory, owns }, work)
  warmUp(embedded, new Float64Array(memory.buffer, scratch, 20000))
  return blas ? openblasKernels(loadOpenblas(blas), embedded) : embedded
}

const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
if (node?.parentPort) serve(node.workerData as WorkerData, () => node.parentPort?.postMessage('ready'))
else
  globalThis.onmessage = (event: MessageEvent) => {
    serve(event.data as WorkerData, () => globalThis.postMessage('ready'))
    globalThis.close()
  }
