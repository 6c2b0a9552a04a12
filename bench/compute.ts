/**
 * How fast the inner loops are, beside numpy on the same machine.
 *
 *     npx tsx --conditions=source bench/compute.ts [--json] [--python /usr/bin/python3] [--repeats 7] [--only hot,dgemm]
 *
 * Times are the best of the repeats, in milliseconds. numpy runs with as many BLAS threads as we have threads; of its
 * ways to write the gated loop the fastest counts. A ratio below 1 means that we are faster.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  type BackendName,
  type Compute,
  createCompute,
  dense,
  describeCompute,
  maskStride,
  type Region,
} from '../src/matrix/index.ts'
import { bits, key, normals } from '../src/random/index.ts'

interface Row {
  readonly task: string
  readonly backend: BackendName
  readonly threads: number
  readonly milliseconds: number
  readonly numpy?: number
  /** Our time over numpy's. */
  readonly ratio?: number
  readonly gflops?: number
}

interface Task {
  readonly name: string
  readonly flops?: number
  readonly prepare?: () => void
  readonly work: () => void
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    python: { type: 'string', default: '/usr/bin/python3' },
    repeats: { type: 'string', default: '7' },
    only: { type: 'string' },
    backends: { type: 'string', default: 'openblas,wasm' },
    threads: { type: 'string', default: '1,2' },
  },
})
const repeats = Number(values.repeats)
const only = values.only?.split(',')
const chosen = (name: string) => only === undefined || only.includes(name.split(' ')[0])

function best({ work, prepare }: Task): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i <= repeats; i++) {
    prepare?.()
    const start = performance.now()
    work()
    if (i > 0) least = Math.min(least, performance.now() - start)
  }
  return least
}

function random(region: Region, length: number, stream: number): Float64Array {
  const out = region.float64(length)
  out.set(normals(key(0, stream), Math.min(length, 1e6)).subarray(0, length))
  for (let at = 1e6; at < length; at += 1e6) out.copyWithin(at, 0, Math.min(1e6, length - at))
  return out
}

/** The tasks, each set up only when it is its turn. */
function* tasks(compute: Compute, region: Region): Generator<Task> {
  const { kernels } = compute
  for (const n of [512, 1024, 2048]) {
    if (!chosen(`dgemm ${n}`)) continue
    const [a, b, c] = [random(region, n * n, 1), random(region, n * n, 2), region.float64(n * n)]
    const work = () => compute.gemm(false, false, n, n, n, 1, a, n, b, n, 0, c, n)
    yield { name: `dgemm ${n}`, flops: 2 * n ** 3, work }
  }
  const gated = gatedLoop(compute, region)
  if (gated) yield gated
  if (compute.threads > 1) return
  for (const n of [500, 1000]) {
    if (!['potrf', 'syevd', 'gesdd'].some(chosen)) continue
    const [g, s, a] = [random(region, n * n, 3), region.float64(n * n), region.float64(n * n)]
    kernels.syrk(false, n, n, 1 / n, g, n, 0, s, n)
    for (let i = 0; i < n; i++) {
      s[i * n + i] += 1
      for (let j = 0; j < i; j++) s[j * n + i] = s[i * n + j]
    }
    const [w, u, vt] = [region.float64(n), region.float64(n * n), region.float64(n * n)]
    const { potrf, syevd, gesdd } = kernels
    if (potrf && chosen('potrf')) yield { name: `potrf ${n}`, prepare: () => a.set(s), work: () => potrf(n, a, n) }
    if (syevd && chosen('syevd')) yield { name: `syevd ${n}`, prepare: () => a.set(s), work: () => syevd(n, a, w) }
    if (gesdd && chosen('gesdd'))
      yield { name: `gesdd ${n}`, prepare: () => a.set(g), work: () => gesdd(n, n, a, u, w, vt) }
  }
  if (chosen('fwht')) {
    const [source, a] = [random(region, 2 ** 23, 4), region.float64(2 ** 23)]
    yield { name: 'fwht 131072x64', prepare: () => a.set(source), work: () => kernels.fwht(a, 2 ** 17, 64) }
  }
  if (chosen('countSketch')) {
    const [n, cols, buckets] = [200000, 100, 2000]
    const [a, out, sign] = [random(region, n * cols, 5), region.float64(buckets * cols), region.float64(n)]
    const bucket = region.int32(n)
    bits(key(0, 6), n).forEach((word, i) => {
      bucket[i] = word % buckets
      sign[i] = word & 0x10000 ? 1 : -1
    })
    const work = () => {
      out.fill(0)
      kernels.countSketch(a, n, cols, bucket, sign, out)
    }
    yield { name: 'countSketch 200000x100', work }
  }
}

