/**
 * The bars: what Nadir must reach, each measured against the rows of one run and printed with its numbers.
 * @module
 */
import type { BenchOptions } from './options.ts'
import { problemNamed } from './problems/index.ts'
import type { Level } from './problems/problem.ts'
import { lambdaOf, type Row, race } from './race.ts'
import { contestantNamed } from './solvers/index.ts'
import { align } from './table.ts'
import { prepare } from './workspace.ts'

/** One race that a bar needs. */
interface Spec {
  readonly problem: string
  readonly level: Level
  readonly solver: string
  readonly backend?: string
  readonly threads?: number
}

/** `met` is null when a peer gave nothing to compare with, or a bar has no number to reach. */
export interface Reading {
  readonly measured: string
  readonly met: boolean | null
}

export interface Bar {
  readonly title: string
  readonly specs: readonly Spec[]
  /** Rows in the order of `specs`. */
  read(rows: readonly Row[]): Reading
}

/** Every bar, in the order of the report. */
export const bars: readonly Bar[] = [
  ...[0.01, 0.001].flatMap(lambda => [
    withinSeconds(0.3, { problem: 'A', level: { lambda }, solver: 'nadir', backend: 'openblas' }),
    withinSeconds(0.8, { problem: 'A', level: { lambda }, solver: 'nadir', backend: 'wasm' }),
    ahead(10, { problem: 'A', level: { lambda }, solver: 'nadir', backend: 'openblas' }, 'clarabel'),
    aheadOfAdelie(10, lambda),
    belowCurve(lambda),
  ]),
  ...[0.1, 0.01, 0.001].map(lambda => ahead(3, { problem: 'C', level: { lambda }, solver: 'nadir' }, 'clarabel')),
  ...[0.1, 0.01].map(lambda => ahead(15, { problem: 'diabetes', level: { lambda }, solver: 'nadir' }, 'clarabel')),
  ...[0.1, 0.01].map(lambda => withinSeconds(2, { problem: 'diabetes-500', level: { lambda }, solver: 'nadir' })),
  ...(
    [
      [0.1, 3],
      [0.01, 3],
      [0.001, 2],
    ] as const
  ).map(([fraction, times]) =>
    ahead(times, { problem: 'T', level: { fraction }, solver: 'nadir', backend: 'openblas', threads: 2 }, 'tall'),
  ),
  shown({ problem: 'L', level: { fraction: 0.1 }, solver: 'nadir', threads: 2 }),
  ...['A-logistic', 'A-multinomial'].flatMap(problem => [0.01, 0.001].map(lambda => atSameGap(problem, lambda))),
]

/** Runs every race that the bars need once, then prints the readings. */
export async function reportBars(options: BenchOptions): Promise<void> {
  const chosen =
    options.problems.length === 0 ? bars : bars.filter(bar => options.problems.includes(bar.specs[0].problem))
  const rows = new Map<string, Row>()
  for (const name of new Set(chosen.flatMap(bar => bar.specs.map(spec => spec.problem)))) {
    const prepared = prepare(problemNamed(name))
    try {
      const specs = chosen.flatMap(bar => bar.specs).filter(spec => spec.problem === name)
      for (const [key, spec] of new Map(specs.map(each => [keyOf(each), each]))) {
        const { level, solver, backend = 'auto', threads = 1 } = spec
        const lambda = lambdaOf(prepared, level)
        const settings = { ...options, backend, threads, ladder: true }
        const row = await race(prepared, { ...settings, lambda, contestant: contestantNamed(solver) })
        rows.set(key, options.cpu ? onCpu(row) : row)
        if (options.json) console.log(JSON.stringify(row))
        else console.error(`  ran ${key}: ${row.status}, ${row.seconds?.toFixed(3) ?? '–'} s ${row.note}`)
      }
    } finally {
      prepared.dispose()
    }
  }
  const readings = chosen.map(bar => ({ bar, ...bar.read(bar.specs.map(spec => rows.get(keyOf(spec)) as Row)) }))
  if (options.json)
    for (const { bar, measured, met } of readings) console.log(JSON.stringify({ bar: bar.title, measured, met }))
  else {
    const mark = (met: boolean | null) => (met === null ? '–' : met ? 'met' : 'MISSED')
    console.log(align(readings.map(({ bar, measured, met }) => [mark(met), bar.title, measured])).join('\n'))
  }
}

