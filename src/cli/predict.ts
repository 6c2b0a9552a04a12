/**
 * `nadir predict`: a model file and data in, predictions out.
 *
 * Rows stream: they are read, predicted and written a block at a time, so that memory does not grow with their number (CSV, Parquet,
 * JSON and SQL through DuckDB; other files are read whole).
 * @module
 */
import type { Command } from 'commander'
import { encoderOf } from '../data/encoding.ts'
import { type Predictions, predictionsOf } from '../data/predictions.ts'
import type { Table } from '../data/table.ts'
import type { TargetEncoding } from '../data/target.ts'
import { DomainError } from '../errors.ts'
import { predictorState, readModel, type SavedModel } from '../formats/modelFile.ts'
import type { Stdin } from '../formats/openFile.ts'
import { streamTable } from '../formats/readTable.ts'
import { openAtomic, requireWritable } from '../formats/writeAtomic.ts'
import { predictorOf } from '../models/index.ts'
import { addCommon, addSource, type CommonOptions, DATA, type SourceFlags } from './options.ts'
import { csvCell, jsonText, note } from './output.ts'
import type { Session } from './session.ts'

type Flags = CommonOptions & SourceFlags & { readonly out?: string }

/** Rows read at a time. */
const BLOCK = 16_384

/** Adds the command. */
export function addPredict(program: Command, session: Session): void {
  addSource(addCommon(program.command('predict')))
    .description('predict with a model: one row out for each row in, in bounded memory')
    .argument('<model>', 'a model file, or a run folder')
    .argument('[data...]', `columns as in training, in any order; others are ignored. ${DATA}`)
    .option('-o, --out <file.csv>', 'write the predictions to this file (default: standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  nadir predict model.json new.csv --out predictions.csv\n  cat new.csv | nadir predict runs/houses-1 - > predictions.csv\n',
    )
    .action((modelPath: string, paths: string[], options: Flags) => predict(modelPath, paths, options, session))
}

async function predict(modelPath: string, paths: readonly string[], options: Flags, { io }: Session): Promise<void> {
  const model = await readModel(modelPath)
  const { target } = model
  if (paths.length === 0)
    throw new DomainError(
      'predict: rows to predict for are needed; got none. Name a file, or "-" for standard input.',
      'E_USAGE',
    )
  if (options.out !== undefined) await requireWritable(options.out)
  const encoder = encoderOf(model.encoding, { known: [target.name] })
  const predictor = predictorOf(predictorState(model))
  const remarks: string[] = []
  const gathered: Predictions[] = []
  const file = options.out === undefined ? null : await openAtomic(options.out)
  const bare = options.json === true && file === null
  let rows = 0
  try {
    for await (const table of blocks(model, paths, options, io.stdin)) {
      remarks.push(...table.notes)
      const values = predictor.values(encoder.encode(table))
      const predictions = predictionsOf(values, { target, loss: model.loss.name })
      const text = () => csvOf(predictions, target, rows === 0)
      if (bare) gathered.push(predictions)
      else if (file !== null) await file.write(text())
      else {
        io.out(text())
        await io.drained?.()
      }
      rows += table.rows
    }
    await file?.commit()
  } finally {
    await file?.discard()
  }
  const notes = [...remarks, ...encoder.notes()]
  if (!options.quiet) for (const text of notes) note(io, text)
  if (options.json)
    return io.out(
      jsonText({
        command: 'predict',
        status: 'done',
        rows,
        target: target.name,
        ...(bare && objectOf(gathered, target)),
        notes,
        outputs: options.out === undefined ? [] : [options.out],
      }),
    )
  if (options.out !== undefined && !options.quiet) io.out(`${rows} predictions of ${target.name}: ${options.out}\n`)
}

/** The rows to predict for, a block at a time. */
function blocks(
  model: SavedModel,
  paths: readonly string[],
  { sql }: SourceFlags,
  stdin: Stdin | undefined,
): AsyncGenerator<Table, void, void> {
  // What was text in training is text here, though a block of it may look like numbers.
  const numbers = new Set(model.encoding.filter(({ kind }) => kind === 'number').map(({ column }) => column))
  return streamTable(paths, {
    most: BLOCK,
    numbers,
    ...(sql !== undefined && { sql }),
    ...(stdin !== undefined && { stdin }),
  })
}

/** CSV: the prediction under the target's name, then the probability of each class. */
export function csvOf({ values, probabilities }: Predictions, target: TargetEncoding, header = true): string {
  const names = [target.name]
  if (target.kind === 'classes' && probabilities !== null) names.push(...target.labels.map(label => `p(${label})`))
  const lines = header ? [names.map(csvCell).join(',')] : []
  for (let i = 0; i < values.length; i++) {
    const cells: (string | number)[] = [target.kind === 'classes' ? target.labels[values[i]] : values[i]]
    if (probabilities !== null)
      cells.push(...probabilities.data.subarray(i * probabilities.cols, (i + 1) * probabilities.cols))
    lines.push(cells.map(csvCell).join(','))
  }
  return `${lines.join('\n')}\n`
}

function objectOf(parts: readonly Predictions[], target: TargetEncoding): object {
  const values = parts.flatMap(part => Array.from(part.values))
  if (target.kind === 'number') return { predictions: values }
  const probabilities = parts.flatMap(({ probabilities: p }) =>
    p === null
      ? []
      : Array.from({ length: p.rows }, (_, i) => Array.from(p.data.subarray(i * p.cols, (i + 1) * p.cols))),
  )
  return {
    predictions: values.map(k => target.labels[k]),
    ...(probabilities.length > 0 && { labels: target.labels, probabilities }),
  }
}
