/**
 * What a command may touch of the machine: three streams, the environment, and Ctrl-C. Tests hand in their own.
 * @module
 */

export interface Io {
  /** Results. */
  readonly out: (text: string) => void
  /** Progress, notes and errors. */
  readonly err: (text: string) => void
  /** Whether `err` is a terminal on which a line can be redrawn. */
  readonly terminal: boolean
  /** Whether `out` may be coloured. */
  readonly colour: boolean
  /** All of standard input; absent when it is a terminal. */
  readonly stdin?: () => Promise<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls `listener` at every Ctrl-C; gives back how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

/** The streams of this process. */
export function processIo(): Io {
  // A reader that goes away early (`nadir … | head`) is no failure.
  process.stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    terminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    ...(process.stdin.isTTY ? {} : { stdin: readAll }),
    env: process.env,
    onInterrupt: listener => {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener)
        process.off('SIGTERM', listener)
      }
    },
    exit: code => process.exit(code),
  }
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
