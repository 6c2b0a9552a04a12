/**
 * The languages a model can be written in.
 * @module
 */
import type { SavedModel } from '../modelFile.ts'
import { exportJs } from './exportJs.ts'
import { exportJson } from './exportJson.ts'
import { exportOnnx, type OnnxOptions } from './exportOnnx.ts'
import { exportSql, type SqlOptions } from './exportSql.ts'

/** A JavaScript module, an SQL expression, plain weights, or an ONNX graph. */
export type ExportFormat = 'js' | 'sql' | 'json' | 'onnx'

/** Their names. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ['js', 'sql', 'json', 'onnx']

/** A format, and what single formats ask; what another format asks is not looked at. */
export interface ExportOptions extends SqlOptions, OnnxOptions {
  readonly format: ExportFormat
}

const EXPORTERS: Record<ExportFormat, (model: SavedModel, options: ExportOptions) => string | Uint8Array> = {
  js: exportJs,
  sql: exportSql,
  json: exportJson,
  onnx: exportOnnx,
}

/** A model in a format: text, or bytes for ONNX. Throws what `exportSql` throws. */
export function exportModel(model: SavedModel, options: ExportOptions): string | Uint8Array {
  return EXPORTERS[options.format](model, options)
}
