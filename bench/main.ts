/**
 * The bench: every problem × solver from one command, each run in a fresh process, every point judged alike.
 * @module
 */
import { NadirError } from '../src/errors.ts'
import { reportBars } from './bars.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { problemNamed, problems } from './problems/index.ts'
import { lambdaOf, type Row, race } from './race.ts'
import { contestantNamed, contestants } from './solvers/index.ts'
import { table } from './table.ts'
import { prepare } from './workspace.ts'

async function main(options: BenchOptions): Promise<void> {
  if (options.list) return list()
  if (options.bars) return reportBars(options)
  const sources = options.problems.length > 0 ? options.problems.map(problemNamed) : problems
  const named = options.solvers.map(contestantNamed)
  const racing = named.length > 0 ? named : contestants.filter(each => !each.prototype || options.prototypes !== '')
  for (const source of sources) {
    const prepared = prepare(source)
    try {
      for (const level of options.levels.length > 0 ? options.levels : source.levels) {
        const lambda = lambdaOf(prepared, level)
        const rows: Row[] = []
        for (const contestant of racing) {
          const row = await race(prepared, { ...options, lambda, contestant })
          rows.push(row)
          if (options.json) console.log(JSON.stringify(row))
        }
        if (!options.json)
          console.log(`${table(`${source.name}, lambda ${lambda.toPrecision(4)} — ${source.title}`, rows)}\n`)
      }
    } finally {
      prepared.dispose()
    }
  }
}

function list(): void {
  for (const { name, title } of problems) console.log(`${name.padEnd(16)}${title}`)
  console.log(`\nsolvers: ${contestants.map(each => each.name).join(', ')}`)
}

try {
  await main(readOptions(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof NadirError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
