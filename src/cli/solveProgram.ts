/**
 * `nadir solve --task lp|qp`: linear and quadratic programs, min cᵀx (+ ½xᵀQx) with A·x ≤ b, certified by a duality gap.
 *
 * The data file holds A, a constraint a row, and b in the target column; --cost and --quadratic name files of numbers without other columns.
 * @module
 */
import { certifyProgram, type ProgramCertificate } from '../certificates/certifyProgram.ts'
import { requireFinite, type Table } from '../data/table.ts'
import { DomainError, ShapeError, UnsupportedError } from '../errors.ts'
import { readTable } from '../formats/readTable.ts'
import { writeResult } from '../formats/writeAtomic.ts'
import { compute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import {
  PROGRAM_METHODS,
  type ProgramMethod,
  type ProgramSolution,
  solveProgram,
} from '../solvers/sketched/solveProgram.ts'
import { interruptible } from './interrupt.ts'
import { loadTable } from './load.ts'
import { duration, figure, jsonText, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { coefficientsCsv, coefficientsTable, orNull, type SolveFlags } from './solve.ts'

/** Runs the command for a program. */
export async function solveAsProgram(
  path: string,
  flags: SolveFlags,
  { session }: { session: Session },
): Promise<void> {
  const { io } = session
  const { method } = flags
  if (!(PROGRAM_METHODS as readonly string[]).includes(method))
    throw new UnsupportedError(`solve: programs are solved by ${PROGRAM_METHODS.join(', ')}; got method ${method}.`)
  if (flags.cost === undefined)
    throw new DomainError('solve: --task lp and qp need --cost, a file with one number a variable; it is missing.')
  if ((flags.task === 'qp') !== (flags.quadratic !== undefined))
    throw new DomainError(
      flags.task === 'qp'
        ? 'solve: --task qp needs --quadratic, a file with the square matrix Q; it is missing.'
        : 'solve: --quadratic belongs to --task qp; got --task lp.',
    )
  const { table, target = table.columns[table.columns.length - 1].name } = await loadTable(path, flags, io)
  if (table.columns.every(column => column.name !== target))
    throw new DomainError(`solve: the bounds must be a column of ${table.source}; got "${target}".`)
  const names = flags.features ?? table.columns.map(column => column.name).filter(name => name !== target)
  const matrix = matrixOf(table, names)
  const bounds = matrixOf(table, [target]).data
  const cost = allNumbers(await readTable(flags.cost)).data
  const quadratic = flags.quadratic === undefined ? null : allNumbers(await readTable(flags.quadratic))
  const tolerance = flags.tolerance ?? 1e-7
  const solution = await interruptible(io, signal =>
    solveProgram(
      { matrix, bounds, cost, ...(quadratic && { quadratic }) },
      {
        method: method as ProgramMethod,
        tolerance: tolerance / 2,
        seed: flags.seed,
        signal,
        ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
      },
    ),
  )
  const certificate = certifyProgram({ matrix, bounds, cost, quadratic, x: solution.x, witness: solution.witness })
  const size = bounds.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
  const solved = certificate.relativeGap <= tolerance && certificate.violation <= 1e-9 * size
  session.code = solved ? DONE : STOPPED_EARLY
  const status = solved ? 'solved' : solution.status === 'solved' ? 'stalled' : solution.status
  const rows = names.map((name, j): [string, number] => [name, solution.x[j]])
  if (flags.out !== undefined) await writeResult(flags.out, coefficientsCsv(rows))
  if (!flags.quiet) for (const text of solution.report.warnings) note(io, text)
  if (flags.json) return io.out(jsonText(resultOf(flags, solution, { certificate, status, rows, notes: table.notes })))
  io.out(summaryOf(solution, { certificate, status, shape: matrix, tolerance }))
  io.out(coefficientsTable(rows))
  if (flags.out !== undefined) io.out(`solution: ${flags.out}\n`)
}

function resultOf(
  flags: SolveFlags,
  solution: ProgramSolution,
  {
    certificate,
    status,
    rows,
    notes,
  }: {
    certificate: ProgramCertificate
    status: string
    rows: readonly (readonly [string, number])[]
    notes: readonly string[]
  },
): object {
  const { report } = solution
  return {
    command: 'solve',
    task: flags.task,
    status,
    objective: solution.objective,
    lambda: null,
    certificate: {
      ...certificate,
      dual: orNull(certificate.dual),
      gap: orNull(certificate.gap),
      relativeGap: orNull(certificate.relativeGap),
    },
    metrics: {},
    iterations: solution.iterations,
    seconds: solution.seconds,
    seed: flags.seed,
    backend: compute().backend,
    outputs: flags.out === undefined ? [] : [flags.out],
    method: solution.method,
    reason: solution.reason,
    sketch: { rows: report.sketchRows, growth: report.growth },
    products: report.products,
    coefficients: Object.fromEntries(rows),
    multipliers: solution.witness === null ? null : Array.from(solution.witness.y),
    notes: [...notes, ...report.warnings],
  }
}

function summaryOf(
  solution: ProgramSolution,
  {
    certificate,
    status,
    shape,
    tolerance,
  }: { certificate: ProgramCertificate; status: string; shape: Dense; tolerance: number },
): string {
  return [
    '',
    `${status === 'solved' ? 'solved' : `stopped (${status}) before the gap asked for,`} after ${duration(solution.seconds)}, ${solution.iterations} Newton steps (${compute().backend} backend)`,
    `  program    ${shape.rows} constraints on ${shape.cols} variables`,
    `  method     ${solution.method}`,
    `  why        ${solution.reason}`,
    `  objective  ${figure(solution.objective, 8)}`,
    `  gap        ${Number.isFinite(certificate.relativeGap) ? `${certificate.relativeGap.toExponential(1)} relative` : 'not bounded'}, asked for ${tolerance.toExponential(0)}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}

/** The named columns as numbers. */
function matrixOf(table: Table, names: readonly string[]): Dense {
  const out = dense(table.rows, names.length)
  names.forEach((name, j) => {
    const column = table.columns.find(each => each.name === name)
    if (column === undefined) throw new DomainError(`solve: "${name}" is not a column of ${table.source}.`)
    if (column.kind !== 'number')
      throw new DomainError(`solve: a program is made of numbers; column "${name}" of ${table.source} holds texts.`)
    requireFinite(column, table.source)
    for (let i = 0; i < table.rows; i++) out.data[i * names.length + j] = column.values[i]
  })
  const at = out.data.findIndex(v => !Number.isFinite(v))
  if (at >= 0)
    throw new ShapeError(
      `solve: every number of a program must be there; row ${Math.floor(at / names.length) + 1}, column "${names[at % names.length]}" of ${table.source} is missing.`,
    )
  return out
}

function allNumbers(table: Table): Dense {
  return matrixOf(
    table,
    table.columns.map(column => column.name),
  )
}
