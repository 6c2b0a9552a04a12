/**
 * Options that several commands share, and how their values are read.
 * @module
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { OracleChoice } from '../certificates/index.ts'
import type { LossName } from '../losses/loss.ts'
import type { BackendName } from '../matrix/compute.ts'

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

export interface DataFlags {
  readonly target?: string
  readonly features?: readonly string[]
  readonly weights?: string
}

export interface TrainFlags {
  readonly model: 'relu' | 'gated'
  readonly loss: 'auto' | LossName
  /** A number, or a fraction of lambdaMax; chosen by cross-validation when absent. */
  readonly lambda?: Lambda
  readonly patterns: 'auto' | 'exact' | number
  readonly global?: boolean
  readonly oracle?: OracleChoice
  readonly gap: number
  readonly maxTime?: number
  readonly seed: number
}

export interface Lambda {
  readonly value: number
  readonly unit: 'absolute' | 'lambdaMax'
}

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

/** --target, --features and --weights. */
export function addData(command: Command): Command {
  return command
    .option('-t, --target <column>', 'column to predict, or a .npy file of it (default: the last column)')
    .option('--features <columns>', 'columns to use, separated by commas (default: all others)', names)
    .option('--weights <column>', 'column of sample weights ≥ 0')
}

/** Model, loss, lambda, patterns, gap, time and seed. */
export function addTraining(command: Command): Command {
  return command
    .addOption(new Option('--model <model>', 'activation').choices(['relu', 'gated']).default('relu'))
    .addOption(
      new Option('--loss <loss>', 'default: squared for numbers, logistic or multinomial for classes')
        .choices(['auto', 'squared', 'logistic', 'multinomial', 'squared-hinge', 'huber'])
        .default('auto', 'by the target'),
    )
    .option(
      '--lambda <lambda>',
      'weight of the penalty, > 0: a number, or a fraction of lambdaMax as 0.01max (default: by cross-validation)',
      lambdaOf,
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
    .addOption(new Option('--gap <gap>', 'relative duality gap to stop at').argParser(positive).default(1e-4))
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
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

/** Reads column names separated by commas. */
export function names(text: string): string[] {
  const list = text.split(',').map(name => name.trim())
  if (list.includes('')) throw new InvalidArgumentError(`Column names separated by commas are needed; got "${text}".`)
  return list
}
