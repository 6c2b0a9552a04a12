/**
 * What the kinds of `nadir solve` say alike: fields of their JSON, lines of their summary, the file of coefficients.
 * @module
 */
import { compute } from '../matrix/createCompute.ts'
import type { SketchReport } from '../solvers/sketched/report.ts'
import { columns, csvCell, duration, figure } from './output.ts'

const MOST_LINES = 30

/** The numbers of a claim that may be infinite. */
interface Bounded {
  readonly dual: number
  readonly gap: number
  readonly relativeGap: number
}

/** A certificate in JSON: null where no bound is claimed; without its witness, which is as long as the data. */
export function certificateFields<T extends Bounded>(certificate: T & { readonly witness?: unknown }): object {
  const { witness: _witness, ...claim } = certificate
  const { dual, gap, relativeGap } = certificate
  return { ...claim, dual: orNull(dual), gap: orNull(gap), relativeGap: orNull(relativeGap) }
}

/** How the answer was found. */
export function runFields(
  solution: {
    readonly iterations: number
    readonly seconds: number
    readonly method: string
    readonly reason: string
  },
  { seed, out }: { readonly seed: number; readonly out?: string | undefined },
): object {
  const { iterations, seconds, method, reason } = solution
  const outputs = out === undefined ? [] : [out]
  return { iterations, seconds, seed, backend: compute().backend, outputs, method, reason }
}

/** What the sketch was, and whether it did what was predicted. */
export function sketchFields(report: SketchReport): object {
  return {
    rows: report.sketchRows,
    effectiveDimension: orNull(report.effectiveDimension),
    predictedContraction: orNull(report.predicted),
    measuredContraction: orNull(report.measured),
    growth: report.growth,
  }
}

/** 'solved after 0.2 s, 40 products (openblas backend)'. */
export function endLine(
  { status, seconds }: { readonly status: string; readonly seconds: number },
  { work, goal = 'gap' }: { readonly work: string; readonly goal?: string },
): string {
  const ended = status === 'solved' ? 'solved' : `stopped (${status}) before the ${goal} asked for,`
  return `${ended} after ${duration(seconds)}, ${work} (${compute().backend} backend)`
}

/** The method, and why it was chosen. */
export function methodLines(
  { method, reason }: { readonly method: string; readonly reason: string },
  sketchRows: number = 0,
): string[] {
  return [`  method     ${method}${sketchRows > 0 ? `, sketch of ${sketchRows} rows` : ''}`, `  why        ${reason}`]
}

/** The gap, beside what was asked for. */
export function gapLine({ relativeGap }: { readonly relativeGap: number }, tolerance: number): string {
  const gap = Number.isFinite(relativeGap) ? `${relativeGap.toExponential(1)} relative` : 'not bounded'
  return `  gap        ${gap}, asked for ${tolerance.toExponential(0)}`
}

/** Predicted and measured contraction, where there is a prediction. */
export function contractionText(report: Pick<SketchReport, 'predicted' | 'measured'>): string | null {
  if (!Number.isFinite(report.predicted)) return null
  return `${figure(report.predicted, 3)} predicted, ${figure(report.measured, 3)} measured, a step`
}

/** The file of coefficients. */
export function coefficientsCsv(rows: readonly (readonly [string, number])[]): string {
  return `name,coefficient\n${rows.map(([name, v]) => `${csvCell(name)},${v}\n`).join('')}`
}

/** The first of them as a table. */
export function coefficientsTable(rows: readonly (readonly [string, number])[]): string {
  const table = columns(
    ['name', 'coefficient'],
    rows.slice(0, MOST_LINES).map(([name, v]) => [name, figure(v)]),
  )
  return rows.length > MOST_LINES
    ? `${table}… and ${rows.length - MOST_LINES} more; --out or --json has them all\n`
    : table
}

/** null for what JSON has no number for. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
