/**
 * Configuration files: the options of a run as YAML (or JSON, which is YAML).
 *
 * Keys are the long names of options. One schema serves `fit`, `path` and `cv`, so that one file can: a key which the verb at
 * hand does not take is left alone. Values are checked twice, for their type here, and by the option's own parser.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import { suggestion } from '../data/suggest.ts'
import { DomainError, FormatError } from '../errors.ts'

const text = z.string('a text is needed')
const positive = z.number('a number is needed').positive('a number > 0 is needed')
const whole = (least: number) => z.int('a whole number is needed').min(least, `a whole number ≥ ${least} is needed`)
const share = z.number('a number is needed').gt(0, 'a number in (0, 1) is needed').lt(1, 'a number in (0, 1) is needed')
const lambda = z.union(
  [positive, z.string().regex(/^\s*[\d.]+(e[+-]?\d+)?\s*\*?\s*max\s*$/i)],
  'a number > 0 is needed, or a fraction of lambdaMax such as 0.1max',
)
const list = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)], 'a value or a list is needed')

/** What a configuration file may hold. */
const runConfig = z
  .strictObject({
    data: list(text).describe('Files of rows, read from the current folder; "-" is standard input.'),
    sql: text.describe('A query over the files, which it knows as "data".'),
    target: text.describe('Column to predict, or a .npy file of it. Default: the last column.'),
    features: list(text).describe('Columns to use. Default: all others.'),
    exclude: list(text).describe('Columns not to use.'),
    weights: text.describe('Column of sample weights ≥ 0.'),
    groups: text.describe('Column whose equal values stay in one fold (cv).'),
    valid: text.describe('File of rows to judge by.'),
    'valid-fraction': share.describe('Share of the rows to judge by, drawn by the seed.'),
    model: z
      .enum(['relu', 'gated'], 'it must be relu or gated')
      .describe('ReLU, or gates fixed beforehand. Default: relu.'),
    activation: text.describe('Of model relu: leaky:<slope>, abs or linear. Default: relu.'),
    conv: text.describe(
      'First layer sliding over the columns: width:<w>[,stride:<s>][,padding:<p>][,pool:sum|mean] (fit).',
    ),
    loss: z
      .enum(
        ['auto', 'squared', 'logistic', 'multinomial', 'squared-hinge', 'huber'],
        'it must be auto, squared, logistic, multinomial, squared-hinge or huber',
      )
      .describe('Default: auto, by the target.'),
    lambda: lambda.describe(
      'Weight of the penalty, or a fraction of lambdaMax such as "0.1max" (fit). Default: by cross-validation.',
    ),
    lambdas: list(lambda).describe('Lambdas of a path (path, cv).'),
    count: whole(1).describe('Lambdas of an evenly spaced path (path, cv).'),
    ratio: share.describe('Smallest lambda of that path as a fraction of lambdaMax (path, cv).'),
    folds: whole(2).describe('Folds of cross-validation (cv). Default: 5.'),
    rule: z
      .enum(['min', 'one-standard-error'], 'it must be min or one-standard-error')
      .describe('Which lambda cross-validation chooses (cv). Default: min.'),
    patterns: z
      .union([z.enum(['auto', 'exact']), z.int().min(1)], 'auto, exact or a whole number ≥ 1 is needed')
      .describe('Activation patterns: auto, exact (all of them), or how many to sample. Default: auto.'),
    global: z
      .boolean('true or false is needed')
      .describe('A certificate over networks of every width (relu). Default: false.'),
    oracle: z
      .enum(['enumeration', 'spectral', 'sdp', 'auto'], 'it must be enumeration, spectral, sdp or auto')
      .describe('How that bound is found (fit). Default: auto.'),
    standardise: z
      .boolean('true or false is needed')
      .describe('Columns and numeric targets in units of their spread, inside the model. Default: true.'),
    intercept: z
      .boolean('true or false is needed')
      .describe('Hidden biases and a constant in the output. Default: true.'),
    gap: positive.describe('Relative duality gap to stop at. Default: 1e-4.'),
    'max-time': positive.describe('Seconds after which to stop with the best so far.'),
    seed: whole(0)
      .max(2 ** 32 - 1, 'a whole number below 2^32 is needed')
      .describe('Seed of all randomness. Default: 0.'),
    backend: z
      .enum(['auto', 'wasm', 'openblas', 'js'], 'it must be auto, wasm, openblas or js')
      .describe('Inner loops. Default: auto.'),
    threads: whole(1).describe('Threads in all. Default: one a processor.'),
    output: text.describe('File for the table, .csv or .json (path, cv).'),
    out: text.describe('Model file (ends in .json) or run folder (fit, cv).'),
  })
  .partial()

/** The values of a configuration file by key. */
export type RunConfig = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>

/** Keys of a configuration file, in the order in which they are written. */
export const CONFIG_KEYS: readonly string[] = Object.keys(runConfig.shape)

/** The JSON Schema of configuration files, for editors. */
export function configSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(runConfig)
  return {
    $schema,
    title: 'Nadir run configuration',
    description: 'Options of nadir fit, path and cv. Flags beat the file, the file beats defaults.',
    ...schema,
  }
}

/**
 * Reads a configuration file.
 *
 * @throws FormatError when it is absent, not YAML or no list of keys; DomainError (E_CONFIG) for an unknown key, the nearest being
 *   named, or a value of the wrong kind.
 */
export async function readConfig(path: string): Promise<RunConfig> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new FormatError(`config: ${path} could not be read. Check the path.`, { cause: error })
  })
  const document = parseDocument(content)
  const [fault] = document.errors
  if (fault !== undefined)
    throw new FormatError(
      `config: ${path} is not YAML: ${fault.message.split('\n')[0].replace(/[:.]$/, '')}. Correct it there; a line is "key: value".`,
      { cause: fault },
    )
  const value: unknown = contentOf(document, path) ?? {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new FormatError(
      `config: ${path} must hold lines "key: value"; got ${JSON.stringify(value)?.slice(0, 60)}. See nadir config --schema.`,
    )
  const parsed = runConfig.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue.code === 'unrecognized_keys')
    throw new DomainError(
      `config: "${issue.keys[0]}" in ${path} is no option. ${suggestion(issue.keys[0], CONFIG_KEYS)}`,
      'E_CONFIG',
    )
  const key = String(issue.path[0])
  const got: unknown = (value as Record<string, unknown>)[key]
  throw new DomainError(
    `config: ${key} in ${path}: ${issue.message}; got ${JSON.stringify(got)}. See nadir config --schema.`,
    'E_CONFIG',
  )
}

/** What a document says; aliases of nothing, of themselves or of too much show only here. */
function contentOf(document: Document, path: string): unknown {
  try {
    const value: unknown = document.toJS()
    JSON.stringify(value)
    return value
  } catch (error) {
    const [why] = String(error instanceof Error ? error.message : error).split('\n')
    throw new FormatError(
      `config: ${path} has aliases that lead nowhere, in a circle, or too far (${why}). Write the values out, without & and *.`,
      { cause: error },
    )
  }
}
