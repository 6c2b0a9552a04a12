/**
 * A trained network as one SQL expression, for DuckDB and PostgreSQL: `SELECT <expression> AS y FROM t`.
 *
 * - The value for regression, in the unit of the target; the probability of one class for logistic and multinomial loss; the
 *   label for squared hinge loss, which has no probabilities.
 * - Columns are standardised in place, as in training: raw weights would lose digits. Sums keep the order of `nadir predict` up
 *   to 16 terms, so a row meets the same gates; longer ones differ by rounding.
 * - NULL is a missing value. Texts are compared as they are.
 * - Numbers have an exponent, which makes them DOUBLE in DuckDB (1.5 would be DECIMAL); columns are cast to DOUBLE PRECISION,
 *   which makes the sums so in PostgreSQL.
 * - exp is kept inside ±700, where PostgreSQL would refuse an over- or underflow: a probability below 1e-304 stays there.
 * - Long sums are cut into blocks of blocks: both programs limit the depth of an expression.
 * @module
 */
import type { Encoding } from '../../data/encoding.ts'
import { suggestion } from '../../data/suggest.ts'
import { DomainError, UnsupportedError } from '../../errors.ts'
import { rowOf } from '../../matrix/dense.ts'
import type { SavedModel } from '../modelFile.ts'
import { liveNetwork } from './liveNetwork.ts'

/** Terms on one level of a sum. DuckDB's time to plan grows with the depth: 600 neurons take 2 s so, and 28 s with 256. */
const TERMS = 16

/** Which number is wanted of a classifier. */
export interface SqlOptions {
  /** Whose probability; the second of two classes by default. */
  readonly className?: string
}

/** One term of u·z for a weight u, or null where z is 0 in every row. */
type Column = (weight: number) => string | null

/**
 * The text of the expression. Size O(m·d) (twice that for several classes).
 *
 * @throws DomainError (E_LABELS) for an unknown class, or when one of three or more must be named.
 * @throws UnsupportedError when a class is named and the model has no probabilities.
 */
export function exportSql(model: SavedModel, options: SqlOptions = {}): string {
  const { target, loss, standardisation } = model
  const { className } = options
  const probable = loss.name === 'logistic' || loss.name === 'multinomial'
  if (className !== undefined && (target.kind === 'number' || !probable))
    throw new UnsupportedError(
      `export: a class can be named where the model gives probabilities; this one has ${loss.name} loss. Leave --class out.`,
    )
  const { centre, spread } = standardisation
  const fitted = neuronTerms(model).map((terms, k) => {
    const f = sum([...terms, literal(model.network.offset[k])])
    return centre[k] === 0 && spread[k] === 1 ? f : `(${literal(centre[k])} + ${literal(spread[k])} * ${f})`
  })
  if (target.kind === 'number') return `${head(model, 'the value')}${fitted[0]}\n`
  if (!probable) {
    const [no, yes] = target.labels.map(quoted)
    return `${head(model, 'the label')}CASE WHEN ${fitted[0]} > 0e0 THEN ${yes} ELSE ${no} END\n`
  }
  const k = classIndex(target.labels, className)
  const title = head(model, `the probability of ${JSON.stringify(target.labels[k])}`)
  if (loss.name === 'logistic') return `${title}(1e0 / (1e0 + ${power(fitted[0], k === 1 ? '-' : '')}))\n`
  // p_k = 1 / (1 + Σ_{l≠k} exp(f_l − f_k))
  const others = fitted.filter((_, l) => l !== k).map(f => power(`${f} - ${fitted[k]}`))
  return `${title}(1e0 / (1e0 + ${sum(others)}))\n`
}

function classIndex(labels: readonly string[], className: string | undefined): number {
  if (className === undefined) {
    if (labels.length === 2) return 1
    throw new DomainError(
      `export: SQL gives the probability of one class; the model has ${labels.length}. Name one with --class: ${labels.map(label => JSON.stringify(label)).join(', ')}.`,
      'E_LABELS',
    )
  }
  const k = labels.indexOf(className)
  if (k < 0)
    throw new DomainError(
      `export: --class must be a class of the model; got "${className}". ${suggestion(className, labels)}`,
      'E_LABELS',
    )
  return k
}

