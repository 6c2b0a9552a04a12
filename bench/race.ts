/**
 * One race: a contestant on a problem at one lambda, judged.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError } from '../src/errors.ts'
import { judge, type Verdict } from './judge.ts'
import type { Level } from './problems/problem.ts'
import { type Contestant, type Outcome, type Point, run, type Task } from './solvers/contestant.ts'
import type { Prepared } from './workspace.ts'

export interface RaceOptions {
  readonly gap: number
  readonly backend: string
  readonly threads: number
  readonly maxSeconds: number
  /** Runs, each in a fresh process; the one of median time is reported. */
  readonly repeat: number
  readonly ladder: boolean
  readonly python: string
  readonly prototypes: string
}

/** What is printed, one JSON object a run. Primal and dual are the judge's, in the public (mean) objective. */
export interface Row {
  readonly problem: string
  readonly lambda: number
  readonly solver: string
  readonly backend: string
  readonly threads: number
  /** reached the gap · not (the best point is given) · refused · failed · claimed (numbers without a point). */
  readonly status: 'reached' | 'not-reached' | 'refused' | 'failed' | 'claimed'
  readonly seconds: number | null
  /** The peer's own solving time, where it differs from `seconds`. */
  readonly solverSeconds: number | null
  /** Processor time of all threads within `seconds`: what `seconds` would be, or more, on a machine with nothing else to do. */
  readonly cpuSeconds: number | null
  readonly primal: number | null
  readonly dual: number | null
  readonly relativeGap: number | null
  readonly iterations: number | null
  readonly active: number | null
  /** Bytes above the process with the data read. */
  readonly peakMemory: number | null
  /** Setting that won, or why there is no number. */
  readonly note: string
  readonly versions: string
  /** Seconds of every repetition. */
  readonly times: readonly number[]
  readonly curve: readonly (readonly [number, number | null, number | null])[]
}

/** @throws DomainError for a lambda that is not positive. */
export function lambdaOf(prepared: Prepared, level: Level): number {
  const lambda = 'lambda' in level ? level.lambda : level.fraction * prepared.lambdaMax
  if (!(lambda > 0 && Number.isFinite(lambda)))
    throw new DomainError(`bench: lambda must be a positive number; got ${lambda}. Give --lambda or --fraction.`)
  return lambda
}

/** Runs and judges. Never throws for what a contestant does: its row says so. */
export async function race(
  prepared: Prepared,
  options: RaceOptions & { readonly lambda: number; readonly contestant: Contestant },
): Promise<Row> {
  const { contestant, lambda, repeat } = options
  const { problem } = prepared
  const accepted = contestant.prototype && !options.prototypes ? 'give --prototypes' : contestant.accepts(problem)
  if (accepted !== true) return { ...emptyRow(prepared, options), status: 'refused', note: accepted }
  const rows: Row[] = []
  for (let k = 0; k < repeat; k++) rows.push(await once(prepared, { ...options, contestant, lambda }))
  const sorted = rows.filter(row => row.seconds !== null).sort((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0))
  const middle = sorted[Math.floor(sorted.length / 2)] ?? rows[0]
  return { ...middle, times: sorted.map(row => row.seconds ?? 0) }
}

async function once(
  prepared: Prepared,
  options: RaceOptions & { readonly lambda: number; readonly contestant: Contestant },
): Promise<Row> {
  const { contestant, lambda, gap, threads, backend, maxSeconds, ladder, prototypes, python } = options
  const { problem } = prepared
  const { kind, loss, outputs } = problem
  const out = mkdtempSync(join(tmpdir(), 'nadir-run-'))
  const task: Task = {
    ...{ kind, loss, outputs, lam: lambda, lambdaMax: prepared.lambdaMax, gap, threads, backend, maxSeconds, ladder },
    ...{ prototypes, path: 0, variant: '' },
    ...contestant.options,
  }
  let outcome: Outcome
  try {
    outcome = await run(contestant, task, { folder: prepared.folder, out, python })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
  const row = { ...emptyRow(prepared, options), versions: outcome.versions }
  if (outcome.backend) row.backend = outcome.backend
  if (outcome.claimed) {
    const { primal, dual } = outcome.claimed
    const relativeGap = (primal - dual) / primal
    return {
      ...row,
      ...outcome.claimed,
      relativeGap,
      status: 'claimed',
      note: 'by its own account: it returns no point that proves it',
    }
  }
  if (outcome.points.length === 0) {
    const note = outcome.status === 'time' ? `nothing within ${maxSeconds} s` : errorLine(outcome.message)
    return { ...row, status: 'failed', note }
  }
  const judged = judgeAll(problem, { lambda, gap, points: outcome.points })
  const best = judged.find(each => each.verdict.relativeGap <= gap) ?? judged.reduce(smaller)
  const { point, verdict } = best
  return {
    ...row,
    ...verdict,
    status: verdict.relativeGap <= gap ? 'reached' : 'not-reached',
    seconds: point.seconds,
    solverSeconds: point.solverSeconds,
    cpuSeconds: point.cpuSeconds,
    iterations: point.iterations,
    peakMemory: point.peakMemory,
    note: point.setting + (outcome.status === 'failed' ? `; then failed: ${errorLine(outcome.message)}` : ''),
    curve: curveOf(judged),
  }
}

/** Multiplications in one product above which only the end of a ladder is judged: each judgement takes minutes there. */
const LARGE = 1e8

/** Points in their order, from the last backwards; of large problems only down to the first that misses the gap. */
function judgeAll(
  problem: Prepared['problem'],
  { lambda, gap, points }: { lambda: number; gap: number; points: readonly Point[] },
): Judged[] {
  const large = problem.x.data.length * problem.masks.patterns > LARGE
  const judged: Judged[] = []
  for (const point of points.toReversed()) {
    const verdict = judge(problem, { lambda, ...point })
    judged.unshift({ point, verdict })
    if (large && verdict.relativeGap > gap) break
  }
  return judged
}

type Judged = { readonly point: Point; readonly verdict: Verdict }

const smaller = (a: Judged, b: Judged): Judged => (b.verdict.relativeGap < a.verdict.relativeGap ? b : a)

/** A contestant's own history where there is one (its gap is its own account), ended by what was judged. */
function curveOf(judged: readonly Judged[]): Row['curve'] {
  return judged.flatMap(({ point, verdict }) => [
    ...(point.history ?? []),
    [point.seconds, verdict.primal, verdict.relativeGap] as const,
  ])
}

function emptyRow(prepared: Prepared, options: RaceOptions & { lambda: number; contestant: Contestant }) {
  const { lambda, contestant, threads } = options
  const empty: Row = {
    ...{ problem: prepared.problem.name, lambda, solver: contestant.name },
    ...{ backend: contestant.language === 'node' ? options.backend : 'native', threads, status: 'failed' },
    ...{
      seconds: null,
      solverSeconds: null,
      cpuSeconds: null,
      primal: null,
      dual: null,
      relativeGap: null,
      iterations: null,
    },
    ...{ active: null, peakMemory: null, note: '', versions: '', times: [], curve: [] },
  }
  return empty as { -readonly [K in keyof Row]: Row[K] }
}

/** The line that names the error (Python's is the last, Node's stands above its stack). */
function errorLine(text: string): string {
  const lines = text.trim().split('\n')
  return lines.findLast(line => /^\S*(Error|Exit|Exception)\b.*:/.test(line)) ?? lines.at(-1) ?? ''
}
