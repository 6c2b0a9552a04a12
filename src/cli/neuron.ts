/**
 * `nadir neuron`: one ReLU neuron by its convex relaxation, and its proved optimum in low rank.
 * @module
 */
import type { Command } from 'commander'
import { type FittedNeuron, fitNeuron } from '../models/index.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset } from './load.ts'
import { addCommon, addData, type CommonOptions, type DataFlags, nonNegative } from './options.ts'
import { columns, duration, figure, jsonText, note, wrap } from './output.ts'
import type { Session } from './session.ts'

type NeuronFlags = CommonOptions &
  DataFlags & {
    readonly polish: boolean
    readonly exact?: boolean
    readonly ridge: number
    readonly intercept?: boolean
  }

/** Adds the command. */
export function addNeuron(program: Command, session: Session): void {
  const { io } = session
  addData(addCommon(program.command('neuron')))
    .description('fit a single ReLU neuron: convex relaxation, polish, and (--exact) the proved optimum up to rank 3')
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .option('--polish', 'descend on the true loss from the relaxed point (default)')
    .option('--no-polish', 'leave the relaxed point as it is')
    .option('--exact', 'enumerate every cell and prove the optimum; data of rank 3 at most')
    .option('--ridge <ridge>', 'weight of (ridge/2)·‖w‖² beside the mean loss', nonNegative, 0)
    .option('--intercept', 'a bias (default: a neuron through the origin)')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: NeuronFlags) => {
      const data = await loadDataset(path, { ...flags, task: 'regression' }, io)
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const { exact = false, intercept = false, polish, ridge } = flags
      const found = await interruptible(io, signal =>
        fitNeuron(data.x, data.y, { exact, intercept, polish, ridge, signal }),
      )
      if (!flags.quiet) for (const text of found.notes) note(io, text)
      const names = [...data.names, ...(intercept ? ['(bias)'] : [])]
      const weights = names.map((name, j): [string, number] => [name, found.weights[j]])
      if (flags.json) return io.out(jsonText(resultOf(found, weights, [...data.notes, ...found.notes])))
      io.out(summaryOf(found, data.x.rows))
      io.out(
        columns(
          ['name', 'weight'],
          weights.map(([name, value]) => [name, figure(value)]),
        ),
      )
    })
}

function resultOf(found: FittedNeuron, weights: [string, number][], notes: readonly string[]): object {
  const { certificate, objective, relaxed, iterations, seconds } = found
  return {
    command: 'neuron',
    status: found.converged ? 'solved' : 'max-iterations',
    objective,
    lambda: null,
    certificate: certificate && { ...certificate, witness: undefined },
    metrics: {},
    iterations,
    seconds,
    seed: 0,
    backend: null,
    outputs: [],
    weights: Object.fromEntries(weights),
    relaxation: { value: relaxed.relaxation, objective: relaxed.objective, weights: relaxed.weights },
    polished: found.polished,
    unique: found.unique,
    active: found.active,
    activeRank: found.activeRank,
    cells: found.cells,
    notes,
  }
}

function summaryOf(
  { objective, relaxed, certificate, active, seconds, iterations, polished }: FittedNeuron,
  n: number,
) {
  return [
    '',
    `done after ${duration(seconds)}, ${iterations} iterations; ${active} of ${n} rows active`,
    `  objective   ${figure(objective, 8)}`,
    `  relaxed     ${figure(relaxed.objective, 8)} (the convex bound from above: ${figure(relaxed.relaxation, 8)}${polished ? '; polished since' : ''})`,
    ...(certificate
      ? ['', wrap(certificate.statement)]
      : ['  no optimum is claimed; --exact proves one for data of rank 3 at most']),
    '',
    '',
  ].join('\n')
}

const EXAMPLES = `
Example:
  nadir neuron readings.csv --target response --exact
`
