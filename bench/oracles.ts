/**
 * How tight each oracle is, on real and planted problems: the dual norm at a trained network, and the global gap it certifies.
 *
 *     npx tsx --conditions=source bench/oracles.ts [--only plane,diabetes-2,…] [--fraction 0.1] [--seconds 20] [--json]
 *
 * Each problem is trained over sampled patterns to 1e-4 (or for --seconds), then certified with every oracle that is affordable. "Norm" is the
 * oracle's bound of max |θᵀ(Xu)₊| at the network's own residual over the best direction found: 1 is tight. "Gap" is the relative gap
 * certified among networks of every width: 1 says nothing. "Restricted" is the gap over the patterns used, for comparison.
 * @module
 */
import { parseArgs } from 'node:util'
import {
  certifyGlobal,
  dataClass,
  normByClosedForm,
  normByEnumeration,
  normBySdp,
  normBySearch,
  normBySpectrum,
  type OracleChoice,
} from '../src/certificates/index.ts'
import { type BundledName, bundled } from '../src/data/bundled.ts'
import { datasetOf } from '../src/data/dataset.ts'
import { UnsupportedError } from '../src/errors.ts'
import { createCompute } from '../src/matrix/createCompute.ts'
import { type Dense, dense } from '../src/matrix/dense.ts'
import { betaOf } from '../src/models/lambda.ts'
import { fitOf } from '../src/models/networks/network.ts'
import { prepare } from '../src/models/prepare.ts'
import { trainAt } from '../src/models/train.ts'
import { planted } from './problems/generator.ts'
import { align } from './table.ts'

interface Subject {
  readonly name: string
  readonly title: string
  make(): Promise<{ x: Dense; y: Float64Array; loss: 'squared' | 'logistic' }>
}

/** A bundled table: a few columns, the first rows, or one class against the rest. */
async function table(
  name: BundledName,
  options: { features?: readonly string[]; rows?: number; against?: number } = {},
): Promise<{ x: Dense; y: Float64Array; loss: 'squared' | 'logistic' }> {
  const { features, rows, against } = options
  const data = datasetOf(await bundled(name), { ...(features && { features }) })
  const classes = data.target.kind === 'classes'
  const n = Math.min(rows ?? data.x.rows, data.x.rows)
  const x = dense(n, data.x.cols, data.x.data.slice(0, n * data.x.cols))
  const y = data.y.slice(0, n).map(v => (classes ? (v === (against ?? 1) ? 1 : 0) : v))
  return { x, y, loss: classes ? 'logistic' : 'squared' }
}

const synthetic = (seed: number, n: number, d: number, hidden: number) => async () => {
  const { x, y } = planted(seed, { n, d, hidden, patterns: 0 })
  return { x, y, loss: 'squared' as const }
}

const SUBJECTS: readonly Subject[] = [
  { name: 'plane', title: 'planted, 200 × 2', make: synthetic(3, 200, 2, 4) },
  {
    name: 'diabetes-2',
    title: 'diabetes, bmi and s5, 442 × 2',
    make: () => table('diabetes', { features: ['bmi', 's5'] }),
  },
  { name: 'planted-5', title: 'planted, 30 × 5', make: synthetic(5, 30, 5, 5) },
  { name: 'diabetes-60', title: 'diabetes, first 60 rows, 60 × 10', make: () => table('diabetes', { rows: 60 }) },
  { name: 'diabetes', title: 'diabetes, 442 × 10', make: () => table('diabetes') },
  { name: 'wine', title: 'wine, one class against two, 178 × 13', make: () => table('wine', { against: 0 }) },
  { name: 'breast-cancer', title: 'breast cancer, 569 × 30', make: () => table('breast-cancer') },
  { name: 'planted-50', title: 'planted, 500 × 50', make: synthetic(7, 500, 50, 10) },
  { name: 'digits', title: 'digits, 0 against the rest, 1797 × 64', make: () => table('digits', { against: 0 }) },
]

interface Row {
  readonly problem: string
  readonly title: string
  readonly dataClass: string
  readonly objective: number
  readonly restricted: number
  readonly oracle: string
  readonly norm: number
  readonly gap: number
  readonly seconds: number
}

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    fraction: { type: 'string', default: '0.1' },
    seconds: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const compute = createCompute({})
const rows: Row[] = []
for (const subject of SUBJECTS) {
  if (flags.only !== undefined && !flags.only.split(',').includes(subject.name)) continue
  const { x: inputs, y, loss } = await subject.make()
  const prepared = prepare(inputs, loss === 'squared' ? y : Array.from(y, v => String(v)), {
    loss,
    compute,
    patterns: 60,
  })
  const { x, loss: bound } = prepared
  const lambda = Number(flags.fraction) * prepared.lambdaMax
  const trained = await trainAt(prepared, lambda, {
    tolerance: 1e-4,
    maxTime: Number(flags.seconds),
    compute,
    rounds: 3,
  })
  const data = { x, loss: bound, beta: betaOf(lambda, x.rows) }
  const theta = bound.gradient(fitOf(trained.network, x))
  const below = normBySearch(x, theta, { starts: 10 }).value
  const norms: Record<Exclude<OracleChoice, 'auto'>, () => number> = {
    spectral: () => normBySpectrum(x, theta, { compute }).value,
    'closed-form': () => normByClosedForm(x, theta, { compute }).value,
    sdp: () => normBySdp(x, theta, { compute }).value,
    enumeration: () => normByEnumeration(x, theta, { compute }).value,
  }
  for (const oracle of ['spectral', 'closed-form', 'sdp', 'enumeration'] as const) {
    const begin = performance.now()
    try {
      const certificate = certifyGlobal(trained.network, data, {
        oracle,
        compute,
        candidates: trained.dualPoint === null ? [] : [trained.dualPoint],
      })
      const seconds = (performance.now() - begin) / 1000
      rows.push({
        problem: subject.name,
        title: subject.title,
        dataClass: dataClass(data).name,
        objective: certificate.primal,
        restricted: trained.certificate.relativeGap,
        oracle,
        norm: norms[oracle]() / below,
        gap: certificate.relativeGap,
        seconds,
      })
    } catch (error) {
      // Too many cells: said by the table's blank.
      if (!(error instanceof UnsupportedError)) throw error
    }
  }
  if (flags.json) for (const row of rows.splice(0)) console.log(JSON.stringify(row))
}
compute.close()
if (!flags.json) {
  const text = rows.map(row => [
    row.title,
    row.oracle,
    row.norm.toFixed(row.norm < 10 ? 3 : 1),
    row.gap < 1e-3 ? row.gap.toExponential(1) : row.gap.toFixed(3),
    row.restricted.toExponential(1),
    row.seconds.toFixed(1),
  ])
  console.log(align([['problem', 'oracle', 'norm', 'gap', 'restricted', 'seconds'], ...text]).join('\n'))
}
