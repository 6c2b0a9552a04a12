/**
 * `nadir sketch`: a random S with few rows times a table, S·A, and how well it keeps the columns.
 * @module
 */
import { type Command, Option } from 'commander'
import { DomainError } from '../errors.ts'
import { writeNpy } from '../formats/npy.ts'
import { numberTables, requireColumn } from '../formats/regressionRows.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { compute, configureCompute } from '../matrix/createCompute.ts'
import { gaussianDistortion } from '../sketch/embedding.ts'
import { SKETCH_KINDS, type SketchKind } from '../sketch/sketch.ts'
import { defaultName, refuseSame } from './compress.ts'
import { passLine } from './linearResult.ts'
import { addStream, type StreamFlags, wantsStream } from './linearRows.ts'
import { loadMatrix } from './load.ts'
import {
  addCommon,
  addCompute,
  addSource,
  type CommonOptions,
  type ComputeFlags,
  names,
  type SourceFlags,
  wholeNumber,
} from './options.ts'
import { duration, figure, jsonText, note } from './output.ts'
import type { Session } from './session.ts'
import { type SketchChoice, type Sketched, sketchMatrix, sketchRows } from './sketchRun.ts'

type Flags = CommonOptions &
  ComputeFlags &
  SourceFlags &
  StreamFlags & {
    readonly kind: SketchKind
    readonly m?: number
    readonly rows?: number
    readonly sparsity?: number
    readonly hadamardRows?: number
    readonly features?: readonly string[]
    readonly unsafe?: boolean
    readonly seed: number
    readonly out?: string
  }

/** max/mean of squared row norms above which rows drawn uniformly are refused. */
const COHERENT = 50

/** Adds the command. */
export function addSketch(program: Command, session: Session): void {
  addStream(addCompute(addSource(addCommon(program.command('sketch')))))
    .description('a random sketch S·A of a table of numbers: few rows that keep lengths and angles of its columns')
    .argument('<data>', 'a .npy matrix, or a table of numbers (CSV, Parquet, JSON lines; "-" for standard input)')
    .addOption(new Option('--kind <kind>', 'distribution of S').choices(SKETCH_KINDS).default('sjlt'))
    .option('--m <rows>', 'rows of S (default: four times the columns)', wholeNumber(1))
    .option('--rows <rows>', 'the same', wholeNumber(1))
    .option('--sparsity <count>', 'entries a column (sjlt) or a row (less, less-uniform); default 8', wholeNumber(1))
    .option(
      '--hadamard-rows <count>',
      'srht-blocksum: rows transformed together, a power of two; srht-blocksample: rows of a block',
      wholeNumber(1),
    )
    .option('--features <columns>', 'columns to use, separated by commas (default: all)', names)
    .option('--unsafe', 'draw rows uniformly even where a few of them carry everything')
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
    .option('-o, --out <file.npy>', 'where S·A goes (default: the name of the data with the ending .sketch.npy)')
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: Flags) => run(path, flags, session))
}

async function run(path: string, flags: Flags, { io }: Session): Promise<void> {
  const started = performance.now()
  const out = flags.out ?? defaultName(path, '.sketch.npy', 'sketch')
  refuseSame(out, path, 'sketch')
  if (flags.m !== undefined && flags.rows !== undefined && flags.m !== flags.rows)
    throw new DomainError(`sketch: --m and --rows are the same; got ${flags.m} and ${flags.rows}. Give one.`, 'E_USAGE')
  await requireWritable(out)
  const { backend, threads } = flags
  if (backend !== undefined || threads !== undefined)
    configureCompute({ ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) })
  const m = flags.m ?? flags.rows
  const choice: SketchChoice = {
    kind: flags.kind,
    seed: flags.seed,
    ...(m !== undefined && { rows: m }),
    ...(flags.sparsity !== undefined && { sparsity: flags.sparsity }),
    ...(flags.hadamardRows !== undefined && { blockRows: flags.hadamardRows }),
  }
  const sketched =
    flags.sql !== undefined || (await wantsStream(path, flags))
      ? await streamed(path, flags, choice, io)
      : sketchMatrix(await loadMatrix(path, io, flags.features), choice)
  const { sa, coherence } = sketched
  if (coherence !== null && coherence > COHERENT && !flags.unsafe)
    throw new DomainError(
      `sketch: ${flags.kind} draws rows as if all were alike; the largest squared row norm is ${coherence.toFixed(0)} times the mean, more than ${COHERENT}. Use sjlt or leverage, or --unsafe.`,
      'E_PARAM_RANGE',
    )
  await writeResult(out, writeNpy({ shape: [sa.rows, sa.cols], data: sa.data }))
  const seconds = (performance.now() - started) / 1000
  const notes = notesOf(sketched, flags)
  if (!flags.quiet) for (const text of notes) note(io, text)
  const facts = factsOf(sketched, flags)
  if (flags.json)
    return io.out(
      jsonText({
        ...{ command: 'sketch', status: 'done', objective: null, lambda: null, certificate: null, metrics: {} },
        ...facts,
        ...{ iterations: 0, seconds, seed: flags.seed, backend: compute().backend, outputs: [out], notes },
      }),
    )
  io.out(summary(sketched, flags, { out, seconds }))
}

