/**
 * Formats: files in and out, one codec a file.
 * @module
 */
export { COMPRESSED_VERSION, isCompressed, readCompressed, writeCompressed } from './compressedFile.ts'
export { type DuckReading, hasDuckdb } from './duckdb.ts'
export { exportJs } from './export/exportJs.ts'
export { exportJson } from './export/exportJson.ts'
export { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportModel } from './export/exportModel.ts'
export { exportOnnx, type OnnxOptions, type OnnxPrecision } from './export/exportOnnx.ts'
export { exportSql, type SqlOptions } from './export/exportSql.ts'
export { readJsonWeights } from './import/json.ts'
export { type NamedArray, networkFromArrays } from './import/namedWeights.ts'
export { type OnnxReadOptions, readOnnx } from './import/onnx.ts'
export { readForeign } from './import/readForeign.ts'
export {
  modelText,
  parseModel,
  predictorState,
  readModel,
  type SavedModel,
  writeModel,
} from './modelFile.ts'
export { isNpy, type NpyArray, type NpyType, npyMatrix, readNpy, writeNpy } from './npy.ts'
export { readNpz } from './npz.ts'
export { evaluate, type Rows, valuesOf } from './onRows.ts'
export type { Stdin } from './openFile.ts'
export { type ReadTableOptions, readTable, streamTable } from './readTable.ts'
export { readTrace, type Trace } from './runFolder.ts'
export { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts'
export { writeAtomic } from './writeAtomic.ts'
