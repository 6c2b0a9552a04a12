/**
 * From arguments to an exit code: 0 done, 1 failure, 2 usage or refused input, 3 stopped before the gap asked for.
 * @module
 */
import { Command, CommanderError, Help } from 'commander'
import { NadirError, NotSolvedError, RescuedError } from '../errors.ts'
import { addAudit } from './audit.ts'
import { addCertify } from './certify.ts'
import { addCompletion } from './completion.ts'
import { addCompress } from './compress.ts'
import { addConfigCommand } from './config.ts'
import { addCv } from './cv.ts'
import { addDecompress } from './decompress.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { addExport } from './export.ts'
import { addFit } from './fit.ts'
import { addHelp, topicList } from './help.ts'
import { addInspect } from './inspect.ts'
import type { Io } from './io.ts'
import { addKernel } from './kernel.ts'
import { addNeuron } from './neuron.ts'
import { jsonText, wrap } from './output.ts'
import { addPathCommand } from './path.ts'
import { addPredict } from './predict.ts'
import { addReport } from './report.ts'
import { addRidge } from './ridge.ts'
import { addScore } from './score.ts'
import { addSketch } from './sketch.ts'
import { addSolve } from './solve.ts'
import { addSpline } from './spline.ts'
import { addSystems } from './systemsCommand.ts'
import { VERSION } from './version.ts'

export const DONE = 0
export const FAILURE = 1
export const REFUSED = 2
export const STOPPED_EARLY = 3

/** What a command may use beside the streams: it leaves its exit code here. */
export interface Session {
  readonly io: Io
  code: number
}

/** Runs one command line and gives its exit code; never throws and never ends the process by itself. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const session: Session = { io, code: DONE }
  const program = programOf(session)
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
    return session.code
  } catch (error) {
    return report(error, argv, io)
  }
}

/** All commands, bound to a session. */
export function programOf(session: Session): Command {
  const { io } = session
  const program = new Command('nadir')
    .description(
      'Trains two-layer neural networks to the lowest point of their loss, and proves it.\n' +
        'Data: CSV, Parquet, JSON lines or .npy files, "-" for standard input, or a bundled set (diabetes, breast-cancer, wine, digits).',
    )
    .version(VERSION, '-V, --version')
    // Ours knows topics too.
    .helpCommand(false)
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => Math.max(30, io.width ?? 100),
      getErrHelpWidth: () => Math.max(30, io.width ?? 100),
      getOutHasColors: () => io.colour,
      getErrHasColors: () => false,
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false, minWidthToWrap: 20, formatItem })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      () =>
        `${topicList(io.width)}` +
        `\n${wrap('Exit codes: 0 done, 1 failure, 2 usage or refused input, 3 stopped before the gap asked for (the result is written).', { most: io.width ?? 120 })}\n` +
        '\nExample:\n  nadir fit diabetes --target progression --out model.json\n',
    )
  for (const add of VERBS) add(program, session)
  return program
}

/** A line of help: beside each other, or on a narrow terminal the description below the name. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80
  if (width - termWidth >= 40) return Help.prototype.formatItem.call(helper, term, termWidth, description, helper)
  const below = helper.boxWrap(description, width - 6).replaceAll('\n', '\n      ')
  return `  ${term}\n      ${below}`
}

const VERBS: readonly ((program: Command, session: Session) => void)[] = [
  addFit,
  addPredict,
  addScore,
  addCertify,
  addAudit,
  addPathCommand,
  addCv,
  addInspect,
  addReport,
  addExport,
  addSolve,
  addRidge,
  addSketch,
  addNeuron,
  addKernel,
  addSpline,
  addCompress,
  addDecompress,
  addDemo,
  addDoctor,
  addSystems,
  addConfigCommand,
  addCompletion,
  addHelp,
]

/** Says what went wrong on `err` (and as one object on `out` with --json), and gives the exit code. */
function report(error: unknown, argv: readonly string[], io: Io): number {
  if (error instanceof CommanderError) {
    // Commander has written its message itself.
    if (error.exitCode === 0) return DONE
    if (argv.includes('--json')) io.out(jsonText(failure(argv, 'E_USAGE', error.message.replace(/^error: /, ''))))
    return REFUSED
  }
  const known = error instanceof NadirError
  const message = error instanceof Error ? error.message : String(error)
  io.err(`error: ${message}\n`)
  if (!known) io.err('This is a fault in nadir. Set NADIR_DEBUG=1 to see where it happened.\n')
  if (io.env.NADIR_DEBUG && error instanceof Error) io.err(`${error.stack}\n`)
  if (argv.includes('--json')) io.out(jsonText(failure(argv, known ? error.code : 'E_INTERNAL', message)))
  const failed = error instanceof NotSolvedError || error instanceof RescuedError
  return known && !failed ? REFUSED : FAILURE
}

function failure(argv: readonly string[], code: string, message: string): object {
  return { command: argv.find(arg => !arg.startsWith('-')) ?? null, status: 'error', error: { code, message } }
}
