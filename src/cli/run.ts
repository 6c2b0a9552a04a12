/**
 * From arguments to an exit code: 0 done, 1 failure, 2 usage or refused input, 3 stopped before the gap asked for.
 * @module
 */
import { Command, CommanderError } from 'commander'
import { NadirError, NotSolvedError } from '../errors.ts'
import { addCertify } from './certify.ts'
import { addCompress } from './compress.ts'
import { addDecompress } from './decompress.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { addExport } from './export.ts'
import { addFit } from './fit.ts'
import { addInspect } from './inspect.ts'
import type { Io } from './io.ts'
import { addNeuron } from './neuron.ts'
import { jsonText } from './output.ts'
import { addPredict } from './predict.ts'
import { addReport } from './report.ts'
import { addScore } from './score.ts'
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

function programOf(session: Session): Command {
  const { io } = session
  const program = new Command('nadir')
    .description(
      'Trains two-layer neural networks to the lowest point of their loss, and proves it.\n' +
        'Data: CSV, Parquet, JSON lines or .npy files, "-" for standard input, or a bundled set (diabetes, breast-cancer, wine, digits).',
    )
    .version(VERSION, '-V, --version')
    .helpCommand('help [command]', 'help for a command')
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failure, 2 usage or refused input, 3 stopped before the gap asked for (the result is written).\n' +
        '\nExample:\n  nadir fit diabetes --target progression --out model.json\n',
    )
  for (const add of [
    addFit,
    addPredict,
    addScore,
    addCertify,
    addInspect,
    addReport,
    addExport,
    addSolve,
    addNeuron,
    addSpline,
    addCompress,
    addDecompress,
    addDemo,
    addDoctor,
    addSystems,
  ])
    add(program, session)
  return program
}

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
  return known && !(error instanceof NotSolvedError) ? REFUSED : FAILURE
}

function failure(argv: readonly string[], code: string, message: string): object {
  return { command: argv.find(arg => !arg.startsWith('-')) ?? null, status: 'error', error: { code, message } }
}
