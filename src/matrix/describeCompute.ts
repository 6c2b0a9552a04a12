/**
 * What computes here, how fast, and what would make it faster: for `nadir doctor`.
 * @module
 */
import { processors } from './backends/pool.ts'
import type { BackendName, Compute } from './compute.ts'
import { compute } from './createCompute.ts'

/** A report on one `Compute`, measured when asked for. */
export interface ComputeDescription {
  readonly backend: BackendName
  /** The BLAS library, when one is used. */
  readonly library?: { readonly path: string; readonly version: string }
  /** Fused multiply-add in the embedded kernels. */
  readonly fused?: boolean
  readonly shared: boolean
  readonly threads: number
  readonly processors: number
  /** 10⁹ operations a second in the 512 × 512 product: one thread, and all. */
  readonly gflops: { readonly one: number; readonly all: number }
  /** What was decided while loading, and what to do to go faster; one sentence each. */
  readonly notes: readonly string[]
  readonly advice: readonly string[]
}

/**
 * Measures `subject` (the process's own by default) in about a tenth of a second.
 *
 * @returns the description; the best of several repeats, so a busy machine makes it too low rather than too high.
 */
export async function describeCompute(subject: Compute = compute()): Promise<ComputeDescription> {
  await subject.ready()
  const { backend, threads, notes, details } = subject
  const region = subject.region()
  const n = 512
  const [a, b, c] = [region.float64(n * n).fill(0.5), region.float64(n * n).fill(0.25), region.float64(n * n)]
  const rate = (work: () => void) => {
    let least = Number.POSITIVE_INFINITY
    for (let repeat = 0; repeat < 6; repeat++) {
      const start = performance.now()
      work()
      least = Math.min(least, performance.now() - start)
    }
    return (2 * n ** 3) / least / 1e6
  }
  const one = rate(() => subject.kernels.gemm(false, false, n, n, n, 1, a, n, b, n, 0, c, n))
  const all = threads === 1 ? one : rate(() => subject.gemm(false, false, n, n, n, 1, a, n, b, n, 0, c, n))
  region.dispose()
  const { library, fused, shared } = details
  return {
    backend,
    ...(library ? { library } : {}),
    ...(fused === undefined ? {} : { fused }),
    shared,
    threads,
    processors: processors(),
    gflops: { one, all },
    notes,
    advice: advice(subject),
  }
}

function advice({ backend, threads, details }: Compute): string[] {
  const lines: string[] = []
  if (backend !== 'openblas')
    lines.push('Install OpenBLAS (and koffi) for about twice the speed, or name the library in NADIR_OPENBLAS.')
  if (backend !== 'openblas' && details.fused === false)
    lines.push('Use Node 22 or newer: its fused multiply-add makes the embedded kernels 15 to 20 % faster.')
  if (!details.shared) lines.push('Serve the page cross-origin isolated: only then can workers share memory.')
  else if (threads < processors())
    lines.push(`Set NADIR_THREADS=${processors()}: this machine has that many processors.`)
  return lines
}
