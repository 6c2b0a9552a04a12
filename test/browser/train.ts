/**
 * The same work in Node and in a page: train two tiny networks, and give every bit of what came out as text.
 * @module
 */
import type * as Nadir from '../../src/index.ts'

/** What one place found. */
export interface Outcome {
  readonly isolated: boolean
  readonly backend: string
  readonly threads: number
  /** Hexadecimal bytes of hidden and output weights, objective and bound of each network. */
  readonly bits: readonly string[]
  readonly scopes: readonly string[]
  readonly gaps: readonly number[]
  /** [dual, primal] of each. */
  readonly bounds: readonly (readonly [number, number])[]
}

/** Trains on `backend` with `threads` threads (where the place allows more than one). */
export async function train(nadir: typeof Nadir, backend: 'wasm' | 'js', threads: number): Promise<Outcome> {
  const compute = nadir.createCompute({ backend, threads })
  // A formula, so that no file is needed: 600 rows are three blocks of the streamed kernels, so threads have work to share.
  const rows = Array.from({ length: 600 }, (_, i) => [((i * 7919) % 1009) / 504 - 1, ((i * 104729) % 997) / 498 - 1])
  const y = rows.map(([a, b]) => Math.abs(a - b / 2) + 0.25 * a)
  const bits: string[] = []
  const scopes: string[] = []
  const gaps: number[] = []
  const bounds: [number, number][] = []
  for (const model of ['gated', 'relu'] as const) {
    const found = await nadir.fit(rows, y, { model, patterns: 24, rounds: 0, lambdaFraction: 0.1, seed: 1, compute })
    const { hidden, output } = found.network
    const { primal, dual, scope, relativeGap } = found.certificate
    bits.push(hex(hidden.data), hex(output.data), hex(Float64Array.of(primal, dual)))
    scopes.push(scope)
    gaps.push(relativeGap)
    bounds.push([dual, primal])
  }
  const outcome: Outcome = {
    isolated: globalThis.crossOriginIsolated === true,
    backend: compute.backend,
    threads: compute.threads,
    bits,
    scopes,
    gaps,
    bounds,
  }
  compute.close()
  return outcome
}

function hex(values: Float64Array): string {
  const copy = values.slice()
  return Array.from(new Uint8Array(copy.buffer), byte => byte.toString(16).padStart(2, '0')).join('')
}
