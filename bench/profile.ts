/**
 * Performance profile: the share of 40 small seeded problems solved to a relative error, against time.
 *
 *     npx tsx --conditions=source bench/profile.ts [--python …] [--backend auto] [--max-seconds 30] [--problem small-0,small-20] [--json]
 *
 * Error of an objective p: (p − best certified bound)/bound, the bound being the highest that the judge proves for anybody.
 * Half the problems are gated, half ReLU; each solver is asked for a gap of 1e-8, and its curve is read at 1e-3 and 1e-6.
 * Source of the figure: E. Dolan, J. Moré, Benchmarking optimization software with performance profiles, 2002.
 * @module
 */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Dense } from '../src/matrix/dense.ts'
import { readOptions } from './options.ts'
import { patternsOf, planted } from './problems/generator.ts'
import type { ProblemSource } from './problems/problem.ts'
import { lambdaOf, type Row, race } from './race.ts'
import { contestantNamed } from './solvers/index.ts'
import { align } from './table.ts'
import { prepare } from './workspace.ts'

const ERRORS = [1e-3, 1e-6]
const SECONDS = [0.03, 0.1, 0.3, 1, 3, 10, 30]
const SOLVERS = ['nadir', 'adelie', 'clarabel', 'scnn']

/** Problem k of 40: shapes, noise and lambda vary with coprime periods, so that no two go together. */
export function smallProblem(k: number): ProblemSource {
  const shape = {
    n: [60, 120, 240][k % 3],
    d: [3, 6, 10, 15][k % 4],
    hidden: 5,
    patterns: [20, 50, 100, 35, 70][k % 5],
  }
  const fraction = [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.2][k % 7]
  const kind = k < 20 ? 'gated' : 'relu'
  const name = `small-${k}`
  return {
    name,
    title: `${kind}: n = ${shape.n}, d = ${shape.d}, P = ${shape.patterns}`,
    levels: [{ fraction }],
    make() {
      const { x, y, gates } = planted(1000 + k, shape, [0.1, 0.5][k % 2])
      return { name, kind, loss: 'squared', outputs: 1, x, y, complete: false, ...patternsOf(x, gates as Dense) }
    },
  }
}

/** Time at which a curve first has a value of at most bound·(1 + error); null when never. */
export function timeToError(row: Row, bound: number, error: number): number | null {
  return row.curve.find(([, value]) => value !== null && value <= bound * (1 + error))?.[0] ?? null
}

/** Share of `times` that are there and at most `seconds`. */
export function shareSolved(times: readonly (number | null)[], seconds: number): number {
  return times.filter(time => time !== null && time <= seconds).length / times.length
}

async function main(): Promise<void> {
  const options = { ...readOptions(['--max-seconds=30', ...process.argv.slice(2)]), gap: 1e-8, ladder: true }
  const solvers = options.solvers.length > 0 ? options.solvers : SOLVERS
  const times = new Map<string, (number | null)[]>()
  for (let k = 0; k < 40; k++) {
    const source = smallProblem(k)
    if (options.problems.length > 0 && !options.problems.includes(source.name)) continue
    const prepared = prepare(source)
    try {
      const lambda = lambdaOf(prepared, source.levels[0])
      const rows: Row[] = []
      for (const name of solvers)
        rows.push(await race(prepared, { ...options, lambda, contestant: contestantNamed(name) }))
      const bound = Math.max(...rows.map(row => row.dual ?? 0))
      for (const row of rows.filter(each => each.status !== 'refused')) {
        for (const error of ERRORS) {
          const key = `${row.solver}, ${prepared.problem.kind}, ${error}`
          times.set(key, [...(times.get(key) ?? []), timeToError(row, bound, error)])
        }
        if (options.json) console.log(JSON.stringify({ ...row, bound }))
      }
      const best = Math.min(...rows.map(row => row.relativeGap ?? Number.POSITIVE_INFINITY))
      console.error(`  ${source.name} ${source.title}: closest gap ${best.toExponential(1)}`)
    } finally {
      prepared.dispose()
    }
  }
  if (options.json) return
  const head = ['share solved within', ...SECONDS.map(t => `${t} s`), '']
  const body = [...times].map(([key, list]) => [
    key,
    ...SECONDS.map(t => `${Math.round(100 * shareSolved(list, t))} %`),
    `of ${list.length}`,
  ])
  console.log(align([head, ...body.sort()]).join('\n'))
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main()