/** f = A u, r = f − y, g = Aᵀr on n = 20000, d = 50, P = 500. */
function gatedLoop(compute: Compute, region: Region): Task | undefined {
  if (!chosen('hot')) return undefined
  const [n, d, p] = [20000, 50, 500]
  const x = dense(n, d, random(region, n * d, 7))
  const [u, y] = [random(region, p * d, 8), random(region, n, 9)]
  const stride = maskStride(n)
  const words = region.uint32(p * stride)
  words.set(bits(key(0, 10), p * stride))
  for (let k = 0; k < p; k++) words.fill(0, k * stride + n / 32, (k + 1) * stride)
  const masks = { patterns: p, samples: n, stride, words }
  const [f, g] = [region.float64(n), region.float64(p * d)]
  const work = () => {
    compute.gatedForward(x, masks, u, f)
    for (let i = 0; i < n; i++) f[i] -= y[i]
    compute.gatedAdjoint(x, masks, f, g)
  }
  return { name: 'hot', flops: 4 * n * d * p, work }
}

/** numpy's best milliseconds by task, or nothing with the reason on stderr. */
function numpy(threads: number): Record<string, number> {
  const script = fileURLToPath(new URL('peers/compute.py', import.meta.url))
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) }
  const args = [script, String(repeats), ...(only ? [only.join(',')] : [])]
  const { status, stdout, stderr } = spawnSync(values.python, args, { env, encoding: 'utf8' })
  if (status !== 0) {
    console.error(
      `bench: numpy was not timed; ${values.python} said: ${stderr?.trim().split('\n').at(-1) ?? 'nothing'}`,
    )
    return {}
  }
  const { milliseconds } = JSON.parse(stdout) as { milliseconds: Record<string, number> }
  const hot = Object.entries(milliseconds).filter(([name]) => name.startsWith('hot'))
  return { ...milliseconds, ...(hot.length > 0 ? { hot: Math.min(...hot.map(([, time]) => time)) } : {}) }
}

const rows: Row[] = []
for (const threads of values.threads.split(',').map(Number)) {
  const peer = numpy(threads)
  for (const backend of values.backends.split(',') as BackendName[]) {
    const compute = createCompute({ backend, threads })
    const region = compute.region()
    await compute.ready()
    for (const task of tasks(compute, region)) {
      const milliseconds = best(task)
      const other = peer[task.name]
      rows.push({
        ...{ task: task.name, backend, threads, milliseconds },
        ...(other === undefined ? {} : { numpy: other, ratio: milliseconds / other }),
        ...(task.flops === undefined ? {} : { gflops: task.flops / milliseconds / 1e6 }),
      })
      if (!values.json) print(rows[rows.length - 1])
    }
    region.dispose()
    compute.close()
  }
}
if (values.json) {
  const compute = createCompute()
  console.log(JSON.stringify({ compute: await describeCompute(compute), rows }, null, 2))
  compute.close()
}

function print({ task, backend, threads, milliseconds, numpy: peer, ratio, gflops }: Row): void {
  const peerText =
    peer === undefined || ratio === undefined ? '' : `numpy ${peer.toFixed(2).padStart(9)} ms  ×${ratio.toFixed(2)}`
  const speed = gflops === undefined ? '' : `${gflops.toFixed(1)} GFLOP/s`
  console.log(
    `${task.padEnd(24)}${backend.padEnd(10)}${threads} T ${milliseconds.toFixed(2).padStart(9)} ms  ${peerText.padEnd(28)} ${speed}`,
  )
}
