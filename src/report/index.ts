/**
 * Reports: a model looked into, figures with their numbers, and the page in one file.
 * @module
 */
export { type Baseline, type BaselineOptions, trainBaselines } from './baselines.ts'
export type { Figure } from './figure.ts'
export {
  byImportance,
  type Dependence,
  type FeatureSummary,
  featureOrder,
  type Inspection,
  type InspectionOptions,
  inspectModel,
} from './inspection.ts'
export { isTraining, makeReport, type NamedRows, type Report, type ReportInput, type ReportOptions } from './report.ts'