/** For every output, the terms v·φ(z) of its neurons, in order. */
function neuronTerms(model: SavedModel): string[][] {
  const network = liveNetwork(model.network)
  const columns = columnsOf(model)
  const product = (weights: Float64Array): string =>
    sum(
      columns.flatMap((column, j) => {
        const term = weights[j] === 0 ? null : column(weights[j])
        return term === null ? [] : [term]
      }),
    )
  const terms: string[][] = Array.from(network.offset, () => [])
  for (let j = 0; j < network.hidden.rows; j++) {
    const inner = product(rowOf(network.hidden, j))
    const fit =
      network.gates === null
        ? `GREATEST(${inner}, 0e0)`
        : `CASE WHEN ${product(rowOf(network.gates, j))} > 0e0 THEN ${inner} ELSE 0e0 END`
    rowOf(network.output, j).forEach((v, k) => {
      if (v !== 0) terms[k].push(`${literal(v)} * ${fit}`)
    })
  }
  return terms
}

/** The standardised columns, ones column last when there is a hidden bias. */
function columnsOf({ encoding, standardisation }: SavedModel): Column[] {
  const { mean, scale, constant, intercept } = standardisation
  const columns = rawColumns(encoding).map((raw, j): Column => {
    const standard = (x: number) => (x - mean[j]) / scale[j]
    if (constant.includes(j)) return () => null
    if (raw.kind === 'choice')
      return u => {
        const [yes, no] = [u * standard(1), u * standard(0)]
        return `CAST(CASE WHEN ${raw.when} THEN ${literal(yes)} ELSE ${literal(no)} END AS DOUBLE PRECISION)`
      }
    const x = `CAST(${raw.column} AS DOUBLE PRECISION)`
    const centred = mean[j] === 0 ? x : `(${x} ${mean[j] < 0 ? '+' : '-'} ${literal(Math.abs(mean[j]))})`
    const z = scale[j] === 1 ? centred : `${centred} / ${literal(scale[j])}`
    return u => `${literal(u)} * COALESCE(${z}, ${literal(standard(raw.fill))})`
  })
  return intercept ? [...columns, literal] : columns
}

type RawColumn =
  | { readonly kind: 'number'; readonly column: string; readonly fill: number }
  | { readonly kind: 'choice'; readonly when: string }

function rawColumns(encoding: Encoding): RawColumn[] {
  return encoding.flatMap((feature): RawColumn[] => {
    const column = identifier(feature.column)
    const missing: RawColumn = { kind: 'choice', when: `${column} IS NULL` }
    const categories = feature.kind === 'category' ? feature.categories : []
    const equals = (text: string): RawColumn => {
      // A column of type BOOLEAN is cast to 'true' and 'false'.
      const lower = text.toLowerCase()
      const both = lower !== text && (lower === 'true' || lower === 'false') && !categories.includes(lower)
      const is = both ? `IN (${quoted(text)}, ${quoted(lower)})` : `= ${quoted(text)}`
      return { kind: 'choice', when: `CAST(${column} AS VARCHAR) ${is}` }
    }
    if (feature.kind === 'number' || feature.kind === 'date') {
      const days = `(EXTRACT(EPOCH FROM CAST(${column} AS TIMESTAMP)) / 86400e0)`
      const number: RawColumn = { kind: 'number', column: feature.kind === 'date' ? days : column, fill: feature.mean }
      return feature.indicator ? [number, missing] : [number]
    }
    if (feature.kind === 'boolean') return [equals(feature.trueText)]
    const all = categories.map(equals)
    return feature.missing ? [...all, missing] : all
  })
}

/** A sum in parentheses, from left to right, in blocks where it is long. */
function sum(terms: readonly string[]): string {
  if (terms.length === 0) return '0e0'
  if (terms.length <= TERMS) return `(${terms.join(' + ')})`
  const blocks: string[] = []
  for (let at = 0; at < terms.length; at += TERMS) blocks.push(sum(terms.slice(at, at + TERMS)))
  return sum(blocks)
}

function power(exponent: string, sign = ''): string {
  return `EXP(${sign}GREATEST(-700e0, LEAST(700e0, ${exponent})))`
}

/** A float64 as a literal that every part of the expression takes for a double, in the fewest digits. */
function literal(value: number): string {
  const text = String(value)
  return text.includes('e') ? text.replace('e+', 'e') : `${text}e0`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function head({ target, madeBy }: SavedModel, what: string): string {
  return `-- ${what} of ${JSON.stringify(target.name)}, written by nadir export ${madeBy}: SELECT … FROM a table with the columns of training.\n`
}
