/**
 * The languages a model can be written in.
 * @module
 */
import type { SavedModel } from '../modelFile.ts'
import { exportJs } from './exportJs.ts'
import { exportJson } from './exportJson.ts'
import { exportSql, type SqlOptions } from './exportSql.ts'

/** A JavaScript module, an SQL expression, or plain weights. */
export type ExportFormat = 'js' | 'sql' | 'json'

/** Their names. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ['js', 'sql', 'json']

const EXPORTERS: Record<ExportFormat, (model: SavedModel, options: SqlOptions) => string> = {
  js: exportJs,
  sql: exportSql,
  json: exportJson,
}

/** The text of a model in a format. Throws what `exportSql` throws. */
export function exportModel(model: SavedModel, options: SqlOptions & { readonly format: ExportFormat }): string {
  return EXPORTERS[options.format](model, options)
}