/** Nadir's time to the gap, at most `limit`. */
export function withinSeconds(limit: number, spec: Spec): Bar {
  return {
    title: `${nameOf(spec)}: at most ${limit} s`,
    specs: [spec],
    read: ([row]) => ({ measured: told(row), met: row.status === 'reached' && time(row) <= limit }),
  }
}

/** Nadir's time against the peer's own solving time, both to the gap asked for. */
export function ahead(times: number, spec: Spec, peer: string): Bar {
  return {
    title: `${nameOf(spec)}: ${times} × ahead of ${peer}`,
    specs: [spec, { problem: spec.problem, level: spec.level, solver: peer }],
    read([ours, theirs]) {
      const other = theirs.solverSeconds ?? theirs.seconds
      if (other === null) return { measured: `${told(ours)}; ${peer}: ${theirs.status} (${theirs.note})`, met: null }
      const ratio = other / time(ours)
      const measured = `${told(ours)}; ${peer} ${other.toFixed(3)} s to ${gapOf(theirs)}: ${ratio.toFixed(1)} ×`
      return { measured, met: ours.status === 'reached' && ratio >= times }
    },
  }
}

/** Nadir to its gap against adelie's earliest 5e-5, alone or along the path (or its closest, if it never arrives). */
function aheadOfAdelie(times: number, lambda: number): Bar {
  const problem = { problem: 'A', level: { lambda } }
  const goal = 5e-5
  return {
    title: `A, lambda ${lambda}: ${times} × ahead of adelie's best at ${goal}`,
    specs: [
      { ...problem, solver: 'nadir', backend: 'openblas' },
      { ...problem, solver: 'adelie' },
      { ...problem, solver: 'adelie-path' },
    ],
    read([ours, ...theirs]) {
      const arrived = theirs.map(row => timeToGap(row, goal)).filter(each => each !== null)
      if (arrived.length > 0) {
        const ratio = Math.min(...arrived) / time(ours)
        const measured = `${told(ours)}; adelie ${Math.min(...arrived).toFixed(3)} s: ${ratio.toFixed(1)} ×`
        return { measured, met: ours.status === 'reached' && ratio >= times }
      }
      const closest = theirs.filter(row => row.relativeGap !== null).sort((a, b) => gap(a) - gap(b))[0]
      if (closest === undefined) return { measured: `${told(ours)}; adelie: ${theirs[0].note}`, met: null }
      const ratio = time(closest) / time(ours)
      const measured = `${told(ours)}; adelie never, closest ${gapOf(closest)} at ${time(closest).toFixed(3)} s: ${ratio.toFixed(1)} ×`
      return { measured, met: ours.status === 'reached' && ratio >= times }
    },
  }
}

/** Objective against time: Nadir, cold or along the same path, no later than adelie's path at each of its points. */
export function belowCurve(lambda: number): Bar {
  const problem = { problem: 'A', level: { lambda } }
  return {
    title: `A, lambda ${lambda}: below adelie's curve from 1 % on, over the same path`,
    specs: [
      { ...problem, solver: 'nadir', backend: 'openblas' },
      { ...problem, solver: 'nadir-path', backend: 'openblas' },
      { ...problem, solver: 'adelie-path' },
    ],
    read([cold, path, theirs]) {
      const optimum = Math.min(...[cold, path, theirs].map(row => row.primal ?? Infinity))
      const excess = (value: number) => Math.max(0, (value - optimum) / optimum)
      const points = theirs.curve.flatMap(([t, value]) =>
        value !== null && excess(value) <= 0.0125 ? [[t, value]] : [],
      )
      const compared = points.map(([t, value]) => {
        const ours = [cold, path].map(row => timeToValue(row, Math.max(value, optimum * (1 + 1e-6))))
        const first = Math.min(...ours.map(each => each ?? Infinity))
        return {
          text: `${(100 * excess(value)).toPrecision(2)} %: ${first.toFixed(3)} v ${t.toFixed(3)} s`,
          ok: first <= t,
        }
      })
      if (compared.length === 0) return { measured: `adelie-path: ${theirs.note || 'no point within 1 %'}`, met: null }
      return { measured: compared.map(each => each.text).join(', '), met: compared.every(each => each.ok) }
    },
  }
}

