/**
 * Options that several commands share, and how their values are read.
 * @module
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { OracleChoice } from '../certificates/index.ts'
import { recordsOf } from '../data/delimited.ts'
import type { LossName } from '../losses/loss.ts'
import type { BackendName } from '../matrix/compute.ts'
import { activationFrom } from '../models/activation.ts'

export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

export interface ComputeFlags {
  readonly backend?: 'auto' | BackendName
  readonly threads?: number
}

export interface OracleFlags {
  readonly oracle?: OracleChoice
}

export interface SourceFlags {
  readonly sql?: string
}

export interface DataFlags extends SourceFlags {
  readonly target?: string
  readonly features?: readonly string[]
  readonly exclude?: readonly string[]
  readonly weights?: string
}

/** Rows to judge by that are not trained on. */
export interface HoldoutFlags {
  readonly valid?: string
  readonly validFraction?: number
}

/** The lambdas of a path. */
export interface PathFlags {
  readonly lambdas?: readonly Lambda[]
  readonly count: number
  readonly ratio: number
}

export interface TrainFlags extends ModelFlags {
  /** A number, or a fraction of lambdaMax; chosen by cross-validation when absent. */
  readonly lambda?: Lambda
}

export interface ModelFlags {
  readonly model: 'relu' | 'gated'
  readonly activation?: string
  readonly conv?: string
  readonly loss: 'auto' | LossName
  readonly patterns: 'auto' | 'exact' | number
  readonly global?: boolean
  readonly oracle?: OracleChoice
  readonly standardise?: boolean
  readonly intercept?: boolean
  readonly gap: number
  readonly maxTime?: number
  readonly seed: number
}

export interface Lambda {
  readonly value: number
  readonly unit: 'absolute' | 'lambdaMax'
}

/** What the argument for data says. */
export const DATA =
  'CSV, TSV, Parquet, JSON lines, .npy or .npz files, one below the other; "-" for standard input, or a bundled data set'

/** --json and --quiet. */
export function addCommon(command: Command): Command {
  return command
    .option('--json', 'print the result as one JSON object')
    .option('-q, --quiet', 'no progress and no notes')
}

/** --backend and --threads. */
export function addCompute(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', 'inner loops: OpenBLAS where it is found, else the embedded WebAssembly').choices([
        'auto',
        'wasm',
        'openblas',
        'js',
      ]),
    )
    .option('--threads <count>', 'threads in all (default: one a processor)', wholeNumber(1))
}

/** --oracle. */
export function addOracle(command: Command): Command {
  return command.addOption(
    new Option(
      '--oracle <name>',
      'bound over ReLU networks of every width: by enumeration (rank up to 4), from singular values, by a semidefinite relaxation, or the best affordable',
    ).choices(['enumeration', 'spectral', 'sdp', 'auto']),
  )
}

/** --sql. */
export function addSource(command: Command): Command {
  return command.option('--sql <query>', 'read the rows of a query over the files, which it knows as "data"')
}

/** --sql, --target, --features and --weights. */
export function addData(command: Command): Command {
  return addSource(command)
    .option('-t, --target <column>', 'column to predict, or a .npy file of it (default: the last column)')
    .option(
      '--features <columns>',
      'columns to use, separated by commas, a name with a comma in double quotes (default: all others)',
      names,
    )
    .option('--exclude <columns>', 'columns not to use: names, identifiers, what is only known afterwards', names)
    .option('--weights <column>', 'column of sample weights ≥ 0')
}

/** --valid and --valid-fraction. */
export function addHoldout(command: Command): Command {
  return command
    .option('--valid <file>', 'rows to judge the network by, not trained on')
    .option('--valid-fraction <share>', 'judge by a share of the rows in (0, 1), drawn by --seed', fraction)
}

/** --lambdas, --count and --ratio. */
export function addPath(command: Command, defaults: { readonly count: number; readonly ratio: number }): Command {
  return command
    .option('--lambdas <list>', 'the lambdas, separated by commas: numbers, or fractions as 0.5max,0.1max', lambdasOf)
    .addOption(
      new Option('--count <count>', 'how many lambdas, evenly spaced in log from lambdaMax down')
        .argParser(wholeNumber(1))
        .default(defaults.count),
    )
    .addOption(
      new Option('--ratio <ratio>', 'the smallest lambda as a fraction of lambdaMax, in (0, 1)')
        .argParser(fraction)
        .default(defaults.ratio),
    )
}

/** Lambda, model, loss, patterns, gap, time and seed. */
export function addTraining(command: Command): Command {
  return addModel(
    command.option(
      '--lambda <lambda>',
      'weight of the penalty, > 0: a number, or a fraction of lambdaMax as 0.01max (default: by cross-validation)',
      lambdaOf,
    ),
  )
}

