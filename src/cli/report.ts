/**
 * `nadir report`: one self-contained page about a model, and the numbers of its figures beside it.
 * @module
 */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { csvText } from '../data/csv.ts'
import { DomainError } from '../errors.ts'
import { readModel, type SavedModel } from '../formats/modelFile.ts'
import { readTrace, type Trace } from '../formats/runFolder.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import type { MethodMetrics } from '../report/figures/baselines.ts'
import { interruptible } from './interrupt.ts'
import type { Io } from './io.ts'
import { type LoadedRows, loadRows } from './load.ts'
import { addCommon, addCompute, type CommonOptions, type ComputeFlags, wholeNumber } from './options.ts'
import { jsonText, note } from './output.ts'
import { FAILURE, type Session } from './session.ts'
import { certifySaved } from './train.ts'

interface ReportFlags extends CommonOptions, ComputeFlags {
  readonly target?: string
  readonly test?: string
  readonly out?: string
  readonly repeats: number
  readonly search: boolean
  readonly path: boolean
}

/** Adds the command. */
export function addReport(program: Command, session: Session): void {
  const { io } = session
  addCompute(addCommon(program.command('report')))
    .description('one page of HTML about a model, for a browser without network, and the numbers of its figures as CSV')
    .argument('<model>', 'a run folder (which has the steps of training), or a model file')
    .argument('[data]', 'the rows it was trained on; without them the page shows the weights and the run only')
    .option('-t, --target <column>', 'the target column, or a .npy file of it (default: as in training)')
    .option('--test <data>', 'rows kept out of training, to measure on')
    .option('--repeats <count>', 'shuffles of each feature', wholeNumber(1, 1000), 5)
    .option('--no-search', 'leave out the local search among the baselines, which takes longest')
    .option('--no-path', 'leave out the path of lambdas, which takes up to half a minute')
    .option('-o, --out <file.html>', 'write to this file (default: report.html in the run folder, or beside the model)')
    .addHelpText('after', '\nExample:\n  nadir report runs/diabetes-1 diabetes --out report.html\n')
    .action(async (path: string, dataPath: string | undefined, options: ReportFlags) => {
      const model = await readModel(path)
      const folder = (await stat(path)).isDirectory()
      const out = outOf(options.out, folder ? join(path, 'report.html') : join(dirname(path), 'report.html'))
      await requireWritable(out)
      const trace = await readTrace(path)
      const { target } = options
      const data =
        dataPath === undefined
          ? null
          : await loadRows(model, dataPath, { target, weights: model.training.weights, trained: true, io })
      const test =
        options.test === undefined ? null : await loadRows(model, options.test, { target, weights: null, io })
      const made = await interruptible(io, signal =>
        writeReport({ model, trace, data, test, path, out }, { ...options, io, signal }),
      )
      if (made.refuted) session.code = FAILURE
      const { scope, oracle, primal, dual, gap, relativeGap, statement } = model.certificate
      if (options.json)
        return io.out(
          jsonText({
            command: 'report',
            status: made.refuted ? 'refuted' : 'done',
            objective: primal,
            lambda: model.lambda,
            certificate: { scope, oracle, primal, dual, gap, relativeGap, statement },
            recheck: made.verdict,
            metrics: model.metrics,
            methods: made.methods,
            figures: made.figures,
            seed: model.training.seed,
            notes: made.notes,
            outputs: [out, made.folder],
          }),
        )
      io.out(`report: ${out}\n`)
      if (!options.quiet) io.out(`numbers of its ${made.figures.length} figures: ${made.folder}\n`)
    })
}

/** What a report is written of, and where to. */
interface Work {
  readonly model: SavedModel
  readonly trace: Trace
  readonly data: LoadedRows | null
  readonly test: LoadedRows | null
  /** Where the model lies. */
  readonly path: string
  readonly out: string
}

/** What was written. */
interface Written {
  readonly folder: string
  readonly figures: readonly string[]
  readonly methods: readonly MethodMetrics[]
  readonly verdict: { readonly valid: boolean; readonly problems: readonly string[] } | null
  readonly refuted: boolean
  readonly notes: readonly string[]
}

/**
 * Makes the report and writes it: the numbers first, the page last, so that a page never speaks of files that are not there.
 * On the rows of training the saved certificate is checked again; one that does not hold is said on the page.
 */
export async function writeReport(
  { model, trace, data, test, path, out }: Work,
  options: CommonOptions &
    ComputeFlags & {
      readonly io: Io
      readonly signal: AbortSignal
      readonly repeats?: number
      readonly search?: boolean
      readonly path?: boolean
    },
): Promise<Written> {
  const { io, quiet, signal, repeats, search, path: walk } = options
  // Plot and its document take a while to load: only here.
  const { isTraining, makeReport } = await import('../report/index.ts')
  const notes = [...(data?.notes ?? [])]
  const training = data !== null && isTraining(model, data.rows)
  if (data !== null && !training)
    notes.push('these are not the rows of training: the certificate is not checked, and there are no baselines.')
  const checked = training && model.patterns !== null ? certifySaved(model, data.rows, computeOf(options)) : null
  notes.push(...(checked?.notes ?? []))
  if (!quiet) for (const text of notes) note(io, text)
  const folder = join(dirname(out), `${basename(out).replace(/\.html?$/, '')}-figures`)
  const report = await makeReport(
    { model, data, test, trace, path, folder: basename(folder), verdict: checked?.verdict ?? null, notes },
    {
      signal,
      ...(repeats !== undefined && { repeats }),
      ...(search !== undefined && { search }),
      ...(walk !== undefined && { path: walk }),
    },
  )
  for (const figure of report.figures) await writeResult(join(folder, `${figure.id}.csv`), csvText(figure.data))
  await writeResult(out, report.html)
  return {
    folder,
    figures: report.figures.map(({ id }) => id),
    methods: report.methods,
    verdict: checked?.verdict ?? null,
    refuted: checked?.verdict?.valid === false,
    notes,
  }
}

function computeOf({ backend, threads }: ComputeFlags): ComputeFlags {
  return { ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) }
}

/** @throws DomainError when the place does not end in .html: a report is not mistaken for a folder. */
function outOf(wanted: string | undefined, otherwise: string): string {
  if (wanted === undefined) return otherwise
  if (/\.html?$/.test(wanted)) return wanted
  throw new DomainError(`report: --out must be a file that ends in .html; got "${wanted}". Try ${wanted}.html.`)
}
