/**
 * Compression at equal total bits, scales and codebooks counted: entry by entry, the published factorisations, and Nadir's choice; for embeddings faiss too.
 *
 *     npx tsx --conditions=source bench/compression.ts [--only decaying,image,digits,clusters,weights] [--python python3] [--json]
 *
 * One judge for all: the relative Frobenius error of the decoded matrix; for embeddings the share of the 10 nearest neighbours that stay (recall@10) and how
 * often the nearest has the same label, queries uncompressed and never their own neighbour. With --python every setting of faiss has a row, and Nadir one at
 * its bits.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundled } from '../src/data/bundled.ts'
import { sheppLogan } from '../src/data/sheppLogan.ts'
import { DomainError } from '../src/errors.ts'
import { npyMatrix, readNpy, writeNpy } from '../src/formats/npy.ts'
import { type Dense, dense, rowOf } from '../src/matrix/dense.ts'
import { qr } from '../src/matrix/factor/qr.ts'
import { dot } from '../src/matrix/vector.ts'
import { type CompressOptions, calibratedError, compress, decompress } from '../src/models/compression/index.ts'
import { fold, key, normals } from '../src/random/index.ts'
import { align } from './table.ts'

interface Subject {
  readonly name: string
  readonly title: string
  readonly a: Dense
  readonly budgets: readonly number[]
  readonly labels?: Float64Array
  /** Inputs of a weight matrix. */
  readonly inputs?: Dense
}

interface Row {
  readonly subject: string
  readonly budget: number
  readonly method: string
  readonly bitsPerEntry: number
  readonly relativeError: number
  readonly recall?: number
  readonly accuracy?: number
  /** As the inputs see it. */
  readonly calibrated?: number
}

const AS_PUBLISHED = { grid: 'min-max', scale: 'matrix', rounds: 0 } as const
const NEIGHBOURS = 10

const subjects: Record<string, () => Promise<Subject>> = {
  async decaying() {
    const [n, d] = [300, 200]
    const left = qr(dense(n, d, normals(key(1), n * d))).q
    const right = qr(dense(d, d, normals(key(2), d * d))).q
    const scaled = left.data.map((v, t) => v * 0.9 ** (t % d))
    const a = multiply(dense(n, d, scaled), right, true)
    return { name: 'decaying', title: '300 × 200, singular values 0.9^j', a, budgets: [0.5, 1, 2, 4] }
  },
  async image() {
    return { name: 'image', title: 'Shepp–Logan phantom, 256 × 256', a: sheppLogan(256), budgets: [0.5, 1, 2] }
  },
  async digits() {
    const { rows, columns } = await bundled('digits')
    // All 64 pixels, those that never change included.
    const numbers = columns.map(column => (column.kind === 'number' ? column.values : new Float64Array(rows)))
    const [pixels, labels] = [numbers.slice(0, -1), numbers[numbers.length - 1]]
    const a = dense(rows, pixels.length)
    for (let i = 0; i < rows; i++) for (let j = 0; j < pixels.length; j++) a.data[i * pixels.length + j] = pixels[j][i]
    return { name: 'digits', title: 'digits, 1797 × 64, ten classes', a, budgets: [0.5, 1, 2, 4], labels }
  },
  async clusters() {
    const [n, d, count] = [4000, 128, 20]
    const centres = normals(key(5), count * d)
    const noise = normals(key(6), n * d)
    const a = dense(
      n,
      d,
      noise.map((v, t) => 1.5 * v * 0.97 ** (t % d) + centres[(Math.floor(t / d) % count) * d + (t % d)]),
    )
    const labels = Float64Array.from({ length: n }, (_, i) => i % count)
    return { name: 'clusters', title: 'embeddings, 4000 × 128 around 20 centres', a, budgets: [0.5, 1, 2], labels }
  },
  async weights() {
    const [n, d, rank] = [128, 96, 8]
    const draw = (purpose: string, length: number) => normals(fold(key(7), purpose), length)
    const spike = multiply(dense(n, rank, draw('left', n * rank)), dense(rank, d, draw('right', rank * d)), false)
    const a = dense(
      n,
      d,
      draw('noise', n * d).map((v, t) => v + 2 * spike.data[t]),
    )
    const inputs = dense(
      500,
      d,
      draw('inputs', 500 * d).map((v, t) => v * 0.95 ** (t % d)),
    )
    return { name: 'weights', title: 'weights, 128 × 96: rank 8 and noise', a, budgets: [1, 2, 3, 4], inputs }
  },
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, python: { type: 'string' }, json: { type: 'boolean', default: false } },
  })
  for (const name of values.only?.split(',') ?? Object.keys(subjects)) {
    if (!Object.hasOwn(subjects, name))
      throw new DomainError(`bench: --only must name ${Object.keys(subjects).join(', ')}; got "${name}".`)
    const subject = await subjects[name]()
    const rows: Row[] = []
    const add = (row: Row) => {
      rows.push(row)
      if (values.json) console.log(JSON.stringify(row))
    }
    for (const budget of subject.budgets) for (const row of await atBudget(subject, budget)) add(row)
    if (values.python !== undefined && subject.labels !== undefined)
      for (const row of await besideFaiss(subject, values.python)) add(row)
    if (!values.json) console.log(`${subject.title}\n${table(rows)}\n`)
  }
}

