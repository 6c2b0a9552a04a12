/**
 * `nadir cv`: the held-out loss along a path of lambdas by k-fold cross-validation, and the two usual choices.
 * @module
 */
import { type Command, Option } from 'commander'
import { datasetOf } from '../data/dataset.ts'
import { cellText, columnOf, type Table } from '../data/table.ts'
import { DomainError } from '../errors.ts'
import { type CrossValidation, crossValidate } from '../models/index.ts'
import { addConfig, optionsInForce } from './config.ts'
import { fitAndReport, headline } from './fit.ts'
import { interruptible } from './interrupt.ts'
import { loadTable, rolesOf, taskOf } from './load.ts'
import {
  addCommon,
  addCompute,
  addData,
  addModel,
  addPath,
  type CommonOptions,
  type ComputeFlags,
  DATA,
  type DataFlags,
  type ModelFlags,
  type PathFlags,
  wholeNumber,
} from './options.ts'
import { columns, figure, jsonText, note, shellWord } from './output.ts'
import { shapeOf } from './path.ts'
import { progressLine } from './progress.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { formOf, writeTable } from './tableFile.ts'
import { optionsFor } from './train.ts'

type Flags = CommonOptions &
  DataFlags &
  ModelFlags &
  PathFlags &
  ComputeFlags & {
    readonly folds: number
    readonly rule: 'min' | 'one-standard-error'
    readonly groups?: string
    readonly output?: string
    readonly fit?: boolean
    readonly out?: string
  }

/** Adds the command. */
export function addCv(program: Command, session: Session): void {
  const { io } = session
  const command = addPath(addData(addCommon(program.command('cv'))), { count: 20, ratio: 5e-3 })
  addConfig(addCompute(addModel(command)), session)
    .description('choose lambda by k-fold cross-validation: mean held-out loss and its standard error')
    .argument('[data...]', DATA)
    .addOption(new Option('--folds <count>', 'folds, dealt by --seed').argParser(wholeNumber(2)).default(5))
    .option('--groups <column>', 'rows that are equal here stay in one fold; the column is no feature')
    .addOption(
      new Option('--rule <rule>', 'the least mean, or the largest lambda within one standard error of it')
        .choices(['min', 'one-standard-error'])
        .default('min'),
    )
    .option('-o, --output <file>', 'also write the table: a .csv or .json file; or csv or json, to print it so')
    .option('--fit', 'train on all rows at the lambda chosen, as nadir fit does')
    .option('--out <path>', 'with --fit: model file (ends in .json) or run folder')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: Flags, acting: Command) => {
      if (flags.out !== undefined && !flags.fit)
        throw new DomainError(
          'cv: --out is where --fit writes its model; got no --fit. Add it, or say --output for the table.',
          'E_USAGE',
        )
      if (flags.fit && paths.includes('-'))
        throw new DomainError(
          'cv: --fit reads the data twice, and standard input comes once. Save it to a file.',
          'E_USAGE',
        )
      const form = await formOf(flags.output, 'cv')
      const bare = flags.json === true || form?.file === null
      if (bare && flags.fit && !flags.json)
        throw new DomainError(
          'cv: --output csv or json prints the table alone; with --fit name a file for it.',
          'E_USAGE',
        )
      const task = taskOf(flags.loss)
      const { table, target } = await loadTable(paths, flags, io)
      const groups = flags.groups === undefined ? null : groupsOf(table, flags.groups)
      const data = datasetOf(table, {
        ...rolesOf({ ...flags, ...(task !== undefined && { task }) }, target),
        ...(flags.groups !== undefined && { apart: [...(flags.exclude ?? []), flags.groups] }),
      })
      if (!flags.quiet && !bare) io.out(headline(data))
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const line = progressLine(io, { gap: flags.gap, quiet: flags.quiet === true })
      const started = performance.now()
      const found = await interruptible(io, signal =>
        crossValidate(data.x, data.y, {
          ...optionsFor(data, flags, { signal }),
          ...shapeOf(flags),
          folds: flags.folds,
          ...(groups !== null && { groups }),
          onLambda: (at, lambdas) => line.say(`${flags.folds} folds judged at lambda ${at + 1} of ${lambdas.length}`),
        }),
      ).finally(() => line.end())
      session.code = found.ended === null ? DONE : STOPPED_EARLY
      const chosen = flags.rule === 'min' ? found.lambdaMin : found.lambdaOneStandardError
      const { lambdas, mean, standardError } = found
      const rows = lambdas.map((lambda, k) => [lambda, mean[k], standardError[k]])
      const outputs = form?.file ? [form.file] : []
      const result = {
        command: 'cv',
        status: found.ended === null ? 'done' : 'stopped',
        objective: null,
        lambda: Number.isFinite(chosen) ? chosen : null,
        certificate: null,
        metrics: {},
        rule: flags.rule,
        ...found,
        seconds: (performance.now() - started) / 1000,
        seed: flags.seed,
        rows: data.x.rows,
        target: data.target,
        notes: data.notes,
        outputs,
      }
      if (form !== null)
        await writeTable(io, form, { header: ['lambda', 'mean', 'standard_error'], rows, object: result })
      if (!bare) io.out(textOf(found, flags, io.width))
      if (found.folds === 0) {
        if (flags.json) io.out(jsonText(result))
        return
      }
      if (flags.fit) {
        const { groups: _groups, ...rest } = flags
        const features =
          flags.features ??
          table.columns
            .map(({ name }) => name)
            .filter(name => ![data.target.name, flags.groups, flags.weights, ...(flags.exclude ?? [])].includes(name))
        const lambda = { value: chosen, unit: 'absolute' } as const
        const config = { ...optionsInForce(acting), features }
        return fitAndReport(
          { paths, flags: { ...rest, features, lambda }, config, more: { crossValidation: result } },
          session,
        )
      }
      if (flags.json && form?.file !== null) return io.out(jsonText(result))
      if (!bare && !flags.quiet)
        io.out(
          `next: nadir fit <data> --target ${shellWord(data.target.name)} --model ${flags.model} --lambda ${chosen}, or nadir cv … --fit\n`,
        )
    })
}

