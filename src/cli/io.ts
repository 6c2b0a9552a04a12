/**
 * What a command may touch of the machine: three streams, the environment, and Ctrl-C. Tests hand in their own.
 * @module
 */
import { once } from 'node:events'

export interface Io {
  /** Results. */
  readonly out: (text: string) => void
  /** Progress, notes and errors. */
  readonly err: (text: string) => void
  /** Whether `err` is a terminal on which a line can be redrawn. */
  readonly terminal: boolean
  /** Whether `out` may be coloured. */
  readonly colour: boolean
  /** Characters in a line of `out`; absent when it is no terminal. */
  readonly width?: number
  /** The same of `err`. */
  readonly errWidth?: number
  /** Waits until what was given to `out` has gone through, so that a slow reader does not fill the memory. */
  readonly drained?: () => Promise<void>
  /** Standard input as it comes; absent when it is a terminal. */
  readonly stdin?: () => AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls `listener` at every Ctrl-C; gives back how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

/** The streams of this process. */
export function processIo(): Io {
  // A reader that goes away early (`nadir … | head`) is no failure.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      if ('code' in error && error.code === 'EPIPE') process.exit(0)
      throw error
    })
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    terminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    ...(process.stdin.isTTY ? {} : { stdin: () => process.stdin }),
    ...(process.stdout.isTTY && { width: process.stdout.columns }),
    ...(process.stderr.isTTY && { errWidth: process.stderr.columns }),
    drained: () =>
      process.stdout.writableNeedDrain ? once(process.stdout, 'drain').then(() => {}) : Promise.resolve(),
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
