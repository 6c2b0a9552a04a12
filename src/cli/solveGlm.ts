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
import { type Dense, rowOf } from '../matrix/dense.ts'
import { dot } from '../matrix/vector.ts'
import { type GlmMethod, type GlmSolution, solveGlm } from '../solvers/sketched/solveGlm.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset } from './load.ts'
import { figure, jsonText, metricsText, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import type { SolveFlags } from './solve.ts'
import {
  certificateFields,
  coefficientsCsv,
  coefficientsTable,
  contractionText,
  endLine,
  gapLine,
  methodLines,
  runFields,
  sketchFields,
} from './solveResult.ts'

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
    certificate: { ...certificateFields(certificate), reach },
    metrics: shown.metrics,
    ...runFields(solution, flags),
    sketch: sketchFields(report),
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
    endLine(
      { status, seconds: solution.seconds },
      { work: `${solution.iterations} Newton steps, ${report.products} products` },
    ),
    `  loss       ${flags.loss}`,
    ...methodLines(solution, report.sketchRows),
    `  ridge      ${figure(flags.ridge)}`,
    `  objective  ${figure(certificate.primal, 8)}`,
    gapLine(certificate, tolerance),
    ...(contraction === null ? [] : [`  contracts  ${contraction}`]),
    `  fit        ${metricsText(metrics)}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}
