/**
 * Rows side by side for people: times with their ratio to Nadir's, gaps, memory.
 * @module
 */
import type { Row } from './race.ts'

/** The rows of one problem at one lambda as text; ratios are to the fastest Nadir row that reached the gap. */
export function table(title: string, rows: readonly Row[]): string {
  const ours = rows
    .filter(row => row.solver.startsWith('nadir') && row.seconds !== null)
    .sort((a, b) => Number(a.status !== 'reached') - Number(b.status !== 'reached') || sec(a) - sec(b))[0]
  const head = [
    'solver',
    'seconds',
    'ratio',
    'own time',
    'cpu',
    'primal',
    'relative gap',
    'steps',
    'active',
    'memory',
    '',
  ]
  const body = rows
    .filter(row => row.status !== 'refused')
    .map(row => [
      row.solver +
        (row.solver.startsWith('nadir') ? ` (${row.backend}${row.threads > 1 ? ` × ${row.threads}` : ''})` : ''),
      number(row.seconds, 3),
      ours && row.seconds !== null ? `${(row.seconds / sec(ours)).toFixed(2)} ×` : '',
      number(row.solverSeconds, 3),
      number(row.cpuSeconds, 2),
      row.primal === null ? '' : row.primal.toPrecision(10),
      row.relativeGap === null ? '' : row.relativeGap.toExponential(1),
      row.iterations === null ? '' : String(row.iterations),
      row.active === null ? '' : String(row.active),
      row.peakMemory === null ? '' : `${(row.peakMemory / 1e6).toFixed(0)} MB`,
      `${row.status === 'reached' ? '' : `${row.status}: `}${row.note}`,
    ])
  const refused = rows.filter(row => row.status === 'refused').map(row => `  not run: ${row.solver} (${row.note})`)
  return [title, ...align([head, ...body]), ...refused].join('\n')
}

/** Columns padded to their widest cell. */
export function align(cells: readonly (readonly string[])[]): string[] {
  const widths = cells[0].map((_, j) => Math.max(...cells.map(row => row[j].length)))
  return cells.map(row =>
    `  ${row.map((cell, j) => (j === 0 || j === row.length - 1 ? cell.padEnd(widths[j]) : cell.padStart(widths[j]))).join('  ')}`.trimEnd(),
  )
}

function sec(row: Row): number {
  return row.seconds ?? Infinity
}

function number(value: number | null, digits: number): string {
  return value === null ? '' : value.toFixed(digits)
}
