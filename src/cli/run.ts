/**
 * From arguments to an exit code: 0 done, 1 failure, 2 usage or refused input, 3 stopped before the gap asked for.
 * @module
 */
import { Command, CommanderError, Help } from 'commander'
import { NadirError, NotSolvedError, RescuedError } from '../errors.ts'
import { topicList } from './help.ts'
import type { Io } from './io.ts'
import { jsonText, wrap } from './output.ts'
import { DONE, FAILURE, REFUSED, type Session } from './session.ts'
import { VERSION } from './version.ts'

/** Runs one command line and gives its exit code; never throws and never ends the process by itself. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const session: Session = { io, code: DONE }
  try {
    const program = await programOf(session, argv)
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
    return session.code
  } catch (error) {
    return report(error, argv, io)
  }
}

/**
 * The commands that a command line needs, bound to a session: the one it names, or all where it names none that knows of
 * no others. A verb's module is loaded when it is needed, as the start of a program is time that everybody waits for.
 */
export async function programOf(session: Session, argv: readonly string[]): Promise<Command> {
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
  const named = argv.find(each => !each.startsWith('-')) ?? ''
  const alone = Object.hasOwn(VERBS, named) && !KNOWING_ALL.has(named)
  for (const load of alone ? [VERBS[named]] : Object.values(VERBS)) (await load())(program, session)
  return program
}

/** A line of help: beside each other, or on a narrow terminal the description below the name. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80
  if (width - termWidth >= 40) return Help.prototype.formatItem.call(helper, term, termWidth, description, helper)
  const below = helper.boxWrap(description, width - 6).replaceAll('\n', '\n      ')
  return `  ${term}\n      ${below}`
}

/** Verbs that speak of the others. */
const KNOWING_ALL: ReadonlySet<string> = new Set(['completion', 'help'])

/** In the order of the help. */
const VERBS: Readonly<Record<string, () => Promise<(program: Command, session: Session) => void>>> = {
  fit: async () => (await import('./fit.ts')).addFit,
  predict: async () => (await import('./predict.ts')).addPredict,
  score: async () => (await import('./score.ts')).addScore,
  certify: async () => (await import('./certify.ts')).addCertify,
  audit: async () => (await import('./audit.ts')).addAudit,
  landscape: async () => (await import('./landscape.ts')).addLandscape,
  path: async () => (await import('./path.ts')).addPathCommand,
  cv: async () => (await import('./cv.ts')).addCv,
  inspect: async () => (await import('./inspect.ts')).addInspect,
  report: async () => (await import('./report.ts')).addReport,
  export: async () => (await import('./export.ts')).addExport,
  solve: async () => (await import('./solve.ts')).addSolve,
  ridge: async () => (await import('./ridge.ts')).addRidge,
  sketch: async () => (await import('./sketch.ts')).addSketch,
  neuron: async () => (await import('./neuron.ts')).addNeuron,
  kernel: async () => (await import('./kernel.ts')).addKernel,
  spline: async () => (await import('./spline.ts')).addSpline,
  compress: async () => (await import('./compress.ts')).addCompress,
  decompress: async () => (await import('./decompress.ts')).addDecompress,
  demo: async () => (await import('./demo.ts')).addDemo,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
  systems: async () => (await import('./systemsCommand.ts')).addSystems,
  config: async () => (await import('./config.ts')).addConfigCommand,
  completion: async () => (await import('./completion.ts')).addCompletion,
  help: async () => (await import('./help.ts')).addHelp,
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
  const failed = error instanceof NotSolvedError || error instanceof RescuedError
  return known && !failed ? REFUSED : FAILURE
}

function failure(argv: readonly string[], code: string, message: string): object {
  return { command: argv.find(arg => !arg.startsWith('-')) ?? null, status: 'error', error: { code, message } }
}
