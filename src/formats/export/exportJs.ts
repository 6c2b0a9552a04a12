/**
 * A trained network as one JavaScript module without imports: `export function predict(row)`.
 *
 * It does the same operations in the same order as `nadir predict`, in the standardised coordinates of training, so its
 * answers are the same to the last bit where Math.exp is, and a row meets the same gates. Numbers are written with the fewest
 * digits that come back as the same float64; names and labels are written as JSON texts, so nothing in a file of data
 * becomes code.
 * @module
 */
import { MISSING_TEXTS } from '../../data/delimited.ts'
import type { FeatureEncoding } from '../../data/encoding.ts'
import { rowOf } from '../../matrix/dense.ts'
import type { SavedModel } from '../modelFile.ts'
import { liveNetwork } from './liveNetwork.ts'

/**
 * The text of a module that predicts as the model does.
 *
 * `predict(row)` takes an object with the columns of training (null: missing; other keys are ignored) and returns the number,
 * or for classes `{ label, probabilities }`, where `probabilities` is an object by label (null for the squared hinge loss). It
 * throws a TypeError for an absent column, or a cell that is no finite number where one is needed.
 *
 * Size O(m·(d + c)).
 */
export function exportJs(model: SavedModel): string {
  const { target, standardisation } = model
  const network = liveNetwork(model.network)
  const { mean, scale, constant, intercept, centre, spread } = standardisation
  const neurons = Array.from({ length: network.hidden.rows }, (_, j) => {
    const gate = network.gates === null ? '' : `g: ${numbers(rowOf(network.gates, j))}, `
    return `  { ${gate}u: ${numbers(rowOf(network.hidden, j))}, v: ${numbers(rowOf(network.output, j))} },\n`
  })
  const gated = network.kind === 'gated'
  const dates = model.encoding.some(feature => feature.kind === 'date')
  const texts = model.encoding.some(feature => feature.kind === 'category' || feature.kind === 'boolean')
  const row = model.encoding.slice(0, 3).map(({ column }) => text(column))
  const returns =
    target.kind === 'number'
      ? 'number'
      : `{ label: string, probabilities: ${hasProbabilities(model) ? 'Record<string, number>' : 'null'} }`
  return `// ${text(target.name)} by a ${gated ? 'gated ReLU' : 'ReLU'} network of ${neurons.length} neurons, written by nadir export ${text(model.madeBy)}.
// Columns as they are in the data; they are standardised below: z = (x - mean) / scale.
const columns = [
${model.encoding.map(columnOf).join('')}]
const mean = ${numbers(mean)}
const scale = ${numbers(scale)}
${target.kind === 'classes' ? `const labels = ${json(target.labels)}\n` : ''}// ${gated ? 'f(z) = offset + the sum of v (u·z) over the neurons with g·z > 0' : 'f(z) = offset + the sum of v max(u·z, 0) over the neurons'}${intercept ? ', with a 1 at the end of z' : ''}; out comes centre + spread f(z).
const neurons = [
${neurons.join('')}]
const offset = ${numbers(network.offset)}
const centre = ${numbers(centre)}
const spread = ${numbers(spread)}
const missing = ${json(MISSING_TEXTS)}

/**
 * @param {Record<string, ${texts ? 'string | number | boolean' : 'string | number'} | null>} row one value for each column${row.length > 0 ? `: { ${comment(row.join(': …, '))}: …${model.encoding.length > 3 ? ', …' : ''} }` : ''}; null when it is missing.
 * @returns {${returns}}
 */
export function predict(row) {
  const f = values(standardised(row))
${resultOf(model)}}

function values(z) {
  const f = new Array(offset.length).fill(0)
  for (const { ${gated ? 'g, ' : ''}u, v } of neurons) {
${gated ? '    if (!(dot(z, g) > 0)) continue\n    const t = dot(z, u)\n' : '    const t = Math.max(dot(z, u), 0)\n'}    for (let k = 0; k < f.length; k++) if (v[k] !== 0) f[k] += v[k] * t
  }
  return f.map((value, k) => centre[k] + spread[k] * (value + offset[k]))
}

function dot(z, w) {
  let sum = 0
  for (let j = 0; j < w.length; j++) sum += z[j] * w[j]
  return sum
}

function standardised(row) {
  const x = []
  for (const column of columns) {
    const value = row[column.name]
    if (value === undefined)
      throw new TypeError(\`predict: the row must have the column "\${column.name}"; got none. Use null for a missing value.\`)
    if (column.kind === 'number'${dates ? " || column.kind === 'date'" : ''}) {
      const number = ${dates ? "column.kind === 'date' ? daysOf(value, column.name) : " : ''}numberOf(value, column.name)
      x.push(number ?? column.fill)
      if (column.missing) x.push(number === null ? 1 : 0)
    } else {
      const text = textOf(value, column)
      for (const category of column.categories) x.push(text === category ? 1 : 0)
      if (column.missing) x.push(text === null ? 1 : 0)
    }
  }
  const z = x.map((value, j) => (value - mean[j]) / scale[j])
${constant.length > 0 ? `  // The same in every row of training: nothing was learned from them.\n  for (const j of ${json(constant)}) z[j] = 0\n` : ''}${intercept ? '  z.push(1)\n' : ''}  return z
}

