/**
 * Who races: a solver of ours or of others, run in a fresh process that reads the problem from a folder.
 *
 * Protocol, the same for Node and Python: `script <problem folder> <output folder>`; the output folder holds task.json;
 * the script writes result.json and its points as .npy files, after every point, so that a run cut short still counts.
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PeerError } from '../../src/errors.ts'
import { readNpy } from '../../src/formats/npy.ts'
import type { RaceProblem } from '../problems/problem.ts'

/** What task.json holds. */
export interface Task {
  readonly kind: RaceProblem['kind']
  readonly loss: RaceProblem['loss']
  readonly outputs: number
  /** Lambda of the public (mean) objective; `lam` because Python keeps the other name for itself. */
  readonly lam: number
  readonly lambdaMax: number
  /** Relative gap to reach. */
  readonly gap: number
  readonly threads: number
  readonly backend: string
  readonly maxSeconds: number
  /** Lambdas of a warm-started path from lambdaMax to lam; 0: lam alone. */
  readonly path: number
  /** Which member of a family of solvers. */
  readonly variant: string
  /** Whether to run rougher settings too, for the curve. */
  readonly ladder: boolean
  /** Folder of the research prototypes, '' when there is none. */
  readonly prototypes: string
}

/** A point a contestant reached. */
export interface Point {
  /** Groups × d; for ReLU programs v then w, for classes class after class. */
  readonly u: Float64Array
  /** Dual points offered with it (sum form), to be checked. */
  readonly theta: Float64Array | null
  /** All that a user waits for but process start and reading data. */
  readonly seconds: number
  /** What the peer itself calls its solving time. */
  readonly solverSeconds: number | null
  /** Processor time within `seconds`, all threads. */
  readonly cpuSeconds: number | null
  readonly iterations: number
  readonly setting: string
  /** Bytes above the process with the data read. */
  readonly peakMemory: number
  /** [seconds, primal, relative gap] by the contestant's own account. */
  readonly history: readonly (readonly [number, number | null, number | null])[] | null
}

export interface Outcome {
  readonly status: 'done' | 'time' | 'failed'
  /** The end of what the process wrote to stderr, when it failed. */
  readonly message: string
  readonly points: readonly Point[]
  readonly versions: string
  /** Numbers without a point, which the judge cannot check. */
  readonly claimed: Claim | null
  readonly backend: string | null
}

export interface Claim {
  readonly primal: number
  readonly dual: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly iterations: number
  readonly active: number
}

export interface Contestant {
  readonly name: string
  /** true, or why this problem is not for it. */
  accepts(problem: RaceProblem): true | string
  readonly script: string
  readonly language: 'node' | 'python'
  /** What it adds to the task. */
  readonly options: Partial<Pick<Task, 'path' | 'variant'>>
  /** Whether it needs --prototypes. */
  readonly prototype?: boolean
}

/** Runs a contestant on the problem in `folder`, in a fresh process with the threads of BLAS set, within the time. */
export function run(
  contestant: Contestant,
  task: Task,
  options: { readonly folder: string; readonly out: string; readonly python: string },
): Promise<Outcome> {
  const { folder, out, python } = options
  writeFileSync(join(out, 'task.json'), JSON.stringify(task))
  const [command, leading] =
    contestant.language === 'node' ? [process.execPath, ['--expose-gc', ...process.execArgv]] : [python, []]
  const threads = String(task.threads)
  const env = { ...process.env }
  for (const name of ['OPENBLAS', 'OMP', 'MKL', 'RAYON', 'NUMEXPR']) env[`${name}_NUM_THREADS`] = threads
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...leading, contestant.script, folder, out], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let message = ''
    child.stderr.on('data', chunk => (message = (message + chunk).slice(-2000)))
    // Reading the data and importing are not counted, so the process gets a minute more than its time.
    let late = false
    const timer = setTimeout(
      () => {
        late = true
        child.kill('SIGKILL')
      },
      1000 * (task.maxSeconds + 60),
    )
    child.on('error', error => {
      clearTimeout(timer)
      reject(new PeerError(`bench: ${contestant.name} needs ${command}; got ${error.message}. See bench/README.md.`))
    })
    child.on('close', code => {
      clearTimeout(timer)
      const status = late ? 'time' : code === 0 ? 'done' : 'failed'
      resolve({ status, message: status === 'failed' ? message : '', ...read(out) })
    })
  })
}

interface StoredPoint extends Omit<Point, 'u' | 'theta'> {
  readonly u: string
  readonly theta: string | null
}

function read(out: string): Pick<Outcome, 'points' | 'versions' | 'claimed' | 'backend'> {
  const path = join(out, 'result.json')
  if (!existsSync(path)) return { points: [], versions: '', claimed: null, backend: null }
  const stored: { points: StoredPoint[]; versions: string; claimed: Claim | null; backend?: string } = JSON.parse(
    readFileSync(path, 'utf8'),
  )
  const array = (name: string) => readNpy(readFileSync(join(out, name)), name).data
  const points = stored.points.map(point => ({
    ...point,
    u: array(point.u),
    theta: point.theta === null ? null : array(point.theta),
  }))
  return { points, versions: stored.versions, claimed: stored.claimed, backend: stored.backend ?? null }
}
