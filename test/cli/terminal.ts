/**
 * Runs command lines in this process, on streams that tests can read.
 */
import type { Io } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array
  /** Characters in a line. */
  readonly width?: number
  /** Called with what Ctrl-C does, each time a command starts to listen for it. */
  readonly onListen?: (interrupt: () => void) => void
  readonly onExit?: (code: number) => void
}

/** Runs `nadir …` and gives exit code and streams. */
export async function nadir(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const { stdin } = options
  const io: Io = {
    out: text => {
      out += text
    },
    err: text => {
      err += text
    },
    terminal: false,
    colour: false,
    ...(stdin !== undefined && {
      async *stdin() {
        yield Buffer.from(stdin)
      },
    }),
    ...(options.width !== undefined && { width: options.width }),
    env: {},
    onInterrupt(listener) {
      options.onListen?.(listener)
      return () => {}
    },
    exit: code => options.onExit?.(code),
  }
  const code = await run(argv, io)
  return { code, out, err }
}

/** The one JSON object that a command printed. */
export function objectOf(ran: Ran): Record<string, unknown> {
  return JSON.parse(ran.out) as Record<string, unknown>
}
