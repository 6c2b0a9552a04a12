/**
 * `nadir score`: how well a model predicts rows whose target is known.
 * @module
 */
import type { Command } from 'commander'
import { readModel } from '../formats/modelFile.ts'
import { evaluate } from '../formats/onRows.ts'
import { loadRows } from './load.ts'
import { addCommon, addSource, type CommonOptions, type SourceFlags } from './options.ts'
import { columns, figure, jsonText, METRIC_NAMES, note } from './output.ts'
import type { Session } from './session.ts'

/** Adds the command. */
export function addScore(program: Command, { io }: Session): void {
  addSource(addCommon(program.command('score')))
    .description('metrics on rows whose target is known: R², RMSE, MAE, or accuracy, log loss, AUC')
    .argument('<model>', 'a model file, or a run folder')
    .argument('[data...]', 'rows with the columns and the target of training')
    .option('-t, --target <column>', 'the target column, or a .npy file of it (default: as in training)')
    .option('--weights <column>', 'column of sample weights ≥ 0')
    .addHelpText('after', '\nExample:\n  nadir score model.json test.csv\n')
    .action(
      async (
        modelPath: string,
        paths: string[],
        options: CommonOptions & SourceFlags & { target?: string; weights?: string },
      ) => {
        const model = await readModel(modelPath)
        const { rows, target, notes } = await loadRows(model, paths, {
          target: options.target,
          sql: options.sql,
          weights: options.weights ?? null,
          io,
        })
        const metrics = evaluate(model, rows)
        if (options.json)
          return io.out(
            jsonText({ command: 'score', status: 'done', metrics, rows: rows.x.rows, target, notes, outputs: [] }),
          )
        if (!options.quiet) for (const text of notes) note(io, text)
        io.out(
          columns(
            ['metric', 'value'],
            Object.entries(metrics).map(([name, value]) => [METRIC_NAMES[name] ?? name, figure(value, 5)]),
            io.width,
          ),
        )
      },
    )
}
