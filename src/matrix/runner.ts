/**
 * Runs jobs: alone when small, with the workers when large.
 * @module
 */
import { createRegion } from './arena.ts'
import type { Backend } from './backends/load.ts'
import { createPool, type Pool } from './backends/pool.ts'
import type { Region } from './compute.ts'
import { type Job, operations, SCRATCH } from './operations.ts'

/** Work below which waking a worker costs more than it saves, in floating-point operations. */
const SHARED_WORK = 4e6
/** Copying a number into the arena must be outweighed by this many operations on it. */
const WORK_PER_COPY = 100

/** One thread's tasks, and the workers'. */
export interface Runner {
  run(job: Job): void
  readonly pool: Pool | undefined
  close(): void
}

/** A runner on `threads` threads, the calling one included. */
export function createRunner(backend: Backend, threads: number): Runner {
  const { kernels, home, module, blas, workspace } = backend
  const scratch = createRegion(home).float64(SCRATCH)
  const pool =
    home &&
    createPool(home, {
      workers: threads - 1,
      backend: kernels.name,
      module: module?.module,
      blas: blas?.paths,
      workspace,
    })

  /** The job with all arrays in the arena, or undefined when copying them would not pay or there is no room. */
  function placed(job: Job, region: Region): Job | undefined {
    if (!home) return undefined
    const outside = job.arrays.filter(array => !home.owns(array.buffer))
    if (outside.length === 0) return job
    const copies = outside.reduce((sum, array) => sum + array.length, 0)
    if (operations[job.operation].flops(job.numbers) < WORK_PER_COPY * copies) return undefined
    const arrays = job.arrays.map(array => {
      if (home.owns(array.buffer)) return array
      const copy = array instanceof Float64Array ? region.float64(array.length) : region.uint32(array.length)
      copy.set(array)
      return copy
    })
    return arrays.every(array => home.owns(array.buffer)) ? { ...job, arrays } : undefined
  }

  return {
    pool,
    run(job) {
      const operation = operations[job.operation]
      const tasks = operation.tasks(job.numbers)
      if (pool && tasks > 1 && operation.flops(job.numbers) >= SHARED_WORK) {
        const region = createRegion(home)
        try {
          const here = placed(job, region)
          if (here) {
            pool.share(here, tasks, task => operation.run(task, here, kernels, scratch))
            for (const index of operation.writes)
              if (here.arrays[index] !== job.arrays[index]) job.arrays[index].set(here.arrays[index])
            return
          }
        } finally {
          region.dispose()
        }
      }
      for (let task = 0; task < tasks; task++) operation.run(task, job, kernels, scratch)
    },
    // The calling thread's memory stays: whoever still holds the Compute may go on with it, alone.
    close: () => pool?.close(),
  }
}
