/**
 * Ctrl-C: the first stops the work and keeps the best so far, the second ends the process at once.
 * @module
 */
import type { Io } from './io.ts'

/** Exit code of a process ended by Ctrl-C, by the custom of shells: 128 + SIGINT. */
const KILLED = 130

/** Runs `work` with a signal that the first Ctrl-C aborts. */
export async function interruptible<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = io.onInterrupt(() => {
    if (controller.signal.aborted) return io.exit(KILLED)
    io.err(`${io.terminal ? '\r\u001b[K' : ''}stopping; the best so far is kept (Ctrl-C again ends at once)\n`)
    controller.abort()
  })
  try {
    return await work(controller.signal)
  } finally {
    stop()
  }
}
