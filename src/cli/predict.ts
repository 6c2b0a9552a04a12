/**
 * `nadir predict`: a model file and data in, predictions out.
 * @module
 */
import type { Command } from 'commander'
import { encode } from '../data/encoding.ts'
import { type Predictions, predictionsOf } from '../data/predictions.ts'
import type { TargetEncoding } from '../data/target.ts'
import { readModel } from '../formats/modelFile.ts'
import { valuesOf } from '../formats/onRows.ts'
import { requireWritable, writeAtomic } from '../formats/writeAtomic.ts'
import { loadTable } from './load.ts'
import { addCommon, type CommonOptions } from './options.ts'
import { csvCell, jsonText, note } from './output.ts'
import type { Session } from './run.ts'

/** Adds the command. */
export function addPredict(program: Command, { io }: Session): void {
  addCommon(program.command('predict'))
    .description('predict with a model: one row out for each row in')
    .argument('<model>', 'a model file, or a run folder')
    .argument('<data>', 'columns as in training, in any order; others are ignored')
    .option('-o, --out <file.csv>', 'write the predictions to this file (default: standard output)')
    .addHelpText('after', '\nExample:\n  nadir predict model.json new.csv --out predictions.csv\n')
    .action(async (modelPath: string, dataPath: string, options: CommonOptions & { out?: string }) => {
      const model = await readModel(modelPath)
      if (options.out !== undefined) await requireWritable(options.out)
      const { table } = await loadTable(dataPath, {}, io)
      const { x, notes } = encode(model.encoding, table, { known: [model.target.name] })
      const predictions = predictionsOf(valuesOf(model, x), { target: model.target, loss: model.loss.name })
      const all = [...table.notes, ...notes]
      if (!options.quiet) for (const text of all) note(io, text)
      const outputs = options.out === undefined ? [] : [options.out]
      if (options.out !== undefined) await writeAtomic(options.out, csvOf(predictions, model.target))
      if (options.json)
        return io.out(
          jsonText({
            command: 'predict',
            status: 'done',
            rows: table.rows,
            target: model.target.name,
            ...(options.out === undefined && objectOf(predictions, model.target)),
            notes: all,
            outputs,
          }),
        )
      if (options.out === undefined) io.out(csvOf(predictions, model.target))
      else if (!options.quiet) io.out(`${table.rows} predictions of ${model.target.name}: ${options.out}\n`)
    })
}

/** CSV: the prediction under the target's name, then the probability of each class. */
export function csvOf(predictions: Predictions, target: TargetEncoding): string {
  const { values, probabilities } = predictions
  const header = [target.name]
  if (target.kind === 'classes' && probabilities !== null) header.push(...target.labels.map(label => `p(${label})`))
  const lines = [header.map(csvCell).join(',')]
  for (let i = 0; i < values.length; i++) {
    const cells: (string | number)[] = [target.kind === 'classes' ? target.labels[values[i]] : values[i]]
    if (probabilities !== null)
      cells.push(...probabilities.data.subarray(i * probabilities.cols, (i + 1) * probabilities.cols))
    lines.push(cells.map(csvCell).join(','))
  }
  return `${lines.join('\n')}\n`
}

function objectOf({ values, probabilities }: Predictions, target: TargetEncoding): object {
  return {
    predictions: Array.from(values, v => (target.kind === 'classes' ? target.labels[v] : v)),
    ...(target.kind === 'classes' &&
      probabilities !== null && {
        labels: target.labels,
        probabilities: Array.from({ length: probabilities.rows }, (_, i) =>
          Array.from(probabilities.data.subarray(i * probabilities.cols, (i + 1) * probabilities.cols)),
        ),
      }),
  }
}