/** The group of each row; missing ones are a group of their own. */
function groupsOf(table: Table, name: string): string[] {
  const column = columnOf(table, name, 'groups')
  return Array.from({ length: table.rows }, (_, i) => cellText(column, i) ?? '')
}

function textOf(found: CrossValidation, { folds, rule }: Flags, width?: number): string {
  const { lambdas, mean, standardError, lambdaMin, lambdaOneStandardError } = found
  if (found.folds === 0) return 'stopped before all folds had been judged at the first lambda\n'
  const mark = (lambda: number) =>
    [
      ...(lambda === lambdaMin ? ['least'] : []),
      ...(lambda === lambdaOneStandardError ? ['one standard error'] : []),
    ].join(', ')
  const table = columns(
    ['lambda', 'held-out loss', 'standard error', ''],
    lambdas.map((lambda, k) => [figure(lambda, 4), figure(mean[k], 6), figure(standardError[k], 3), mark(lambda)]),
    width,
  )
  return [
    table,
    found.ended === null ? '' : 'stopped: smaller lambdas were not compared\n',
    `\nlambda min  ${figure(lambdaMin)}   the least mean loss on ${folds} folds held out${rule === 'min' ? ' (chosen)' : ''}\n`,
    `lambda 1se  ${figure(lambdaOneStandardError)}   the largest within one standard error of it${rule === 'min' ? '' : ' (chosen)'}\n`,
    'The loss is that of training, the target in units of its standard deviation.\n',
  ].join('')
}

const EXAMPLES = `
Examples:
  nadir cv diabetes --target progression --model gated
  nadir cv visits.csv --target cost --groups patient --folds 10 --rule one-standard-error --fit
`
