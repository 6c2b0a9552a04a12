/**
 * The workers: threads − 1 of them over the shared arena, started with the first job that is worth sharing.
 *
 * They help as they come: a job never waits for a worker to start, only for tasks that one has taken. In Node they do not
 * keep the process alive.
 * @module
 */
import type { Arena } from '../arena.ts'
import type { BackendName } from '../compute.ts'
import { type Job, SCRATCH } from '../operations.ts'
import { Board, boardBytes } from './board.ts'
import { workerSource } from './generated/worker.ts'
import type { BlasPaths } from './openblas.ts'
import type { WorkerData } from './worker.ts'

/** Workers that share jobs with the calling thread. */
export interface Pool {
  readonly workers: number
  /**
   * Runs all tasks of a job whose arrays lie in the arena; `work` does one task on the calling thread.
   *
   * @throws NotSolvedError (E_WORKER) when a worker was lost in the middle of a task; those left serve the next job.
   */
  share(job: Job, tasks: number, work: (task: number) => void): void
  /** Starts the workers and resolves when all are at work. */
  ready(): Promise<void>
  /** Tasks that workers have done so far. */
  helped(): number
  close(): void
}

/** What every worker is to run. */
export interface PoolOptions {
  readonly workers: number
  readonly backend: BackendName
  readonly module: WebAssembly.Module | undefined
  readonly blas: BlasPaths | undefined
  /** Bytes of one thread's kernel workspace. */
  readonly workspace: number
  /** What the workers run; default: the worker of this package. */
  readonly source?: string
}

interface Started {
  readonly ready: Promise<void>
  stop(): void
}

/** A pool over `home`, or undefined where threads cannot share memory or the arena has no room for them. */
export function createPool(home: Arena, options: PoolOptions): Pool | undefined {
  if (!home.shared || options.workers < 1) return undefined
  const at = home.allocate(boardBytes(options.workers))
  if (at === undefined) return undefined
  const board = new Board(home.memory, at, { workers: options.workers, isAlive })
  board.clear()
  let started: Started[] | undefined

  function start(): Started[] {
    const { workers, backend, module, blas, workspace, source = workerSource } = options
    const list: Started[] = []
    for (let i = 0; i < workers; i++) {
      const scratch = home.allocate(8 * SCRATCH)
      const work = home.allocate(workspace)
      if (scratch === undefined || work === undefined) break
      const place = { board: at as number, workers, place: i, scratch, work }
      list.push(startWorker({ backend, memory: home.memory, module, blas, ...place }, source))
    }
    return list
  }

  return {
    workers: options.workers,
    share(job, tasks, work) {
      started ??= start()
      board.share(job, tasks, work)
    },
    async ready() {
      started ??= start()
      await Promise.all(started.map(worker => worker.ready))
    },
    helped: () => board.helped(),
    // The memory of board and workers is not reused: a worker may still be on its way out.
    close() {
      board.dismiss()
      for (const worker of started ?? []) worker.stop()
      started = []
    },
  }
}

function startWorker(data: WorkerData, source: string): Started {
  const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
  if (node) {
    const worker = new node.Worker(source, { eval: true, workerData: data, execArgv: [] })
    worker.unref()
    const ready = new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve())
      worker.once('error', reject)
    })
    // A worker that cannot start only means less help; whoever awaits `ready` learns why.
    ready.catch(() => {})
    return { ready, stop: () => void worker.terminate() }
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const worker = new Worker(url)
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve()
    worker.onerror = event => reject(new Error(event.message))
  })
  ready.catch(() => {})
  worker.postMessage(data)
  return { ready, stop: () => worker.terminate() }
}

/** Whether a thread of this process still exists, as Linux tells. */
function isAlive(thread: number): boolean {
  return globalThis.process?.getBuiltinModule?.('node:fs').existsSync(`/proc/self/task/${thread}`) ?? true
}

/** Processors that this machine has for us. */
export function processors(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os')
  return os ? os.availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1)
}
