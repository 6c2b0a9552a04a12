/**
 * Errors of Nadir. Every message reads: who: the rule; got the value. What to do.
 * @module
 */

/** Base of every error thrown on purpose; `code` is stable and machine-readable. */
export class NadirError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Lengths or shapes that do not fit together. */
export class ShapeError extends NadirError {
  constructor(message: string) {
    super('E_SHAPE', message)
  }
}

/** A value outside the range in which the mathematics holds (NaN, lambda ≤ 0, unknown label …). */
export class DomainError extends NadirError {
  constructor(message: string, code = 'E_DOMAIN') {
    super(code, message)
  }
}

/** A combination that is refused, with the alternative named in the message. */
export class UnsupportedError extends NadirError {
  constructor(message: string, code = 'E_UNSUPPORTED') {
    super(code, message)
  }
}

/** A file that is damaged, foreign or of another version. */
export class FormatError extends NadirError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_FORMAT', message, options)
  }
}

/** A missing or broken optional dependency or remote machine. */
export class PeerError extends NadirError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_PEER', message, options)
  }
}

/** A sub-problem that must be solved to go on, and was not. */
export class NotSolvedError extends NadirError {
  constructor(message: string, code = 'E_NOT_SOLVED') {
    super(code, message)
  }
}

/** A result that could not be written where it was wanted and lies elsewhere. */
export class RescuedError extends NadirError {
  /** Where it is; null when it was printed. */
  readonly place: string | null
  constructor(message: string, place: string | null, options?: ErrorOptions) {
    super('E_RESCUED', message, options)
    this.place = place
  }
}
