/**
 * `nadir doctor`: what this machine gives, measured, and what would make it faster.
 * @module
 */
import { availableParallelism, cpus, totalmem } from 'node:os'
import type { Command } from 'commander'
import { hasDuckdb } from '../formats/duckdb.ts'
import type { Compute } from '../matrix/compute.ts'
import { createCompute } from '../matrix/createCompute.ts'
import { fold, key, normals } from '../random/index.ts'
import { addCommon, addCompute, type CommonOptions, type ComputeFlags } from './options.ts'
import { jsonText } from './output.ts'
import type { Session } from './session.ts'
import { VERSION } from './version.ts'

const SIDE = 512
const ROUNDS = 5

/** Adds the command. */
export function addDoctor(program: Command, { io }: Session): void {
  addCompute(addCommon(program.command('doctor')))
    .description('what this machine gives: backend, measured speed, threads, and what to install to go faster')
    .addHelpText('after', '\nExample:\n  nadir doctor --backend wasm\n')
    .action(async (options: CommonOptions & ComputeFlags) => {
      const compute = await createCompute(options)
      try {
        const speed = { one: gigaflops(compute, false), all: gigaflops(compute, true) }
        const duckdb = await hasDuckdb()
        const found = {
          nadir: VERSION,
          node: process.versions.node,
          platform: `${process.platform} ${process.arch}`,
          processors: availableParallelism(),
          processor: cpus()[0]?.model.trim() ?? 'unknown',
          memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
          backend: compute.backend,
          threads: compute.threads,
          gigaflopsOneThread: Number(speed.one.toFixed(2)),
          gigaflops: Number(speed.all.toFixed(2)),
          duckdb,
        }
        const advice = adviceFor(compute, duckdb)
        if (options.json) return io.out(jsonText({ command: 'doctor', status: 'done', ...found, advice }))
        io.out(
          [
            `nadir ${VERSION}, Node ${found.node}, ${found.platform}`,
            `processor  ${found.processor}, ${found.processors} available, ${found.memoryGiB} GiB of memory`,
            `backend    ${found.backend}: ${found.gigaflopsOneThread} GFLOP/s on one thread, ${found.gigaflops} on ${found.threads}  (float64 product of ${SIDE} × ${SIDE} matrices)`,
            `DuckDB     ${duckdb ? 'installed' : 'not installed'}`,
            ...advice.map(line => `to do      ${line}`),
            '',
          ].join('\n'),
        )
      } finally {
        compute.close()
      }
    })
}

/** Best of a few products C = A·B, in 10⁹ floating point operations a second. */
function gigaflops(compute: Compute, everyThread: boolean): number {
  const region = compute.region()
  try {
    const numbers = normals(fold(key(0), 'doctor'), 2 * SIDE * SIDE)
    const a = region.float64(SIDE * SIDE)
    const b = region.float64(SIDE * SIDE)
    const c = region.float64(SIDE * SIDE)
    a.set(numbers.subarray(0, SIDE * SIDE))
    b.set(numbers.subarray(SIDE * SIDE))
    const doer = everyThread ? compute : compute.kernels
    let best = Infinity
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now()
      doer.gemm(false, false, SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, 0, c, SIDE)
      best = Math.min(best, performance.now() - start)
    }
    return (2 * SIDE ** 3) / best / 1e6
  } finally {
    region.dispose()
  }
}

function adviceFor(compute: Compute, duckdb: boolean): string[] {
  const advice: string[] = []
  if (compute.backend !== 'openblas')
    advice.push(
      process.platform === 'linux'
        ? 'install OpenBLAS, about twice as fast: apt install libopenblas0-pthread'
        : process.platform === 'darwin'
          ? 'install OpenBLAS, about twice as fast: brew install openblas'
          : 'install OpenBLAS, about twice as fast, where the loader finds it',
    )
  if (!duckdb) advice.push('install DuckDB, for Parquet, JSON and fast CSV: npm install @duckdb/node-api')
  if (Number(process.versions.node.split('.')[0]) < 22) advice.push('Node 22 or 24: version 20 is past its end of life')
  return advice
}
