/**
 * A certificate as HTML, for notebooks: its sentence, which says what it covers, before its numbers.
 * @module
 */
import { type Html, html } from '../display/html.ts'
import { notebookTable, showing } from '../display/notebook.ts'
import type { Certificate } from './certificate.ts'

/** Sentence and numbers. */
export function certificateHtml({ statement, primal, dual, relativeGap, scope, oracle }: Certificate): Html {
  return html`<p>${statement}</p>${notebookTable(
    ['objective', 'bound', 'relative gap', 'scope', 'oracle'],
    [[primal, dual, relativeGap, scope, oracle]],
    7,
  )}`
}

/** The same certificate, which shows itself in notebooks. */
export function showingCertificate(certificate: Certificate): Certificate {
  return showing(certificate, each => ({ html: certificateHtml(each), plain: each.statement }))
}