/** Model, loss, patterns, gap, time and seed. */
export function addModel(command: Command): Command {
  return command
    .addOption(
      new Option('--model <model>', 'ReLU, or gates fixed beforehand').choices(['relu', 'gated']).default('relu'),
    )
    .option(
      '--activation <activation>',
      'of model relu, one output: leaky:<slope>, abs or linear (default: relu)',
      activationText,
    )
    .addOption(
      new Option('--loss <loss>', 'default: squared for numbers, logistic or multinomial for classes')
        .choices(['auto', 'squared', 'logistic', 'multinomial', 'squared-hinge', 'huber'])
        .default('auto', 'by the target'),
    )
    .addOption(
      new Option('--patterns <which>', 'activation patterns: auto, exact (all of them), or how many to sample')
        .argParser(patternsOf)
        .default('auto'),
    )
    .option(
      '--global',
      'certificate over ReLU networks of every width; patterns are added until it is met, where it can be',
    )
    .option('--no-standardise', 'columns and target as they are: weights are penalised in the units of the data')
    .option('--no-intercept', 'no hidden biases and no constant in the output')
    .addOption(new Option('--gap <gap>', 'relative duality gap to stop at').argParser(positive).default(1e-4))
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
}

/** Checks the name of an activation, and keeps the text. */
function activationText(text: string): string {
  activationFrom(text, 'fit')
  return text
}

/** Reads 0.1 or 0.01max. */
export function lambdaOf(text: string): Lambda {
  const match = /^(.+?)\s*\*?\s*(max)$/i.exec(text.trim())
  const value = Number(match ? match[1] : text.trim() === '' ? Number.NaN : text)
  if (match && value >= 1)
    throw new InvalidArgumentError(
      `lambda must be below lambdaMax, from where on the zero network is optimal; got "${text}". Try 0.1max.`,
    )
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(
      `lambda must be a number > 0, or a fraction of lambdaMax such as 0.01max; got "${text}".`,
    )
  return { value, unit: match ? 'lambdaMax' : 'absolute' }
}

/** Reads a list such as 0.5max,0.1max or 0.2,0.1, and puts the largest first. */
function lambdasOf(text: string): Lambda[] {
  const list = text.split(',').map(each => (/^\s*1(\.0*)?\s*\*?\s*max\s*$/i.test(each) ? WHOLE : lambdaOf(each)))
  if (list.some(({ unit }) => unit !== list[0].unit))
    throw new InvalidArgumentError(
      `The lambdas must all be numbers, or all fractions of lambdaMax; got "${text}". Write them in one way.`,
    )
  list.sort((a, b) => b.value - a.value)
  const twice = list.find(({ value }, k) => k > 0 && value === list[k - 1].value)
  if (twice !== undefined)
    throw new InvalidArgumentError(`The lambdas must differ; ${twice.value} comes twice in "${text}".`)
  return list
}

const WHOLE: Lambda = { value: 1, unit: 'lambdaMax' }

/** Reads a number in (0, 1). */
export function fraction(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError(`A number in (0, 1) is needed; got "${text}".`)
  return value
}

function patternsOf(text: string): 'auto' | 'exact' | number {
  if (text === 'auto' || text === 'exact') return text
  const count = Number(text)
  if (!(Number.isInteger(count) && count >= 1))
    throw new InvalidArgumentError(`patterns must be auto, exact or a whole number ≥ 1; got "${text}".`)
  return count
}

/** Reads a number > 0. */
export function positive(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError(`A number > 0 is needed; got "${text}".`)
  return value
}

/** Reads a number ≥ 0. */
export function nonNegative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && value < Infinity)) throw new InvalidArgumentError(`A number ≥ 0 is needed; got "${text}".`)
  return value
}

/** Reads a number. */
export function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`A number is needed; got "${text}".`)
  return value
}

/** Reads a whole number in a range. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!(Number.isSafeInteger(value) && value >= least && value <= most))
      throw new InvalidArgumentError(
        `A whole number ≥ ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` and ≤ ${most}`} is needed; got "${text}".`,
      )
    return value
  }
}

/** Reads column names separated by commas; a name with a comma in it stands between quotes, as in a CSV file. */
export function names(text: string): string[] {
  const list = recordsOf(text.replaceAll(/,\s+"/g, ',"'), ',', '--features', 1)
    .records.flat()
    .map(name => name.trim())
  if (list.length === 0 || list.includes(''))
    throw new InvalidArgumentError(`Column names separated by commas are needed; got "${text}".`)
  return list
}
