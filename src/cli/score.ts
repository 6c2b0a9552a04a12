/**
 * `nadir score`: how well a model predicts rows whose target is known.
 * @module
 */
import type { Command } from 'commander'
import { weightsOf } from '../data/dataset.ts'
import { encode } from '../data/encoding.ts'
import { columnOf } from '../data/table.ts'
import { encodeTarget } from '../data/target.ts'
import { readModel } from '../formats/modelFile.ts'
import { loadTable } from './load.ts'
import { addCommon, type CommonOptions } from './options.ts'
import { columns, figure, jsonText, METRIC_NAMES, note } from './output.ts'
import type { Session } from './run.ts'
import { evaluate } from './train.ts'

/** Adds the command. */
export function addScore(program: Command, { io }: Session): void {
  addCommon(program.command('score'))
    .description('metrics on rows whose target is known: R², RMSE, MAE, or accuracy, log loss, AUC')
    .argument('<model>', 'a model file, or a run folder')
    .argument('<data>', 'data with the columns and the target of training')
    .option('-t, --target <column>', 'the target column, or a .npy file of it (default: as in training)')
    .option('--weights <column>', 'column of sample weights ≥ 0')
    .addHelpText('after', '\nExample:\n  nadir score model.json test.csv\n')
    .action(
      async (modelPath: string, dataPath: string, options: CommonOptions & { target?: string; weights?: string }) => {
        const model = await readModel(modelPath)
        const { table, target = model.target.name } = await loadTable(dataPath, options, io)
        const y = encodeTarget(model.target, columnOf(table, target, 'target'), table.source)
        const weights = options.weights === undefined ? null : weightsOf(table, options.weights)
        const { x, notes } = encode(model.encoding, table, {
          known: [target, options.weights ?? model.training.weights ?? target],
        })
        const metrics = evaluate(model, { x, y, weights })
        const all = [...table.notes, ...notes]
        if (options.json)
          return io.out(
            jsonText({ command: 'score', status: 'done', metrics, rows: table.rows, target, notes: all, outputs: [] }),
          )
        if (!options.quiet) for (const text of all) note(io, text)
        io.out(
          columns(
            ['metric', 'value'],
            Object.entries(metrics).map(([name, value]) => [METRIC_NAMES[name] ?? name, figure(value, 5)]),
          ),
        )
      },
    )
}
