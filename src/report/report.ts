/**
 * The report of a model: one page of HTML with everything in it, and the numbers of each figure beside it.
 *
 * The page asks for nothing from anywhere: no script, no font, no picture. It is made of what the run recorded and of the rows
 * that are handed in; a part whose numbers are not there is left out, and the page says why.
 * @module
 */
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate, type Rows, valuesOf } from '../formats/onRows.ts'
import type { Trace } from '../formats/runFolder.ts'
import { trainBaselines } from './baselines.ts'
import type { Figure } from './figure.ts'
import { baselinesFigure, type MethodMetrics } from './figures/baselines.ts'
import { dependenceFigure } from './figures/dependence.ts'
import { featureWeightsFigure, importanceFigure } from './figures/features.ts'
import { lambdaFigure } from './figures/lambdaChoice.ts'
import { neuronActivityFigure, neuronWeightsFigure } from './figures/neurons.ts'
import { pathFigures } from './figures/path.ts'
import { trainingFigures } from './figures/training.ts'
import { featureOrder, type Inspection, inspectModel } from './inspection.ts'
import { lambdaPathOf } from './lambdaPath.ts'
import { pageOf } from './page.ts'
import { predictionFigures } from './predictions.ts'

/** Rows with where they came from. */
export interface NamedRows {
  readonly rows: Rows
  readonly source: string
}

/** What a report is made of. */
export interface ReportInput {
  readonly model: SavedModel
  /** The rows of training, or others; null for a report from the weights alone. */
  readonly data: NamedRows | null
  /** Rows kept out of training, to measure on. */
  readonly test?: NamedRows | null
  readonly trace: Trace
  /** Where the model lies, as the page should call it. */
  readonly path: string
  /** The folder of the figures' numbers, as the page should call it. */
  readonly folder: string
  /** What an independent re-check of the saved certificate on the rows said; null where none was made. */
  readonly verdict?: { readonly valid: boolean; readonly problems: readonly string[] } | null
  /** Remarks on the data, for the page. */
  readonly notes?: readonly string[]
}

/** How much work goes into it. */
export interface ReportOptions {
  /** Shuffles of each feature; default 5. */
  readonly repeats?: number
  /** false leaves out the local search among the baselines, the slowest part; default true. */
  readonly search?: boolean
  /** false leaves out the path of lambdas; default true. */
  readonly path?: boolean
  /** Default: the seed of training. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** A page, and its figures with their numbers. */
export interface Report {
  readonly html: string
  readonly figures: readonly Figure[]
  /** The network last; empty where the rows are not those of training. */
  readonly methods: readonly MethodMetrics[]
}

/** Everything the page shows, by its sections. */
export interface ReportContent extends ReportInput {
  readonly onTraining: boolean
  /** Rows that predictions are shown on. */
  readonly shown: NamedRows | null
  readonly methods: readonly (MethodMetrics & { readonly test: Readonly<Record<string, number>> | null })[]
  readonly inspection: Inspection
  readonly figures: {
    readonly training: readonly Figure[]
    readonly lambda: readonly (Figure | null)[]
    readonly predictions: readonly Figure[]
    readonly baselines: Figure | null
    readonly neurons: readonly (Figure | null)[]
    readonly features: readonly (Figure | null)[]
    readonly dependence: readonly Figure[]
  }
}

/** Features whose partial dependence is drawn. */
const MOST_DEPENDENCE = 6

/**
 * Makes the report. Cost: that of `inspectModel`, and of the baselines and `lambdaPathOf` when the rows are those of training.
 */
export async function makeReport(input: ReportInput, options: ReportOptions = {}): Promise<Report> {
  const { model, data, test = null, trace } = input
  const { repeats = 5, search = true, path = true, seed = model.training.seed, signal } = options
  const onTraining = data !== null && isTraining(model, data.rows)
  const inspection = inspectModel(model, data?.rows ?? null, { repeats, seed })
  const shown = test ?? data
  const methods = onTraining ? await methodsOf(model, data.rows, { test, search, ...(signal && { signal }) }) : []
  const walked =
    onTraining && path
      ? await lambdaPathOf(model, data.rows, { test: test?.rows ?? null, ...(signal && { signal }) })
      : null
  const best = methods.map(({ test: held, ...method }) => ({ ...method, metrics: held ?? method.metrics }))
  const { dependence } = inspection
  const figures: ReportContent['figures'] = {
    training: trainingFigures(trace.curve, model.training.gap),
    lambda: [
      lambdaFigure(trace.validation, model.lambda),
      ...pathFigures(walked, { names: inspection.features.map(({ name }) => name), lambda: model.lambda }),
    ],
    predictions: shown === null ? [] : predictionFigures(model, shown.rows),
    baselines: baselinesFigure(best, test === null ? 'the training rows' : 'rows kept out of training'),
    neurons: [neuronWeightsFigure(inspection.neurons, inspection.columns), neuronActivityFigure(inspection.neurons)],
    features: [importanceFigure(inspection.features, repeats), featureWeightsFigure(inspection.features)],
    dependence:
      dependence === null
        ? []
        : featureOrder(inspection)
            .filter(k => inspection.features[k].weight > 0)
            .slice(0, MOST_DEPENDENCE)
            .map((k, index) => dependenceFigure(dependence[k], { index })),
  }
  return {
    html: pageOf({ ...input, onTraining, shown, methods, inspection, figures }),
    figures: Object.values(figures)
      .flat()
      .filter(figure => figure !== null),
    methods: best,
  }
}

/** Whether the rows are those of training: as many, with the metrics that training saved. */
export function isTraining(model: SavedModel, rows: Rows): boolean {
  if (rows.x.rows !== model.training.rows) return false
  const metrics = evaluate(model, rows)
  return Object.entries(model.metrics).every(
    ([name, value]) => Math.abs(metrics[name] - value) <= 1e-9 * Math.max(1, Math.abs(value)),
  )
}

async function methodsOf(
  model: SavedModel,
  rows: Rows,
  options: { test: NamedRows | null; search: boolean; signal?: AbortSignal },
): Promise<ReportContent['methods']> {
  const { test, ...how } = options
  const baselines = await trainBaselines(model, rows, how)
  const own = {
    method: `this network, ${model.network.hidden.rows} neurons`,
    objective: model.certificate.primal,
    values: (x: Rows['x']) => valuesOf(model, x),
  }
  return [...baselines, own].map(({ method, objective, values }) => ({
    method,
    objective,
    metrics: evaluate(model, rows, values(rows.x)),
    test: test === null ? null : evaluate(model, test.rows, values(test.rows.x)),
  }))
}
