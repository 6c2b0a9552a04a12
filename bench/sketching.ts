/**
 * Ridge regression: Nadir beside NumPy, SciPy and scikit-learn at the same error, each in a fresh process.
 *
 *     npx tsx --conditions=source bench/sketching.ts [--problem tall,wide,narrow,easy] [--solver nadir,scipy-lsqr …] [--backend openblas] [--python python3] [--json]
 *
 * One judge for all: `error` is the relative energy error ‖x − x*‖_H/‖x*‖_H, H = AᵀA + λI, against the direct solution refined to rounding; primal and dual are the
 * public (mean) objective and what it cannot fall below, proved by the ridge. A peer climbs a ladder of tolerances and is given the time of the loosest that
 * reaches the error asked for. `seconds` is all a user waits for but process start, imports, reading data and loading the backend.
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DomainError } from '../src/errors.ts'
import { readNpy, writeNpy } from '../src/formats/npy.ts'
import { type Dense, dense } from '../src/matrix/dense.ts'
import { dot, norm } from '../src/matrix/vector.ts'
import { fold, key, normals } from '../src/random/index.ts'
import { ridgeProblem } from '../src/solvers/sketched/ridgeProblem.ts'
import { provedByRidge } from '../src/solvers/sketched/rounding.ts'
import { solveRidge } from '../src/solvers/sketched/solveRidge.ts'
import type { Row } from './race.ts'
import { align } from './table.ts'

/** n × d with columns of size base^j, mixed by a reflection, and the λ (sum form) at which that spectrum has the effective dimension wanted. */
export interface RidgeRace {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly base: number
  readonly dimension: number
}

/** What a bench of sketching prints: the row of the bench, and the error. */
export interface SketchRow extends Row {
  /** ‖x − x*‖_H/‖x*‖_H. */
  readonly error: number | null
}

/** The problems. */
export const races: readonly RidgeRace[] = [
  { name: 'tall', rows: 16384, columns: 1024, base: 0.985, dimension: 120 },
  { name: 'wide', rows: 10000, columns: 2000, base: 0.99, dimension: 240 },
  { name: 'narrow', rows: 16384, columns: 1000, base: 0.985, dimension: 100 },
  { name: 'easy', rows: 16384, columns: 1024, base: 0.985, dimension: 20 },
  { name: 'small', rows: 400, columns: 60, base: 0.9, dimension: 20 },
]

/** Ours by method, peers by name in peers/ridge_peer.py. */
export const OURS: readonly string[] = ['nadir', 'nadir-direct', 'nadir-adaptive', 'nadir-cg']
export const PEERS: readonly string[] = ['numpy-cholesky', 'scipy-lsqr', 'scipy-lsmr', 'sklearn-lsqr', 'sklearn-sag']

/** Σ s/(s + λ) = dimension, s = base^{2j}. */
export function lambdaFor({ columns, base, dimension }: RidgeRace): number {
  let [low, high] = [1e-30, 1e6]
  for (let k = 0; k < 200; k++) {
    const middle = Math.sqrt(low * high)
    let sum = 0
    for (let j = 0; j < columns; j++) sum += base ** (2 * j) / (base ** (2 * j) + middle)
    if (sum > dimension) low = middle
    else high = middle
  }
  return low
}

/** The data of a race. */
export function makeRace({ rows: n, columns: d, base }: RidgeRace): { readonly a: Dense; readonly b: Float64Array } {
  const a = dense(n, d)
  const sizes = Float64Array.from({ length: d }, (_, j) => base ** j / Math.sqrt(n))
  const raw = normals(key(3), d)
  const v = raw.map(x => x / norm(raw))
  const truth = normals(key(4), d)
  const b = normals(key(5), n).map(x => x / Math.sqrt(n))
  for (let i = 0; i < n; i++) {
    const row = a.data.subarray(i * d, (i + 1) * d)
    row.set(normals(fold(key(6, i), 'row'), d))
    for (let j = 0; j < d; j++) row[j] *= sizes[j]
    const along = 2 * dot(row, v)
    for (let j = 0; j < d; j++) row[j] -= along * v[j]
    b[i] += dot(row, truth) / Math.sqrt(d)
  }
  return { a, b }
}

