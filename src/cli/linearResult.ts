/**
 * What `solve` and `ridge` say about models found in passes over the rows: certificates, coefficients, progress.
 * @module
 */
import { compute } from '../matrix/createCompute.ts'
import type { StreamModel } from '../solvers/streamed/models.ts'
import type { StreamProgress } from '../solvers/streamed/passes.ts'
import type { StreamRidgeSolution } from '../solvers/streamed/streamOptions.ts'
import type { Io } from './io.ts'
import { columns, csvCell, duration, figure } from './output.ts'

/** A certificate of one model, or of several together: sums of the objectives and of their bounds. */
export function certificateOf(models: readonly StreamModel[]): object {
  const sum = (value: (model: StreamModel) => number) => models.reduce((total, model) => total + value(model), 0)
  const [primal, gap] = [sum(m => m.objective), sum(m => m.errorBound)]
  const proved = gap < Infinity
  const worst = models.reduce((most, m) => (m.relativeError > most.relativeError ? m : most))
  return {
    scope: proved ? 'global' : 'stationary',
    oracle: proved ? 'closed-form' : 'none',
    primal,
    dual: proved ? primal - gap : null,
    gap: proved ? gap : null,
    relativeGap: proved ? (gap === 0 ? 0 : gap / primal) : null,
    relativeError: proved ? worst.relativeError : null,
    boundBy: worst.boundBy,
    statement: worst.statement,
  }
}

/** Coefficients by name, the intercept first where there is one. */
export function coefficientRows(
  { coefficients, intercept }: StreamModel,
  names: readonly string[],
  withIntercept: boolean,
): [string, number][] {
  return [
    ...(withIntercept ? [['(intercept)', intercept] as [string, number]] : []),
    ...names.map((name, j): [string, number] => [name, coefficients[j]]),
  ]
}

/** The fields of one model in JSON. */
export function modelObject(model: StreamModel, rows: readonly (readonly [string, number])[]): object {
  return {
    lambda: model.lambda,
    status: model.status,
    objective: model.objective,
    certificate: certificateOf([model]),
    metrics: { r2: model.r2, rmse: model.rmse },
    iterations: model.iterations,
    effectiveDimension: model.effectiveDimension,
    gcv: model.gcv,
    coefficients: Object.fromEntries(rows),
  }
}

/** The fields that all models share. */
export function sharedFields(solution: StreamRidgeSolution, seed: number): object {
  const { method, reason, passes, rows, sketchRows, held, seconds } = solution
  return {
    seconds,
    seed,
    backend: compute().backend,
    method,
    reason,
    passes,
    samples: rows,
    sketch: { rows: sketchRows },
    memory: { sums: held.sums, numbers: held.numbers },
  }
}

/** The file of coefficients of several targets: a column each. */
export function severalCsv(
  targets: readonly string[],
  models: readonly (readonly (readonly [string, number])[])[],
): string {
  const lines = models[0].map(([name], i) => [csvCell(name), ...models.map(rows => rows[i][1])].join(','))
  return `${[['name', ...targets.map(csvCell)].join(','), ...lines].join('\n')}\n`
}

/** Coefficients of several targets as a table. */
export function severalTable(
  targets: readonly string[],
  models: readonly (readonly (readonly [string, number])[])[],
  most: number,
): string {
  const rows = models[0].map(([name], i) => [name, ...models.map(each => figure(each[i][1]))])
  const table = columns(['name', ...targets], rows.slice(0, most))
  return rows.length > most ? `${table}… and ${rows.length - most} more; --out or --json has them all\n` : table
}

/** A line on standard error about passes, redrawn on a terminal, every five seconds elsewhere. */
export function passLine(io: Io, silent: boolean): { update(progress: StreamProgress): void; end(): void } {
  let [shown, drawn] = [0, false]
  return {
    update({ pass, phase, rows, of, seconds }) {
      if (silent || seconds - shown < (io.terminal ? 0.1 : 5)) return
      shown = seconds
      const share = Number.isFinite(of) ? ` of ${of} (${Math.floor((100 * rows) / of)} %)` : ''
      const text = `${duration(seconds)}  pass ${pass}  ${phase}  ${rows} rows${share}`
      drawn = io.terminal
      io.err(io.terminal ? `\r\u001b[K${text}` : `${text}\n`)
    },
    end() {
      if (drawn) io.err('\r\u001b[K')
    },
  }
}
