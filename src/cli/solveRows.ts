/**
 * `nadir solve` by passes over the rows: for several targets, and for files larger than memory.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { writeResult } from '../formats/writeAtomic.ts'
import { compute } from '../matrix/createCompute.ts'
import { STREAM_METHODS, type StreamMethod } from '../solvers/streamed/streamOptions.ts'
import { streamRidge } from '../solvers/streamed/streamRidge.ts'
import { interruptible } from './interrupt.ts'
import {
  certificateOf,
  coefficientRows,
  modelObject,
  passLine,
  severalCsv,
  severalTable,
  sharedFields,
} from './linearResult.ts'
import { linearRows } from './linearRows.ts'
import { duration, figure, jsonText, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { coefficientsCsv, coefficientsTable, type SolveFlags } from './solve.ts'

const TOLERANCE = 1e-8

/** Runs the command for squared loss by passes. */
export async function solveByPasses(path: string, flags: SolveFlags, { session }: { session: Session }): Promise<void> {
  const { io } = session
  if (!(STREAM_METHODS as readonly string[]).includes(flags.method))
    throw new UnsupportedError(
      `solve: several targets, and rows read in blocks, are solved by ${STREAM_METHODS.join(', ')}; got method ${flags.method}. Leave --method out.`,
    )
  const rows = await linearRows(path, flags, io)
  if (!flags.quiet) for (const text of rows.notes) note(io, text)
  const line = passLine(io, flags.quiet === true)
  const solution = await interruptible(io, signal =>
    streamRidge(rows.source, {
      path: { lambdas: [flags.ridge] },
      intercept: flags.intercept,
      method: flags.method as StreamMethod,
      tolerance: flags.tolerance ?? TOLERANCE,
      seed: flags.seed,
      signal,
      onProgress: line.update,
      ...(flags.rows !== undefined && { rows: flags.rows }),
      ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
    }),
  ).finally(async () => {
    line.end()
    await rows.close()
  })
  session.code = solution.status === 'solved' ? DONE : STOPPED_EARLY
  const models = solution.models.map(([model]) => model)
  const tables = models.map(model => coefficientRows(model, rows.names, flags.intercept))
  const { targets } = rows
  const one = targets.length === 1
  if (flags.out !== undefined)
    await writeResult(flags.out, one ? coefficientsCsv(tables[0]) : severalCsv(targets, tables))
  const outputs = flags.out === undefined ? [] : [flags.out]
  const constant = solution.constant.map(
    j => `column "${rows.names[j]}" is the same in every row: its coefficient is 0.`,
  )
  const remarks = [...constant, ...solution.warnings]
  if (!flags.quiet) for (const text of remarks) note(io, text)
  if (flags.json)
    return io.out(
      jsonText({
        command: 'solve',
        ...modelObject(models[0], tables[0]),
        status: solution.status,
        objective: models.reduce((sum, model) => sum + model.objective, 0),
        lambda: flags.ridge,
        certificate: certificateOf(models),
        iterations: models.reduce((sum, model) => sum + model.iterations, 0),
        ...sharedFields(solution, flags.seed),
        outputs,
        ...(!one && { targets: models.map((model, t) => ({ target: targets[t], ...modelObject(model, tables[t]) })) }),
        notes: [...rows.notes, ...remarks],
      }),
    )
  io.out(
    [
      '',
      `${solution.status === 'solved' ? 'solved' : `stopped (${solution.status}) before the error asked for,`} after ${duration(solution.seconds)}, ${solution.passes} ${solution.passes === 1 ? 'pass' : 'passes'} over ${solution.rows} rows (${compute().backend} backend)`,
      `  method     ${solution.method}${solution.sketchRows > 0 ? `, sketch of ${solution.sketchRows} rows` : ''}`,
      `  why        ${solution.reason}`,
      `  ridge      ${figure(flags.ridge)}`,
      ...models.flatMap((model, t) => [
        ...(one ? [] : [`  ${targets[t]}`]),
        `  objective  ${figure(model.objective, 8)}`,
        `  error      ${model.errorBound < Infinity ? `${model.relativeError.toExponential(1)} relative at most` : 'not bounded'}, asked for ${(flags.tolerance ?? TOLERANCE).toExponential(0)}`,
        `  fit        R² ${figure(model.r2, 4)}, RMSE ${figure(model.rmse, 4)}`,
      ]),
      '',
      ...models.map((model, t) => wrap(`${one ? '' : `${targets[t]}: `}${model.statement}`)),
      '',
      '',
    ].join('\n'),
  )
  io.out(one ? coefficientsTable(tables[0]) : severalTable(targets, tables, 30))
  for (const file of outputs) io.out(`coefficients: ${file}\n`)
}