async function streamed(path: string, flags: Flags, choice: SketchChoice, io: Session['io']): Promise<Sketched> {
  const { sql, blockRows, features } = flags
  const tables = await numberTables(path, {
    ...(sql !== undefined && { sql }),
    ...(blockRows !== undefined && { blockRows }),
    ...(io.stdin !== undefined && { stdin: io.stdin }),
  })
  const line = passLine(io, flags.quiet === true)
  const started = performance.now()
  try {
    for (const name of features ?? []) requireColumn(tables, name, 'feature')
    return await sketchRows(tables, features ?? tables.columns, choice, (phase, rows) =>
      line.update({ pass: 1, phase, rows, of: Number.NaN, seconds: (performance.now() - started) / 1000 }),
    )
  } finally {
    line.end()
    await tables.close()
  }
}

/** Entries of S that are not 0, on average over its columns (at most, where places can repeat). */
function nonzeros({ draw, samples }: Sketched, { kind, sparsity }: Flags): number {
  const m = draw.rows
  if (kind === 'countsketch') return 1
  if (kind === 'sjlt') return sparsity ?? Math.min(8, m)
  if (kind === 'less' || kind === 'less-uniform') return (m * (sparsity ?? Math.min(8, samples))) / samples
  if (kind === 'uniform' || kind === 'leverage' || kind === 'bernoulli') return m / samples
  return m
}

const SCALING: Record<SketchKind, string> = {
  sjlt: '±1/√s',
  countsketch: '±1',
  gaussian: 'normal/√m',
  rademacher: '±1/√m',
  srht: '±1/√m, from √(N/m)·P·(H_N/√N)·D',
  'srht-blocksum': '±1/√m',
  'srht-blocksample': '±1/√m',
  uniform: '√(n/m)',
  leverage: '1/√(m·p)',
  bernoulli: '1/√q, q = min(1, m·p)',
  less: '±1/√(m·s·p)',
  'less-uniform': '±√(n/(m·s))',
}

function factsOf(sketched: Sketched, flags: Flags): object {
  const { draw, samples, cols, embedding, unmeasured, coherence } = sketched
  return {
    kind: flags.kind,
    rows: draw.rows,
    samples,
    columns: cols,
    scaling: SCALING[flags.kind],
    nonzerosPerColumn: nonzeros(sketched, flags),
    distortion: embedding?.distortion ?? null,
    eigenvalues: embedding && { least: embedding.least, most: embedding.most },
    gaussianDistortion: gaussianDistortion(cols, draw.rows),
    ...(unmeasured !== null && { unmeasured }),
    ...(coherence !== null && { coherence }),
  }
}

function notesOf({ draw, cols, embedding, unmeasured }: Sketched, { kind }: Flags): string[] {
  const m = draw.rows
  const enough = Math.ceil(2 * cols * Math.log(cols) + 4 * cols)
  return [
    ...(unmeasured === null ? [] : [`the distortion was not measured: ${unmeasured}.`]),
    ...(embedding !== null && embedding.least < 1e-3
      ? [
          `a direction of the columns is lost (${embedding.least.toExponential(1)} of its square is left). Take more rows, or another kind.`,
        ]
      : []),
    ...(kind === 'srht' && m < enough
      ? [`srht may miss heavy rows in structured places below 2d·ln d + 4d = ${enough} rows; it has ${m}.`]
      : []),
    ...(kind === 'countsketch' && m < cols * cols
      ? [
          `countsketch needs about d² = ${cols * cols} rows where few rows of the data dominate; it has ${m}. sjlt does not.`,
        ]
      : []),
  ]
}

function summary(sketched: Sketched, flags: Flags, { out, seconds }: { out: string; seconds: number }): string {
  const { draw, samples, cols, embedding } = sketched
  const expected = `${figure(gaussianDistortion(cols, draw.rows), 3)} for a large Gaussian one`
  return [
    '',
    `sketched ${samples} × ${cols} to ${draw.rows} × ${cols} in ${duration(seconds)}`,
    `  kind        ${flags.kind}`,
    `  seed        ${flags.seed}`,
    `  entries     ${SCALING[flags.kind]}, ${figure(nonzeros(sketched, flags), 4)} a column`,
    `  distortion  ${embedding === null ? `not measured, ${expected}` : `${figure(embedding.distortion, 4)} (squared lengths times ${figure(embedding.least, 3)} to ${figure(embedding.most, 3)}); ${expected}`}`,
    `  file        ${out}`,
    '',
  ].join('\n')
}

const EXAMPLES = `
Examples:
  nadir sketch --kind sjlt --m 2048 data.npy
  nadir sketch rows.parquet --kind srht-blocksum --m 400 --stream --out sketch.npy --json
`
