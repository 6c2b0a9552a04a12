/**
 * The process in which Nadir races: reads the problem, then solves it with `chooseSolver`, cold.
 *
 * Counted: loss, operator, choice, solving, the path. Not counted: process start, reading, and finding the backend (as
 * importing NumPy is not counted for others).
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { createLoss } from '../../src/losses/index.ts'
import type { Compute } from '../../src/matrix/compute.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { dense } from '../../src/matrix/dense.ts'
import { gatedOperator } from '../../src/matrix/gated.ts'
import { type Masks, maskStride } from '../../src/matrix/masks.ts'
import { separableOperator } from '../../src/matrix/separable.ts'
import { groupL2 } from '../../src/penalties/index.ts'
import { chooseSolver } from '../../src/solvers/chooseSolver.ts'
import type { Problem } from '../../src/solvers/problem.ts'
import { type Solution, solve } from '../../src/solvers/solve.ts'
import type { Task } from './contestant.ts'

/** How well the lambdas before the last are solved: enough for a warm start. */
const ON_THE_WAY = 1e-2

const [folder, out] = process.argv.slice(2)
const task: Task = JSON.parse(readFileSync(join(out, 'task.json'), 'utf8'))
const array = (name: string) => readNpy(readFileSync(join(folder, name)), name)
const matrix = (name: string) => {
  const { shape, data } = array(name)
  return dense(shape[0], shape[1], data)
}
const x = matrix('x.npy')
const gates = matrix('gates.npy')
const y = array('y.npy').data
const words = array('words.npy')
const patterns: Masks = {
  patterns: words.shape[0],
  samples: x.rows,
  stride: maskStride(x.rows),
  words: Uint32Array.from(words.data),
}
const compute = await createCompute({ backend: task.backend as 'auto', threads: task.threads })
globalThis.gc?.()
const baseline = process.memoryUsage.rss()

const cpu = process.cpuUsage()
const started = performance.now()
const seconds = () => (performance.now() - started) / 1000
const lambdas = pathTo(task)
const region = compute.region()
const curve: [number, number, number][] = []
let solution: Solution | null = null
let iterations = 0
let choice = ''
for (const lambda of lambdas) {
  const last = lambda === task.lam
  const problem = problemAt(lambda, compute)
  const { solver } = chooseSolver(problem)
  choice = solver.name
  const before = seconds()
  solution = await solve(problem, solver, {
    tolerance: last ? task.gap : Math.max(task.gap, ON_THE_WAY),
    maxTime: Math.max(0.1, task.maxSeconds - before),
    ...(solution && { start: solution.x }),
    ...(solution?.dualPoint && { startDual: solution.dualPoint }),
  })
  iterations += solution.iterations
  if (last) for (const [t, value, gap] of solution.curve) curve.push([before + t, value / x.rows, gap])
}
const total = seconds()
const { user, system } = process.cpuUsage(cpu)
const peakMemory = process.resourceUsage().maxRSS * 1024 - baseline
if (solution === null) throw new Error('bench: an empty path')

const write = (name: string, data: Float64Array) =>
  writeFileSync(join(out, name), writeNpy({ shape: [data.length], data }))
write('u0.npy', solution.x)
if (solution.dualPoint) write('theta0.npy', solution.dualPoint)
const point = {
  u: 'u0.npy',
  theta: solution.dualPoint ? 'theta0.npy' : null,
  seconds: total,
  solverSeconds: solution.seconds,
  cpuSeconds: (user + system) / 1e6,
  iterations,
  setting: `${choice} ${solution.status}`,
  peakMemory: Math.max(0, peakMemory),
  history: curve,
}
writeFileSync(
  join(out, 'result.json'),
  JSON.stringify({ points: [point], versions: `node ${process.version}`, claimed: null, backend: compute.backend }),
)
compute.close()

function problemAt(lambda: number, on: Compute): Problem {
  const loss = createLoss(
    task.loss,
    task.loss === 'multinomial' ? { targets: y, outputs: task.outputs } : { targets: y },
  )
  const operator = gatedOperator(dense(x.rows, x.cols, region.own(x.data)), region.ownMasks(patterns), on)
  const beta = x.rows * lambda
  if (task.kind === 'relu') return { kind: 'cones', operator, loss, beta, gates }
  const whole = task.outputs > 1 ? separableOperator(operator, task.outputs) : operator
  return {
    kind: 'composite',
    operator: whole,
    loss,
    penalty: groupL2(whole.cols, { groupSize: whole.groupSize, beta }),
  }
}

/** lam alone, or `path` lambdas from lambdaMax to it, geometrically. */
function pathTo({ path, lam, lambdaMax }: Task): number[] {
  if (path < 2) return [lam]
  const ratio = lam / lambdaMax
  return Array.from({ length: path }, (_, k) => (k === path - 1 ? lam : lambdaMax * ratio ** (k / (path - 1))))
}
