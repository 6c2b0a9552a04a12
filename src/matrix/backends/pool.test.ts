/**
 * Threads that end in the middle of a task: an error for the caller, at once, and the next job is done by those who are left.
 */
import { expect, test } from 'vitest'
import { NotSolvedError } from '../../errors.ts'
import { createRegion } from '../arena.ts'
import { operations, SCRATCH } from '../operations.ts'
import { workerSource } from './generated/worker.ts'
import { loadBackend } from './load.ts'
import { createPool } from './pool.ts'

const { kernels, home, module, workspace } = loadBackend('wasm')
const common = { backend: 'wasm' as const, module: module?.module, blas: undefined, workspace }
/** NEXT of the board: the word from which tasks are taken. */
const NEXT = 1

/** A worker whose thread ends at once after it took its `k`-th task, in one of `workers`. */
const dying = (k: number, places: readonly number[]) => `{
  const { workerData } = require('node:worker_threads')
  const add = Atomics.add
  let taken = 0
  Atomics.add = (words, index, value) => {
    const before = add(words, index, value)
    if (index === ${NEXT} && value === 1 && words.byteOffset === workerData.board && ++taken === ${k} && ${JSON.stringify(places)}.includes(workerData.place)) process.exit(1)
    return before
  }
}
${workerSource}`

const n = 520
const product = (region: ReturnType<typeof createRegion>) => {
  const [a, b] = [region.float64(n * n).fill(1), region.float64(n * n)]
  return {
    out: b,
    job: { operation: 'gemm' as const, numbers: [0, 0, n, n, n, 1, n, n, 0, n], arrays: [a, a, b] },
  }
}

if (home === undefined) throw new Error('this engine has no WebAssembly')

test.runIf(process.platform === 'linux')(
  'a worker that dies with a task in hand is an error; the others go on',
  async () => {
    const pool = createPool(home, { ...common, workers: 3, source: dying(1, [1]) })
    if (pool === undefined) throw new Error('no pool')
    await pool.ready()
    const region = createRegion(home)
    const scratch = region.float64(SCRATCH)
    const { out, job } = product(region)
    const tasks = operations.gemm.tasks(job.numbers)
    const run = () => pool.share(job, tasks, task => operations.gemm.run(task, job, kernels, scratch))
    let error: unknown
    for (let i = 0; i < 600 && error === undefined; i++)
      try {
        run()
        expect(out.every(value => value === n)).toBe(true)
      } catch (caught) {
        error = caught
      }
    expect(error).toBeInstanceOf(NotSolvedError)
    expect(error).toMatchObject({
      code: 'E_WORKER',
      message:
        'worker: a thread must end what it began; one was lost in the middle of gemm, perhaps for want of memory. Run it again, with fewer threads if it is lost again.',
    })
    // Whoever is left goes on, and helps.
    const before = pool.helped()
    for (let i = 0; i < 8; i++) {
      out.fill(0)
      run()
      expect(out.every(value => value === n)).toBe(true)
    }
    expect(pool.helped()).toBeGreaterThan(before)
    pool.close()
    region.dispose()
  },
)

test.runIf(process.platform === 'linux')('all workers lost: the caller goes on alone', async () => {
  const pool = createPool(home, { ...common, workers: 2, source: dying(2, [0, 1]) })
  if (pool === undefined) throw new Error('no pool')
  await pool.ready()
  const region = createRegion(home)
  const scratch = region.float64(SCRATCH)
  const { out, job } = product(region)
  const tasks = operations.gemm.tasks(job.numbers)
  let lost = 0
  for (let i = 0; i < 20; i++)
    try {
      out.fill(0)
      pool.share(job, tasks, task => operations.gemm.run(task, job, kernels, scratch))
      expect(out.every(value => value === n)).toBe(true)
    } catch (error) {
      expect(error).toBeInstanceOf(NotSolvedError)
      lost++
    }
  expect(lost).toBeGreaterThanOrEqual(1)
  expect(lost).toBeLessThanOrEqual(2)
  pool.close()
  region.dispose()
})