/** Nadir's time to the closest gap that adelie reaches, against adelie's. */
function atSameGap(problem: string, lambda: number): Bar {
  const spec = { problem, level: { lambda } }
  return {
    title: `${problem}, lambda ${lambda}: ahead of adelie at the same gap`,
    specs: [
      { ...spec, solver: 'nadir' },
      { ...spec, solver: 'adelie' },
      { ...spec, solver: 'adelie-path' },
    ],
    read([ours, ...theirs]) {
      const closest = theirs.filter(row => row.relativeGap !== null).sort((a, b) => gap(a) - gap(b))[0]
      if (closest === undefined) return { measured: `${told(ours)}; adelie: ${theirs[0].note}`, met: null }
      const mine = timeToGap(ours, Math.max(gap(closest), 1e-6))
      const other = `${closest.solver} ${time(closest).toFixed(3)} s to ${gapOf(closest)}`
      if (mine === null) return { measured: `${told(ours)}; ${other}`, met: false }
      return { measured: `nadir ${mine.toFixed(3)} s, ${other}`, met: mine <= time(closest) }
    },
  }
}

function shown(spec: Spec): Bar {
  return {
    title: `${nameOf(spec)}: time and memory`,
    specs: [spec],
    read: ([row]) => ({
      measured: `${told(row)}, ${((row.peakMemory ?? Number.NaN) / 1e6).toFixed(0)} MB above the data`,
      met: null,
    }),
  }
}

/** The row with its times as processor time: each scaled by what the run got of a processor. */
export function onCpu(row: Row): Row {
  if (row.seconds === null || row.cpuSeconds === null) return row
  const share = row.cpuSeconds / row.seconds
  return {
    ...row,
    seconds: row.cpuSeconds,
    solverSeconds: row.solverSeconds === null ? null : row.solverSeconds * share,
    curve: row.curve.map(([t, value, reached]) => [t * share, value, reached]),
  }
}

/** First time in the curve with a gap of at most `goal`. */
function timeToGap(row: Row, goal: number): number | null {
  return row.curve.find(([, , reached]) => reached !== null && reached <= goal)?.[0] ?? null
}

function timeToValue(row: Row, goal: number): number | null {
  return row.curve.find(([, value]) => value !== null && value <= goal)?.[0] ?? null
}

function told(row: Row): string {
  if (row.seconds === null) return `${row.solver}: ${row.status} (${row.note})`
  return `${row.solver} ${row.seconds.toFixed(3)} s${row.status === 'reached' ? '' : `, only to ${gapOf(row)}`}`
}

const time = (row: Row): number => row.seconds ?? Number.POSITIVE_INFINITY
const gap = (row: Row): number => row.relativeGap ?? Number.POSITIVE_INFINITY
const gapOf = (row: Row): string => gap(row).toExponential(1)

function keyOf({ problem, level, solver, backend = '', threads = 1 }: Spec): string {
  return [problem, levelOf(level), solver, backend, threads > 1 ? `${threads} threads` : ''].filter(Boolean).join(' ')
}

function nameOf({ problem, level, backend, threads = 1 }: Spec): string {
  return [`${problem}, ${levelOf(level)}`, backend, threads > 1 ? `${threads} threads` : ''].filter(Boolean).join(', ')
}

function levelOf(level: Level): string {
  return 'lambda' in level ? `lambda ${level.lambda}` : `fraction ${level.fraction}`
}