interface Point {
  readonly x: string
  readonly seconds: number
  readonly cpuSeconds: number
  readonly iterations: number
  readonly setting: string
  readonly peakMemory: number
}

interface Outcome {
  readonly points: readonly Point[]
  readonly versions: string
  readonly backend?: string
}

interface Flags {
  readonly backend: string
  readonly threads: number
  readonly tolerance: number
  readonly maxSeconds: number
  readonly python: string
}

async function run(folder: string, solver: string, flags: Flags): Promise<Outcome | string> {
  const ours = OURS.includes(solver)
  const script = fileURLToPath(new URL(ours ? './solvers/ridgeRun.ts' : './peers/ridge_peer.py', import.meta.url))
  const out = mkdtempSync(join(folder, 'run-'))
  writeFileSync(
    join(out, 'task.json'),
    JSON.stringify({ ...flags, solver, lam: JSON.parse(readFileSync(join(folder, 'problem.json'), 'utf8')).lambda }),
  )
  const env = { ...process.env }
  for (const name of ['OPENBLAS', 'OMP', 'MKL']) env[`${name}_NUM_THREADS`] = String(flags.threads)
  const [command, leading] = ours ? [process.execPath, process.execArgv] : [flags.python, []]
  const message = await new Promise<string>(resolve => {
    const child = spawn(command, [...leading, script, folder, out], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * (flags.maxSeconds + 60))
    child.stderr.on('data', chunk => (told = (told + chunk).slice(-500)))
    child.on('error', error => resolve(error.message))
    child.on('close', code => {
      clearTimeout(timer)
      resolve(code === 0 ? '' : told.trim().split('\n').at(-1) || `exit code ${code}`)
    })
  })
  const path = join(out, 'result.json')
  if (!existsSync(path)) return message || 'no result'
  const found: Outcome = JSON.parse(readFileSync(path, 'utf8'))
  return { ...found, points: found.points.map(point => ({ ...point, x: join(out, point.x) })) }
}

