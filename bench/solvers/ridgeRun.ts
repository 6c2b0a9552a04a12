/**
 * The process in which Nadir solves a ridge race (`bench/sketching.ts`), cold: checks, choice, solving and the proof are counted.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npyMatrix, readNpy, writeNpy } from '../../src/formats/npy.ts'
import type { BackendName } from '../../src/matrix/compute.ts'
import { compute, configureCompute } from '../../src/matrix/createCompute.ts'
import { type RidgeMethod, solveRidge } from '../../src/solvers/sketched/solveRidge.ts'

const [folder, out] = process.argv.slice(2)
const task = JSON.parse(readFileSync(join(out, 'task.json'), 'utf8'))
configureCompute({ backend: task.backend as BackendName, threads: task.threads })
await compute().ready()
const a = npyMatrix(readNpy(readFileSync(join(folder, 'a.npy'))))
const b = readNpy(readFileSync(join(folder, 'b.npy'))).data
const method = (task.solver === 'nadir' ? 'auto' : task.solver.slice('nadir-'.length)) as RidgeMethod
const baseline = process.memoryUsage.rss()
const cpu = process.cpuUsage()
const started = performance.now()
// The proved error is relative to ‖b‖, of which ‖x*‖_H, the judge's measure, is a part: asked for a twentieth.
const solution = await solveRidge(a, b, {
  lambda: task.lam,
  method,
  tolerance: task.tolerance / 20,
  maxTime: task.maxSeconds,
})
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpu)
writeFileSync(join(out, 'x0.npy'), writeNpy({ shape: [solution.x.length], data: solution.x }))
const point = {
  ...{ x: 'x0.npy', seconds, cpuSeconds: (user + system) / 1e6, iterations: solution.report.products },
  setting: `${solution.method} ${solution.status}, sketch ${solution.report.sketchRows}`,
  peakMemory: Math.max(0, process.resourceUsage().maxRSS * 1024 - baseline),
}
writeFileSync(
  join(out, 'result.json'),
  JSON.stringify({ points: [point], versions: `node ${process.version}`, backend: compute().backend }),
)
compute().close()