/** All methods within a budget. Of the published ones the best of 2, 4 and 8 bits counts. */
async function atBudget(subject: Subject, bitsPerEntry: number): Promise<Row[]> {
  const { a } = subject
  const ask = (method: string, options: CompressOptions) => measured(subject, bitsPerEntry, method, options)
  const rows: Row[] = []
  const whole = Math.floor(bitsPerEntry)
  if (whole >= 1) {
    const told = { method: 'direct', bits: whole, scale: 'matrix' } as const
    rows.push(await ask(`entry by entry, min-max, ${whole} bit`, { ...told, grid: 'min-max' }))
    if (whole === 1) rows.push(await ask('entry by entry, sign', told))
  }
  for (const method of ['lplr', 'lplr-svd', 'dsvd'] as const) {
    const even: Row[] = []
    for (const bits of [2, 4, 8])
      even.push(await ask(`${method} as published, ${bits} bit`, { method, bits, bitsPerEntry, ...AS_PUBLISHED }))
    rows.push(least(even))
  }
  const refined: Row[] = []
  for (const bits of [2, 4, 8])
    refined.push(await ask(`lplr-svd, clipped and refined, ${bits} bit`, { method: 'lplr-svd', bits, bitsPerEntry }))
  rows.push(least(refined))
  if (subject.inputs !== undefined && whole >= 2)
    rows.push(
      await ask('caldera, calibrated', {
        method: 'caldera',
        bitsPerEntry,
        bits: whole - 1,
        calibration: subject.inputs,
      }),
    )
  const ours = await compress(a, { bitsPerEntry })
  rows.push(judge(subject, bitsPerEntry, `nadir: ${ours.method}`, ours.bitsPerEntry, decompress(ours.compressed)))
  return rows
}

