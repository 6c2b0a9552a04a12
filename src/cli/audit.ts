/**
 * `nadir audit`, and `nadir certify` of a file that another program wrote: how good is this network, and what is missing.
 * @module
 */
import { extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { weightsOf } from '../data/dataset.ts'
import { lossFor, lossTargets, metricsOf, predictionsOf } from '../data/predictions.ts'
import { columnOf, type Table } from '../data/table.ts'
import { encodeTarget, learnTarget, type TargetEncoding, type Task } from '../data/target.ts'
import { DomainError } from '../errors.ts'
import { exportOnnx } from '../formats/export/exportOnnx.ts'
import { improvedModel, notAModel } from '../formats/import/improvedModel.ts'
import { readForeign } from '../formats/import/readForeign.ts'
import { writeModel } from '../formats/modelFile.ts'
import type { Rows } from '../formats/onRows.ts'
import { requireWritable, writeAtomic } from '../formats/writeAtomic.ts'
import type { LossName } from '../losses/loss.ts'
import { createCompute } from '../matrix/createCompute.ts'
import {
  type Activation,
  type Audit,
  activationFrom,
  audit,
  type ForeignNetwork,
  recheckAudit,
} from '../models/index.ts'
import { auditObject, auditText } from './auditReport.ts'
import { interruptible } from './interrupt.ts'
import { loadTable, matrixOfColumns } from './load.ts'
import {
  addCommon,
  addCompute,
  addOracle,
  addSource,
  type CommonOptions,
  type ComputeFlags,
  type OracleFlags,
  positive,
  type SourceFlags,
  wholeNumber,
} from './options.ts'
import { jsonText, note } from './output.ts'
import { FAILURE, type Session } from './session.ts'
import { VERSION } from './version.ts'

const LOSSES: Readonly<Record<string, LossName>> = {
  squared: 'squared',
  mse: 'squared',
  huber: 'huber',
  logistic: 'logistic',
  bce: 'logistic',
  'squared-hinge': 'squared-hinge',
  multinomial: 'multinomial',
  'cross-entropy': 'multinomial',
}

/** What commands ask about a foreign network. */
export interface ForeignFlags extends CommonOptions {
  readonly target?: string
  readonly features?: readonly string[]
  readonly weights?: string
  readonly loss: string
  readonly lambda?: number
  readonly weightDecay?: number
  readonly reduction: 'mean' | 'sum'
  readonly optimizer?: string
  readonly hiddenBias?: 'penalised' | 'free'
  readonly outputBias?: 'penalised' | 'free' | 'fixed'
  readonly activation?: Activation
  readonly seed: number
}

/** What `audit` and `certify` ask beside. */
export interface AuditFlags extends ForeignFlags, ComputeFlags {
  readonly improve?: boolean
  readonly out?: string
  readonly gap: number
  readonly maxTime?: number
}

/** Proved optimal; proved suboptimal; neither. */
const CODES: Record<Audit['verdict'], number> = {
  optimal: 0,
  'not-stationary': 3,
  'stationary-not-global': 3,
  uncertified: 4,
}

/** What a command asks about a foreign network and how it was trained. */
export function addForeignFlags(command: Command): Command {
  return command
    .option(
      '-t, --target <column>',
      'the target column, or a .npy file of it (default: as in training, or the last column)',
    )
    .option('--features <columns>', 'columns the network takes, in its order (default: all others, in theirs)', names)
    .option('--weights <column>', 'column of sample weights ≥ 0')
    .addOption(
      new Option(
        '--loss <loss>',
        'loss of the training: squared (mse), huber, logistic (bce), squared-hinge, multinomial (cross-entropy)',
      )
        .choices(['auto', ...Object.keys(LOSSES)])
        .default('auto', 'by the target'),
    )
    .option(
      '--lambda <lambda>',
      'weight of ½‖weights‖² beside the mean loss; 0 asks for the margin of a classifier (default: where the network is nearest to stationary)',
      lambdaOf,
    )
    .option('--weight-decay <decay>', "PyTorch's weight_decay instead of --lambda; it penalises all biases", lambdaOf)
    .addOption(
      new Option('--reduction <how>', "PyTorch's reduction, for --weight-decay")
        .choices(['mean', 'sum'])
        .default('mean'),
    )
    .option('--optimizer <name>', 'what trained it: adamw decouples its decay, which is worth a warning')
    .addOption(
      new Option('--hidden-bias <how>', 'whether hidden biases carry the penalty (default: penalised)').choices([
        'penalised',
        'free',
      ]),
    )
    .addOption(
      new Option(
        '--output-bias <how>',
        'free, penalised, or fixed: the bound is then about networks with this one (default: free)',
      ).choices(['free', 'penalised', 'fixed']),
    )
    .option('--activation <activation>', 'of .npz and .safetensors: relu, abs or leaky:<slope> (default: relu)', text =>
      activationFrom(text, 'audit'),
    )
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
}

/** The flags of both commands. */
export function addAuditFlags(command: Command): Command {
  return addForeignFlags(command)
    .option('--improve', 'train further from this network, whatever bound can be proved')
    .option('-o, --out <file>', 'write the better network: .onnx, or .json for a model file')
    .addOption(
      new Option('--gap <gap>', 'relative gap up to which a network counts as optimal')
        .argParser(positive)
        .default(1e-4),
    )
    .option('--max-time <seconds>', 'train no longer than this', positive)
}

/** Adds `audit`. */
export function addAudit(program: Command, session: Session): void {
  addAuditFlags(addOracle(addCompute(addSource(addCommon(program.command('audit'))))))
    .description(
      'full report on a two-layer network that another program trained: how far from optimal, and what is missing',
    )
    .argument('<network>', '.onnx of PyTorch, scikit-learn or Keras; or .npz, .safetensors or .json weights')
    .argument('[data...]', 'the rows it was trained on')
    .addHelpText('after', EXAMPLES)
    .action((path: string, paths: string[], options: AuditFlags & SourceFlags & OracleFlags) =>
      auditFile(path, paths, { options, session, command: 'audit' }),
    )
}

/** Reads, audits, prints and writes. `certify` exits with 0 whenever it could say something; `audit` by its verdict. */
export async function auditFile(
  path: string,
  paths: readonly string[],
  context: {
    readonly options: AuditFlags & SourceFlags & OracleFlags
    readonly session: Session
    readonly command: 'certify' | 'audit'
  },
): Promise<void> {
  const { options, session, command } = context
  const { io } = session
  checkFlags(options)
  if (options.out !== undefined) await requireWritable(options.out)
  const foreign = readForeign(path, options.activation === undefined ? {} : { activation: options.activation })
  const { table, target: wanted } = await loadTable(
    paths,
    {
      ...(options.target !== undefined && { target: options.target }),
      ...(options.sql !== undefined && { sql: options.sql }),
    },
    io,
  )
  const given = rowsOf(table, wanted, foreign, options)
  const { rows, target, loss, features } = given
  const notes = [...table.notes, ...given.notes]
  const compute = createCompute(options)
  const began = performance.now()
  try {
    const penalised = options.weightDecay !== undefined
    const report = await interruptible(io, signal =>
      audit(
        foreign,
        { x: rows.x, y: lossTargets(rows.y, loss), weights: rows.weights },
        {
          loss,
          ...(options.lambda !== undefined && { lambda: options.lambda }),
          ...(options.weightDecay !== undefined && { lambda: lambdaFrom(options, loss, rows.x.rows) }),
          hiddenBias: options.hiddenBias ?? 'penalised',
          outputBias: options.outputBias ?? (penalised ? 'penalised' : 'free'),
          tolerance: options.gap,
          ...(options.oracle !== undefined && { oracle: options.oracle }),
          improve: options.improve === true ? true : 'auto',
          decoupled: options.optimizer?.toLowerCase() === 'adamw',
          seed: options.seed,
          ...(options.maxTime !== undefined && { maxTime: options.maxTime }),
          signal,
          compute,
        },
      ),
    )
    const { verdict, note: unchecked } = recheckAudit(report)
    const seconds = (performance.now() - began) / 1000
    const outputs = options.out === undefined ? [] : [options.out]
    if (options.out !== undefined) await write(options.out, report, { foreign, ...given, table, options, seconds })
    if (command === 'audit') session.code = CODES[report.verdict]
    if (verdict?.valid === false) session.code = FAILURE
    const metrics = metricsOf(rows.y, predictionsOf(valuesOf(foreign, report), { target, loss }), {
      target,
      weights: rows.weights,
    })
    const facts = {
      command,
      foreign,
      features,
      target,
      loss,
      rows: rows.x.rows,
      metrics,
      seconds,
      seed: options.seed,
      backend: compute.backend,
      outputs,
      notes: [...notes, ...report.notes, ...(unchecked === null ? [] : [unchecked])],
      recheck: verdict,
    }
    if (!options.quiet) for (const text of facts.notes) note(io, text)
    if (options.json) return io.out(jsonText(auditObject(report, facts)))
    if (!options.quiet) for (const { text } of report.warnings) note(io, text)
    io.out(auditText(report, facts, { full: command === 'audit', width: io.width }))
  } finally {
    compute.close()
  }
}

function checkFlags(flags: AuditFlags): void {
  const { out, improve } = flags
  checkLambda(flags, 'audit')
  if (out === undefined) return
  if (improve !== true)
    throw new DomainError('audit: --out writes the better network, which --improve makes. Say --improve.', 'E_USAGE')
  if (!['.onnx', '.json'].includes(extname(out)))
    throw new DomainError(`audit: --out must end in .onnx or .json; got "${out}".`, 'E_USAGE')
}

/** One of --lambda and --weight-decay, at most. */
export function checkLambda({ lambda, weightDecay }: ForeignFlags, who: string): void {
  if (lambda !== undefined && weightDecay !== undefined)
    throw new DomainError(`${who}: give --lambda or --weight-decay, not both.`, 'E_USAGE')
}

/**
 * lambda of PyTorch's weight decay wd: the gradient of the loss plus wd times the weights. MSELoss has no ½, so it is twice our squared
 * loss; a sum is n times the mean.
 */
export function lambdaFrom({ weightDecay = 0, reduction }: ForeignFlags, loss: LossName, rows: number): number {
  const mean = loss === 'squared' ? weightDecay / 2 : weightDecay
  return reduction === 'sum' ? mean / rows : mean
}

export interface Given {
  readonly rows: Rows
  readonly target: TargetEncoding
  readonly loss: LossName
  readonly features: readonly string[]
  readonly notes: readonly string[]
}

/** The columns of the network and its target. */
export function rowsOf(
  table: Table,
  wanted: string | undefined,
  foreign: ForeignNetwork,
  options: ForeignFlags,
): Given {
  const name = wanted ?? table.columns[table.columns.length - 1].name
  const column = columnOf(table, name, 'target')
  const named = options.loss === 'auto' ? undefined : LOSSES[options.loss]
  const task: Task | undefined =
    named !== undefined
      ? named === 'squared' || named === 'huber'
        ? 'regression'
        : 'classification'
      : foreign.link !== 'identity'
        ? 'classification'
        : undefined
  const learned = learnTarget(column, table, task)
  const target = withLabels(learned.target, foreign)
  const features =
    options.features ?? table.columns.map(each => each.name).filter(each => each !== name && each !== options.weights)
  for (const [other, role] of [
    [name, 'target'],
    [options.weights, 'weights'],
  ] as const)
    if (other !== undefined && options.features?.includes(other))
      throw new DomainError(`audit: "${other}" cannot be a feature and the ${role} at once. Take it out of --features.`)
  const x = matrixOfColumns(
    table,
    features.map(each => columnOf(table, each, 'feature')),
  )
  return {
    rows: {
      x,
      y: encodeTarget(target, column, table.source),
      weights: options.weights === undefined ? null : weightsOf(table, options.weights),
    },
    target,
    loss: named ?? lossFor(target),
    features,
    notes: [
      ...(wanted === undefined ? [`no target given: the last column, "${name}", is the target.`] : []),
      ...learned.notes,
    ],
  }
}

/** The classes in the order of the file, where it names them. */
function withLabels(target: TargetEncoding, { labels }: ForeignNetwork): TargetEncoding {
  if (labels === null || target.kind === 'number') return target
  const same = labels.length === target.labels.length && labels.every(label => target.labels.includes(label))
  if (!same)
    throw new DomainError(
      `audit: the network knows the classes ${labels.slice(0, 6).join(', ')}; "${target.name}" has ${target.labels.slice(0, 6).join(', ')}. Give the target it was trained on.`,
      'E_LABELS',
    )
  return { ...target, labels }
}

/** Network values in the unit of the target. */
export function valuesOf({ rescale, output }: ForeignNetwork, { measured }: Pick<Audit, 'measured'>): Float64Array {
  const c = output.cols
  return measured.fit.map((f, at) => {
    const value = f + measured.loss.offset[at % c]
    return rescale === null ? value : value * rescale.spread[at % c] + rescale.centre[at % c]
  })
}

async function write(
  path: string,
  report: Audit,
  context: Given & {
    readonly foreign: ForeignNetwork
    readonly table: Table
    readonly options: AuditFlags
    readonly seconds: number
  },
): Promise<void> {
  const { rows, features, foreign, target, loss, options, table, seconds } = context
  const ending = extname(path)
  const reason = ending === '.json' ? notAModel(report) : null
  if (reason !== null) throw new DomainError(`audit: ${reason}. Write the better network as .onnx.`, 'E_UNSUPPORTED')
  const model = improvedModel(report, {
    foreign,
    rows,
    encoding: features.map((column, j) => ({ kind: 'number', column, mean: meanOf(rows, j), indicator: false })),
    target,
    loss,
    ...(loss === 'huber' && { delta: 1 }),
    source: table.source,
    weights: options.weights ?? null,
    seed: options.seed,
    gap: options.gap,
    madeBy: VERSION,
    seconds,
  })
  if (ending === '.json') await writeModel(path, model)
  else await writeAtomic(path, exportOnnx(model))
}

function meanOf({ x }: Rows, j: number): number {
  let sum = 0
  for (let i = 0; i < x.rows; i++) sum += x.data[i * x.cols + j] / x.rows
  return sum
}

function names(text: string): string[] {
  return text.split(',').map(name => name.trim())
}

function lambdaOf(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && Number.isFinite(value))) throw new InvalidArgumentError(`A number ≥ 0 is needed; got "${text}".`)
  return value
}

const EXAMPLES = `
Exit codes: 0 proved optimal (up to --gap), 2 refused, 3 proved suboptimal, 4 neither.

Examples:
  nadir audit net.onnx data.csv --target y --loss mse --weight-decay 1e-3 --optimizer adam
  nadir audit mlp.onnx data.csv --target class --lambda 0.002 --hidden-bias free
  nadir audit net.onnx data.csv --target y --lambda 0.01 --improve --out better.onnx
`
