/**
 * Data: tables, their encoding into matrices, metrics, and small real data sets.
 * @module
 */
export { BUNDLED, type BundledName, bundled, bundledPath, isBundled } from './bundled.ts'
export { type CalibrationBin, calibrationBins } from './calibration.ts'
export { confusionMatrix } from './confusion.ts'
export { type CsvTable, csvText } from './csv.ts'
export { type Dataset, type DatasetOptions, datasetOf, weightsOf } from './dataset.ts'
export { daysOf } from './dates.ts'
export { parseDelimited } from './delimited.ts'
export { type Encoder, type Encoding, encode, encodedNames, encoderOf, type FeatureEncoding } from './encoding.ts'
export { columnGroups, featureGrid, type GridPoint } from './featureGrid.ts'
export { joinTables } from './joinTables.ts'
export { learnEncoding } from './learnEncoding.ts'
export { auc, type ClassMetrics, classMetrics, type RegressionMetrics, regressionMetrics } from './metrics.ts'
export { lossFor, lossTargets, metricsOf, type Predictions, predictionsOf } from './predictions.ts'
export { type RocPoint, rocCurve } from './roc.ts'
export { sheppLogan } from './sheppLogan.ts'
export { type SplitOptions, trainTestSplit } from './split.ts'
export { nearest } from './suggest.ts'
export { type Column, columnOf, type NumberColumn, rowsOf, type Table, type TextColumn, tableOf } from './table.ts'
export { encodeTarget, learnTarget, type TargetEncoding, type Task } from './target.ts'