function numberOf(value, name) {
  if (value === null || (typeof value === 'string' && missing.includes(value.trim()))) return null
  const numeric = typeof value === 'string' && /^[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?$/.test(value.trim())
  const number = numeric || typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new TypeError(\`predict: column "\${name}" must hold finite numbers; got \${String(value)}. Use null for a missing value.\`)
  return number
}
${dates ? DAYS_OF : ''}${texts ? TEXT_OF : ''}`
}

const DAYS_OF = `
// Days since 1970-01-01 of a date as 2024-05-17 or 2024-05-17T09:30Z, UTC unless it says otherwise; of a Date too.
function daysOf(value, name) {
  if (value === null || (typeof value === 'string' && missing.includes(value.trim()))) return null
  const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value
  const match = typeof text === 'string' && /^(\\d{4})-(\\d{2})-(\\d{2})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(\\.\\d+)?)?\\s*(Z|[+-]\\d{2}(?::?\\d{2})?)?)?$/.exec(text.trim())
  const [, year, month, day, hour = '0', minute = '0', second = '0', part = '', zone = 'Z'] = match || []
  const start = match ? Date.UTC(Number(year), Number(month) - 1, Number(day)) : Number.NaN
  const date = new Date(start)
  if (!(date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60))
    throw new TypeError(\`predict: column "\${name}" must hold dates such as 2024-05-17; got \${String(value)}. Use null for a missing value.\`)
  const digits = zone.replace(':', '')
  const offset = zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3) || 0))
  const seconds = (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second) + Number(part === '' ? 0 : '0' + part)
  return (start + 1000 * seconds) / 86400000
}
`

const TEXT_OF = `
function textOf(value, { name, categories }) {
  if (value === null) return null
  if (typeof value === 'boolean') return categories.find(category => category.toLowerCase() === String(value)) ?? ''
  if (!['string', 'number', 'bigint'].includes(typeof value))
    throw new TypeError(\`predict: column "\${name}" must hold texts; got \${typeof value}. Use null for a missing value.\`)
  const text = String(value)
  if (categories.includes(text)) return text
  return missing.includes(text.trim()) ? null : text.trim()
}
`

function columnOf(feature: FeatureEncoding): string {
  const name = `name: ${json(feature.column)}`
  if (feature.kind === 'number' || feature.kind === 'date')
    return `  { ${name}, kind: '${feature.kind}', fill: ${feature.mean}, missing: ${feature.indicator} },\n`
  const categories = feature.kind === 'boolean' ? [feature.trueText] : feature.categories
  const missing = feature.kind === 'category' && feature.missing
  return `  { ${name}, kind: '${feature.kind}', categories: ${json(categories)}, missing: ${missing} },\n`
}

/** The end of `predict`, from fitted values to the answer. */
function resultOf(model: SavedModel): string {
  if (model.target.kind === 'number') return '  return f[0]\n'
  const pairs = 'Object.fromEntries(labels.map((label, k) => [label, p[k]]))'
  if (model.loss.name !== 'multinomial') {
    const label = 'labels[f[0] > 0 ? 1 : 0]'
    if (!hasProbabilities(model)) return `  return { label: ${label}, probabilities: null }\n`
    return `  const p = [1 / (1 + Math.exp(f[0])), 1 / (1 + Math.exp(-f[0]))]
  return { label: ${label}, probabilities: ${pairs} }\n`
  }
  return `  let best = 0
  for (let k = 1; k < f.length; k++) if (f[k] > f[best]) best = k
  const powers = f.map(value => Math.exp(value - f[best]))
  let sum = 0
  for (const power of powers) sum += power
  const p = powers.map(power => power / sum)
  return { label: labels[best], probabilities: ${pairs} }\n`
}

function hasProbabilities({ loss }: SavedModel): boolean {
  return loss.name === 'logistic' || loss.name === 'multinomial'
}

function numbers(values: Float64Array): string {
  return `[${values.join(', ')}]`
}

/** A JSON text that is also safe inside a script element of a page. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

/** A quoted text that cannot end the remark it stands in. */
function text(value: string): string {
  return comment(json(value))
}

function comment(value: string): string {
  return value.replaceAll('*/', '* /').replaceAll(/[\u2028\u2029]/g, ' ')
}
