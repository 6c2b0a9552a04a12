/**
 * The flags of the bench.
 * @module
 */
import { parseArgs } from 'node:util'
import { DomainError } from '../src/errors.ts'
import type { Level } from './problems/problem.ts'
import type { RaceOptions } from './race.ts'

export interface BenchOptions extends RaceOptions {
  /** Names; empty means all. */
  readonly problems: readonly string[]
  readonly solvers: readonly string[]
  /** Empty: those of the problem. */
  readonly levels: readonly Level[]
  readonly json: boolean
  readonly bars: boolean
  /** Bars by processor time. */
  readonly cpu: boolean
  readonly list: boolean
}

export const USAGE: string = `npm run --silent bench -- [--problem A] [--solver nadir] [--lambda 0.01 | --fraction 0.1] …

  --problem, --solver   names, repeated or with commas; default all (--list shows them)
  --lambda, --fraction  of the public (mean) objective, or of lambdaMax; repeated or with commas; default the problem's
  --gap 1e-6            relative duality gap to reach
  --backend auto        of Nadir: auto, wasm, openblas, js
  --threads 1           for Nadir and for the peers' BLAS
  --repeat 1            runs in fresh processes; the median is reported
  --max-seconds 120     of one run
  --ladder              rougher settings of the peers too, for their curve
  --python python3      of the peers (or NADIR_BENCH_PYTHON); see bench/README.md
  --prototypes FOLDER   race the research prototypes there (ssn, ipm, tall)
  --json                one JSON object a run
  --bars                the races of every bar, and which are met
  --cpu                 with --bars: compare processor times (a busy machine; one thread only)
`

/** @throws DomainError for a flag that is not one, or a value out of range. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parsed(args)
  const several = (list: readonly string[] | undefined): string[] => (list ?? []).flatMap(each => each.split(','))
  const number = (name: string, text: string, least = 0): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value > least) return value
    throw new DomainError(`bench: --${name} must be a number above ${least}; got "${text}".`)
  }
  const whole = (name: string, text: string): number => {
    const value = number(name, text)
    if (Number.isInteger(value)) return value
    throw new DomainError(`bench: --${name} must be a whole number; got "${text}".`)
  }
  return {
    problems: several(values.problem),
    solvers: several(values.solver),
    levels: [
      ...several(values.lambda).map(text => ({ lambda: number('lambda', text) })),
      ...several(values.fraction).map(text => ({ fraction: number('fraction', text) })),
    ],
    gap: number('gap', values.gap),
    backend: values.backend,
    threads: whole('threads', values.threads),
    repeat: whole('repeat', values.repeat),
    maxSeconds: number('max-seconds', values['max-seconds']),
    ladder: values.ladder,
    python: values.python ?? process.env.NADIR_BENCH_PYTHON ?? 'python3',
    prototypes: values.prototypes ?? '',
    json: values.json,
    bars: values.bars,
    cpu: values.cpu,
    list: values.list,
  }
}

function parsed(args: readonly string[]) {
  const many = { type: 'string', multiple: true } as const
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ problem: many, solver: many, lambda: many, fraction: many },
        ...{ gap: { type: 'string', default: '1e-6' }, backend: { type: 'string', default: 'auto' } },
        ...{ threads: { type: 'string', default: '1' }, repeat: { type: 'string', default: '1' } },
        'max-seconds': { type: 'string', default: '120' },
        ...{ python: text, prototypes: text, ladder: flag, cpu: flag, json: flag, bars: flag, list: flag },
      },
    })
  } catch (error) {
    throw new DomainError(`bench: the flags must be known; got ${(error as Error).message}\n${USAGE}`)
  }
}
