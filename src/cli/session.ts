/**
 * What one run of the command line shares with its verb: the streams, and the exit codes.
 * @module
 */
import type { Io } from './io.ts'

export const DONE = 0
export const FAILURE = 1
export const REFUSED = 2
export const STOPPED_EARLY = 3

/** What a command may use beside the streams: it leaves its exit code here. */
export interface Session {
  readonly io: Io
  code: number
}
