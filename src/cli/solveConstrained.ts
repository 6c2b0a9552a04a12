/**
 * `nadir solve --constraint …`: least squares and ridge with coefficients confined to a convex set, certified by a duality gap. The intercept is free.
 * @module
 */
import { certifyLinear, type LinearCertificate } from '../certificates/certifyLinear.ts'
import { regressionMetrics } from '../data/metrics.ts'
import { DomainError, UnsupportedError } from '../errors.ts'
import { writeResult } from '../formats/writeAtomic.ts'
import { squaredLoss } from '../losses/squared.ts'
import { compute } from '../matrix/createCompute.ts'
import { box, type Constraint, l1Ball, l2Ball, nonnegative, simplex } from '../penalties/index.ts'
import type { ConstrainedVariant } from '../solvers/sketched/constrainedSketch.ts'
import {
  CONSTRAINED_METHODS,
  type ConstrainedMethod,
  type ConstrainedSolution,
  solveConstrained,
} from '../solvers/sketched/solveConstrained.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset } from './load.ts'
import { duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { coefficientsCsv, coefficientsTable, contractionText, orNull, reduce, type SolveFlags } from './solve.ts'
import { fitted } from './solveGlm.ts'

/** Names of `--constraint`. */
export const CONSTRAINTS = ['nonnegative', 'box', 'simplex', 'l1', 'l2'] as const
export type ConstraintName = (typeof CONSTRAINTS)[number]

const TOLERANCE = 1e-8

/** Runs the command with a constraint. */
export async function solveWithConstraint(
  path: string,
  flags: SolveFlags & { readonly constraint: ConstraintName },
  { session }: { session: Session },
): Promise<void> {
  const { io } = session
  if (!(CONSTRAINED_METHODS as readonly string[]).includes(flags.method))
    throw new UnsupportedError(
      `solve: with --constraint the method must be one of ${CONSTRAINED_METHODS.join(', ')}; got ${flags.method}.`,
    )
  if (flags.variant === 'heavy-ball')
    throw new UnsupportedError('solve: momentum has no rate under constraints; got --variant heavy-ball. Use gradient.')
  checkSet(flags)
  const data = await loadDataset(path, { ...flags, task: 'regression' }, io)
  if (!flags.quiet) for (const text of data.notes) note(io, text)
  const { matrix, target, means, centre } = reduce(data, flags.intercept)
  const constraint = constraintOf(flags, matrix.cols)
  const tolerance = flags.tolerance ?? TOLERANCE
  const solution = await interruptible(io, signal =>
    solveConstrained(matrix, target, {
      constraint,
      lambda: flags.ridge * matrix.rows,
      method: flags.method as ConstrainedMethod,
      // The certificate, which counts roundings, is a little wider than the gap the solver sees.
      tolerance: tolerance / 2,
      seed: flags.seed,
      signal,
      ...(flags.variant !== undefined && { variant: flags.variant as ConstrainedVariant }),
      ...(flags.rows !== undefined && { rows: flags.rows }),
      ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
    }),
  )
  const { x: coefficients } = solution
  const intercept = flags.intercept ? centre - means.reduce((sum, mean, j) => sum + mean * coefficients[j], 0) : null
  const fit = fitted(data.x, coefficients, intercept ?? 0)
  const certificate = certifyLinear({
    ...{ x: data.x, lambda: flags.ridge, coefficients, intercept, constraint: constraint.set },
    loss: squaredLoss(data.y, { weights: data.weights }),
  })
  const size = coefficients.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const solved = certificate.relativeGap <= tolerance && certificate.violation <= 1e-12 * size
  session.code = solved ? DONE : STOPPED_EARLY
  const status = solved ? 'solved' : solution.status === 'solved' ? 'stalled' : solution.status
  const metrics = { ...regressionMetrics(data.y, fit, { weights: data.weights }) }
  const rows: [string, number][] = [
    ...(intercept === null ? [] : [['(intercept)', intercept] as [string, number]]),
    ...data.names.map((name, j): [string, number] => [name, coefficients[j]]),
  ]
  if (flags.out !== undefined) await writeResult(flags.out, coefficientsCsv(rows))
  const notes = [...data.notes, ...solution.report.warnings]
  if (!flags.quiet) for (const text of solution.report.warnings) note(io, text)
  const shown = { status, tolerance, certificate, metrics, rows, notes, constraint }
  if (flags.json) return io.out(jsonText(resultOf(flags, solution, shown)))
  io.out(summaryOf(flags, solution, shown))
  io.out(coefficientsTable(rows))
  if (flags.out !== undefined) io.out(`coefficients: ${flags.out}\n`)
}

/** Flags that the set needs, and no others. */
function checkSet({ constraint, radius, low, high }: SolveFlags): void {
  const ball = constraint === 'l1' || constraint === 'l2' || constraint === 'simplex'
  if (ball && (low !== undefined || high !== undefined))
    throw new DomainError(`solve: --low and --high belong to --constraint box; got ${constraint}. Use --radius.`)
  if (!ball && radius !== undefined)
    throw new DomainError(`solve: --radius belongs to --constraint l1, l2 and simplex; got ${constraint}.`)
  if (constraint === 'nonnegative' && (low !== undefined || high !== undefined))
    throw new DomainError('solve: --low and --high belong to --constraint box; got nonnegative. Use box.')
  if (constraint === 'box' && low === undefined && high === undefined)
    throw new DomainError('solve: --constraint box needs --low or --high; both are missing.')
  if ((constraint === 'l1' || constraint === 'l2') && radius === undefined)
    throw new DomainError(`solve: --constraint ${constraint} needs --radius; it is missing.`)
}

function constraintOf({ constraint, radius = 1, low, high }: SolveFlags, size: number): Constraint {
  switch (constraint) {
    case 'l1':
      return l1Ball(size, { radius })
    case 'l2':
      return l2Ball(size, { radius })
    case 'simplex':
      return simplex(size, { radius })
    case 'box':
      return box(size, { ...(low !== undefined && { low }), ...(high !== undefined && { high }) })
    default:
      return nonnegative(size)
  }
}

interface Shown {
  readonly status: string
  readonly tolerance: number
  readonly certificate: LinearCertificate
  readonly metrics: Record<string, number>
  readonly rows: readonly (readonly [string, number])[]
  readonly notes: readonly string[]
  readonly constraint: Constraint
}

function resultOf(flags: SolveFlags, solution: ConstrainedSolution, shown: Shown): object {
  const { report } = solution
  const { witness: _witness, ...certificate } = shown.certificate
  return {
    command: 'solve',
    status: shown.status,
    objective: certificate.primal,
    lambda: flags.ridge,
    constraint: setOf(shown.constraint),
    certificate: {
      ...certificate,
      dual: orNull(certificate.dual),
      gap: orNull(certificate.gap),
      relativeGap: orNull(certificate.relativeGap),
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
    products: report.products,
    coefficients: Object.fromEntries(shown.rows),
    notes: shown.notes,
  }
}

/** The set with null for an end that is not there. */
function setOf({ set }: Constraint): object {
  return set.kind === 'box' ? { kind: set.kind, low: orNull(set.low), high: orNull(set.high) } : set
}

function summaryOf(flags: SolveFlags, solution: ConstrainedSolution, shown: Shown): string {
  const { report } = solution
  const { status, tolerance, certificate, metrics, rows } = shown
  const rate = contractionText(report)
  const values = rows.filter(([name]) => name !== '(intercept)')
  return [
    '',
    `${status === 'solved' ? 'solved' : `stopped (${status}) before the gap asked for,`} after ${duration(solution.seconds)}, ${report.products} products (${compute().backend} backend)`,
    `  method     ${solution.method}${report.sketchRows > 0 ? `, sketch of ${report.sketchRows} rows` : ''}`,
    `  why        ${solution.reason}`,
    `  ridge      ${figure(flags.ridge)}`,
    `  constraint ${flags.constraint}, ${values.filter(([, v]) => v !== 0).length} of ${values.length} coefficients not 0`,
    `  objective  ${figure(certificate.primal, 8)}`,
    `  gap        ${Number.isFinite(certificate.relativeGap) ? `${certificate.relativeGap.toExponential(1)} relative` : 'not bounded'}, asked for ${tolerance.toExponential(0)}`,
    ...(rate === null ? [] : [`  contracts  ${rate}`]),
    `  fit        ${Object.entries(metrics)
      .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
      .join(', ')}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}