/** Every setting of faiss, and Nadir at its bits. */
async function besideFaiss(subject: Subject, python: string): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-faiss-'))
  try {
    const { rows: n, cols: d, data } = subject.a
    writeFileSync(join(folder, 'base.npy'), writeNpy({ shape: [n, d], data }))
    const script = fileURLToPath(new URL('./peers/faiss_peer.py', import.meta.url))
    const ran = spawnSync(python, [script, folder], { encoding: 'utf8' })
    if (ran.status !== 0) throw new DomainError(`bench: ${python} must run faiss_peer.py; it said: ${ran.stderr}`)
    const { version, rows } = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')) as {
      version: string
      rows: { name: string; bits: number }[]
    }
    const out: Row[] = []
    for (const [k, { name, bits }] of rows.entries()) {
      const budget = bits / (n * d)
      const decoded = npyMatrix(readNpy(readFileSync(join(folder, `${k}.npy`))))
      out.push(judge(subject, budget, `${name} (${version})`, budget, decoded))
      const ours = await compress(subject.a, { bitsPerEntry: budget })
      out.push(judge(subject, budget, `nadir: ${ours.method}`, ours.bitsPerEntry, decompress(ours.compressed)))
    }
    return out
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measured(subject: Subject, budget: number, method: string, options: CompressOptions): Promise<Row> {
  const { compressed, bitsPerEntry } = await compress(subject.a, options)
  return judge(subject, budget, method, bitsPerEntry, decompress(compressed))
}

function judge(subject: Subject, budget: number, method: string, bitsPerEntry: number, decoded: Dense): Row {
  const { a, labels, inputs } = subject
  let [error, norm] = [0, 0]
  for (let t = 0; t < a.data.length; t++) {
    error += (a.data[t] - decoded.data[t]) ** 2
    norm += a.data[t] ** 2
  }
  return {
    ...{ subject: subject.name, budget, method, bitsPerEntry, relativeError: Math.sqrt(error / norm) },
    ...(labels !== undefined && neighbourhood(a, decoded, labels)),
    ...(inputs !== undefined && { calibrated: calibratedError(a, decoded, inputs) }),
  }
}

function neighbourhood(a: Dense, decoded: Dense, labels: Float64Array): { recall: number; accuracy: number } {
  const queries = Math.min(a.rows, 500)
  let [kept, right] = [0, 0]
  for (let q = 0; q < queries; q++) {
    const query = rowOf(a, Math.floor((q * a.rows) / queries))
    const self = Math.floor((q * a.rows) / queries)
    const truth = new Set(nearest(a, query, self))
    const found = nearest(decoded, query, self)
    kept += found.filter(i => truth.has(i)).length / NEIGHBOURS
    right += labels[found[0]] === labels[self] ? 1 : 0
  }
  return { recall: kept / queries, accuracy: right / queries }
}

/** The judge's own search: all distances, sorted. */
function nearest(items: Dense, query: Float64Array, self: number): number[] {
  const distances = Float64Array.from({ length: items.rows }, (_, i) => {
    const row = rowOf(items, i)
    return i === self ? Infinity : dot(row, row) - 2 * dot(row, query)
  })
  return Array.from(distances.keys())
    .sort((i, j) => distances[i] - distances[j])
    .slice(0, NEIGHBOURS)
}

function least(rows: readonly Row[]): Row {
  return rows.reduce((best, row) => (row.relativeError < best.relativeError ? row : best))
}

function table(rows: readonly Row[]): string {
  const head = ['method', 'budget', 'bits an entry', 'relative error']
  const some = rows[0]
  if (some.recall !== undefined) head.push('recall@10', 'same label')
  if (some.calibrated !== undefined) head.push('seen by inputs')
  const body = rows.map(row => [
    ...[row.method, row.budget.toFixed(2), row.bitsPerEntry.toFixed(3), row.relativeError.toFixed(4)],
    ...(row.recall === undefined ? [] : [row.recall.toFixed(3), (row.accuracy ?? 0).toFixed(3)]),
    ...(row.calibrated === undefined ? [] : [row.calibrated.toFixed(4)]),
  ])
  return align([head, ...body]).join('\n')
}

function multiply(a: Dense, b: Dense, transposed: boolean): Dense {
  const cols = transposed ? b.rows : b.cols
  const out = dense(a.rows, cols)
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < cols; j++)
      for (let k = 0; k < a.cols; k++)
        out.data[i * cols + j] +=
          a.data[i * a.cols + k] * (transposed ? b.data[j * b.cols + k] : b.data[k * b.cols + j])
  return out
}

await main()
