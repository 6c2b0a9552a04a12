/**
 * The certificate of an audit once more, by the independent re-check.
 * @module
 */
import { recheckHomogeneous, type Verdict } from '../../certificates/index.ts'
import { UnsupportedError } from '../../errors.ts'
import type { Audit } from './audit.ts'

/** The verdict on the certificate of an audit, or why there is none. */
export interface AuditRecheck {
  readonly verdict: Verdict | null
  readonly note: string | null
}

/** Proves the two numbers of the certificate again, by code that shares nothing with what made it. */
export function recheckAudit({ certificate, measured, lambda }: Audit): AuditRecheck {
  if (lambda === 0 || measured.loss.outputs > 1)
    return {
      verdict: null,
      note: `the independent re-check was not possible: it knows ${lambda === 0 ? 'no margins' : 'networks of one output'}.`,
    }
  const { network, loss } = measured
  try {
    return { verdict: recheckHomogeneous(certificate, { ...measured.program(lambda), loss, network }), note: null }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    return { verdict: null, note: `the independent re-check was not possible: ${error.message}` }
  }
}