/** Runs and judges everybody on one problem. */
async function raceAll(
  source: RidgeRace,
  solvers: readonly string[],
  flags: Flags,
  told: (row: SketchRow) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-ridge-'))
  try {
    const { a, b } = makeRace(source)
    const lambda = lambdaFor(source)
    writeFileSync(join(folder, 'a.npy'), writeNpy({ shape: [a.rows, a.cols], data: a.data }))
    writeFileSync(join(folder, 'b.npy'), writeNpy({ shape: [b.length], data: b }))
    writeFileSync(join(folder, 'problem.json'), JSON.stringify({ lambda }))
    const judge = await judgeOf(a, b, lambda)
    for (const solver of solvers) {
      const outcome = await run(folder, solver, flags)
      told(rowOf(source, lambda, solver, flags, outcome, judge))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Judge = (x: Float64Array) => { readonly error: number; readonly primal: number; readonly dual: number }

/** The judge, from a direct solution refined to rounding. */
export async function judgeOf(a: Dense, b: Float64Array, lambda: number): Promise<Judge> {
  const problem = ridgeProblem(a, b, { lambda })
  const best = await solveRidge(a, b, { lambda, method: 'direct', tolerance: 1e-15 })
  const energy = (x: Float64Array) => {
    const fit = problem.operator.apply(x)
    return Math.sqrt(dot(fit, fit) + lambda * dot(x, x))
  }
  const scale = energy(best.x)
  return x => {
    const residual = problem.operator.apply(x).map((f, i) => f - b[i])
    const value = (0.5 * dot(residual, residual) + 0.5 * lambda * dot(x, x)) / a.rows
    const error = energy(x.map((v, j) => v - best.x[j])) / scale
    return { error, primal: value, dual: value - provedByRidge(problem, x) / a.rows }
  }
}

function rowOf(
  source: RidgeRace,
  lambda: number,
  solver: string,
  flags: Flags,
  outcome: Outcome | string,
  judge: Judge,
): SketchRow {
  const empty: SketchRow = {
    ...{
      problem: source.name,
      lambda: lambda / source.rows,
      solver,
      backend: OURS.includes(solver) ? flags.backend : 'native',
    },
    ...{
      threads: flags.threads,
      status: 'failed',
      seconds: null,
      solverSeconds: null,
      cpuSeconds: null,
      primal: null,
      dual: null,
    },
    ...{
      relativeGap: null,
      error: null,
      iterations: null,
      active: null,
      peakMemory: null,
      note: '',
      versions: '',
      times: [],
      curve: [],
    },
  }
  if (typeof outcome === 'string') return { ...empty, note: outcome }
  const judged = outcome.points.map(point => ({ point, ...judge(readNpy(readFileSync(point.x)).data) }))
  if (judged.length === 0) return { ...empty, note: 'no point' }
  const chosen =
    judged.find(each => each.error <= flags.tolerance) ??
    judged.reduce((least, each) => (each.error < least.error ? each : least))
  const { point, error, primal, dual } = chosen
  return {
    ...empty,
    ...{
      status: error <= flags.tolerance ? 'reached' : 'not-reached',
      seconds: point.seconds,
      cpuSeconds: point.cpuSeconds,
    },
    ...{ primal, dual, relativeGap: (primal - dual) / Math.abs(primal), error, iterations: point.iterations },
    ...{
      active: source.columns,
      peakMemory: point.peakMemory,
      note: point.setting,
      versions: outcome.versions,
      times: [point.seconds],
    },
    ...(outcome.backend !== undefined && { backend: outcome.backend }),
    curve: judged.map(
      each => [each.point.seconds, each.primal, (each.primal - each.dual) / Math.abs(each.primal)] as const,
    ),
  }
}

/** Rows side by side, ratios to the fastest of ours that got there. */
export function sketchTable(title: string, rows: readonly SketchRow[]): string {
  const ours = rows
    .filter(row => OURS.includes(row.solver) && row.status === 'reached')
    .map(row => row.cpuSeconds ?? Infinity)
  const least = Math.min(...ours)
  const head = ['solver', 'seconds', 'cpu', 'cpu ratio', 'error', 'gap', 'steps', '']
  const body = rows.map(row => [
    row.solver + (OURS.includes(row.solver) ? ` (${row.backend})` : ''),
    row.seconds?.toFixed(2) ?? '',
    row.cpuSeconds?.toFixed(2) ?? '',
    row.cpuSeconds !== null && Number.isFinite(least) ? `${(row.cpuSeconds / least).toFixed(2)} ×` : '',
    row.error?.toExponential(1) ?? '',
    row.relativeGap?.toExponential(1) ?? '',
    String(row.iterations ?? ''),
    `${row.status === 'reached' ? '' : `${row.status}: `}${row.note}`,
  ])
  return [title, ...align([head, ...body])].join('\n')
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      problem: { type: 'string', default: 'tall,wide,narrow,easy' },
      solver: { type: 'string' },
      backend: { type: 'string', default: 'auto' },
      threads: { type: 'string', default: '1' },
      error: { type: 'string', default: '1e-7' },
      'max-seconds': { type: 'string', default: '60' },
      python: { type: 'string', default: process.env.NADIR_BENCH_PYTHON ?? 'python3' },
      json: { type: 'boolean', default: false },
    },
  })
  const flags: Flags = {
    ...{ backend: values.backend, threads: Number(values.threads), tolerance: Number(values.error) },
    ...{ maxSeconds: Number(values['max-seconds']), python: values.python },
  }
  const solvers = values.solver?.split(',') ?? [...OURS, ...PEERS]
  for (const solver of solvers)
    if (![...OURS, ...PEERS].includes(solver))
      throw new DomainError(`bench: solvers are ${[...OURS, ...PEERS].join(', ')}; got "${solver}".`)
  for (const name of values.problem.split(',')) {
    const source = races.find(each => each.name === name)
    if (source === undefined)
      throw new DomainError(`bench: problems are ${races.map(each => each.name).join(', ')}; got "${name}".`)
    const rows: SketchRow[] = []
    await raceAll(source, solvers, flags, row => {
      rows.push(row)
      if (values.json) console.log(JSON.stringify(row))
    })
    const { rows: n, columns: d, dimension } = source
    if (!values.json) console.log(`${sketchTable(`${name}: ${n} × ${d}, effective dimension ${dimension}`, rows)}\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
