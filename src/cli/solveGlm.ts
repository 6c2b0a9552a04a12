/**
 * `nadir solve --loss logistic|poisson|huber|squared-hinge`: a ridged linear model by Newton's method, certified by its duality gap.
 * @module
 */
import { certifyLinear, type LinearCertificate } from '../certificates/certifyLinear.ts'
import type { Dataset } from '../data/dataset.ts'
import { lossTargets, metricsOf, predictionsOf } from '../data/predictions.ts'
import { UnsupportedError } from '../errors.ts'
import { writeResult } from '../formats/writeAtomic.ts'
import { createLoss } from '../losses/createLoss.ts'
import { compute } from '../matrix/createCompute.ts'
import { type Dense, rowOf } from '../matrix/dense.ts'
import { dot } from '../matrix/vector.ts'
import { type GlmMethod, type GlmSolution, solveGlm } from '../solvers/sketched/solveGlm.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset } from './load.ts'
import { duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { coefficientsCsv, coefficientsTable, contractionText, orNull, type SolveFlags } from './solve.ts'

/** Runs the command for a loss other than squared, or a Newton method for squared loss. */
export async function solveWithLoss(path: string, flags: SolveFlags, { session }: { session: Session }): Promise<void> {
  const { io } = session
  const { loss: name } = flags
  const numbers = name === 'squared' || name === 'huber' || name === 'poisson'
  const data = await loadDataset(path, { ...flags, task: numbers ? 'regression' : 'classification' }, io)
  if (!numbers && data.target.kind === 'classes' && data.target.labels.length !== 2)
    throw new UnsupportedError(
      `solve: ${name} loss is for two classes; the target "${data.target.name}" has ${data.target.labels.length}. Use fit, which has multinomial loss.`,
    )
  if (!flags.quiet) for (const text of data.notes) note(io, text)
  const loss = createLoss(name, {
    targets: lossTargets(data.y, name),
    weights: data.weights,
    ...(flags.delta !== undefined && { delta: flags.delta }),
  })
  const n = data.x.rows
  const tolerance = flags.tolerance ?? (flags.ridge > 0 ? 1e-10 : 1e-7)
  const solution = await interruptible(io, signal =>
    solveGlm(data.x, loss, {
      lambda: flags.ridge * n,
      intercept: flags.intercept,
      method: flags.method as GlmMethod,
      // The certificate, which counts roundings, is a little wider than the gap the solver sees.
      tolerance: tolerance / 2,
      seed: flags.seed,
      signal,
      ...(flags.rows !== undefined && { rows: flags.rows }),
      ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
    }),
  )
  const certificate = certifyLinear(
    { x: data.x, loss, lambda: flags.ridge, coefficients: solution.x, intercept: solution.intercept },
    { candidates: solution.dualPoint === null ? [] : [solution.dualPoint] },
  )
  const solved = certificate.relativeGap <= tolerance
  session.code = solved ? DONE : STOPPED_EARLY
  const status = solved ? 'solved' : solution.status === 'solved' ? 'stalled' : solution.status
  const rows: [string, number][] = [
    ...(solution.intercept === null ? [] : [['(intercept)', solution.intercept] as [string, number]]),
    ...data.names.map((label, j): [string, number] => [label, solution.x[j]]),
  ]
  if (flags.out !== undefined) await writeResult(flags.out, coefficientsCsv(rows))
  const metrics = metricsFor(data, solution, name)
  if (!flags.quiet) for (const text of solution.report.warnings) note(io, text)
  const shown = { status, tolerance, certificate, metrics, rows }
  if (flags.json) return io.out(jsonText(resultOf(flags, data, solution, shown)))
  io.out(summaryOf(flags, solution, shown))
  io.out(coefficientsTable(rows))
  if (flags.out !== undefined) io.out(`coefficients: ${flags.out}\n`)
}

interface Shown {
  readonly tolerance: number
  readonly status: string
  readonly certificate: LinearCertificate
  readonly metrics: Record<string, number>
  readonly rows: readonly (readonly [string, number])[]
}

function metricsFor(data: Dataset, { x, intercept }: GlmSolution, loss: SolveFlags['loss']): Record<string, number> {
  const fit = fitted(data.x, x, intercept ?? 0)
  const predictions = predictionsOf(loss === 'poisson' ? fit.map(Math.exp) : fit, { target: data.target, loss })
  return metricsOf(data.y, predictions, { target: data.target, weights: data.weights })
}

/** A·x + x₀. */
export function fitted(a: Dense, x: Float64Array, intercept: number): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => intercept + dot(rowOf(a, i), x))
}

function resultOf(flags: SolveFlags, data: Dataset, solution: GlmSolution, shown: Shown): object {
  const { report } = solution
  const { witness: _witness, reach, ...certificate } = shown.certificate
  const n = data.x.rows
  return {
    command: 'solve',
    status: shown.status,
    objective: solution.objective / n,
    lambda: flags.ridge,
    loss: flags.loss,
    certificate: {
      ...certificate,
      dual: orNull(certificate.dual),
      gap: orNull(certificate.gap),
      relativeGap: orNull(certificate.relativeGap),
      reach,
    },
    metrics: shown.metrics,
    iterations: solution.iterations,
    seconds: solution.seconds,
    seed: flags.seed,
    backend: compute().backend,
    outputs: flags.out === undefined ? [] : [flags.out],
    method: solution.method,
    reason: solution.reason,
    sketch: {
      rows: report.sketchRows,
      effectiveDimension: orNull(report.effectiveDimension),
      predictedContraction: orNull(report.predicted),
      measuredContraction: orNull(report.measured),
      growth: report.growth,
    },
    newton: { decrements: report.decrements },
    products: report.products,
    coefficients: Object.fromEntries(shown.rows),
    ...(data.target.kind === 'classes' && { classes: data.target.labels }),
    notes: [...data.notes, ...report.warnings],
  }
}

function summaryOf(
  flags: SolveFlags,
  solution: GlmSolution,
  { status, tolerance, certificate, metrics }: Shown,
): string {
  const { report } = solution
  const contraction = contractionText(report)
  return [
    '',
    `${status === 'solved' ? 'solved' : `stopped (${status}) before the gap asked for,`} after ${duration(solution.seconds)}, ${solution.iterations} Newton steps, ${report.products} products (${compute().backend} backend)`,
    `  loss       ${flags.loss}`,
    `  method     ${solution.method}${report.sketchRows > 0 ? `, sketch of ${report.sketchRows} rows` : ''}`,
    `  why        ${solution.reason}`,
    `  ridge      ${figure(flags.ridge)}`,
    `  objective  ${figure(certificate.primal, 8)}`,
    `  gap        ${Number.isFinite(certificate.relativeGap) ? `${certificate.relativeGap.toExponential(1)} relative` : 'not bounded'}, asked for ${tolerance.toExponential(0)}`,
    ...(contraction === null ? [] : [`  contracts  ${contraction}`]),
    `  fit        ${Object.entries(metrics)
      .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
      .join(', ')}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}
