/**
 * The folder in which a problem is handed to the contestants, and what is known of it.
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeNpy } from '../src/formats/npy.ts'
import { maskBit } from '../src/matrix/masks.ts'
import { lambdaMax } from './judge.ts'
import type { ProblemSource, RaceProblem } from './problems/problem.ts'

export interface Prepared {
  readonly problem: RaceProblem
  /** x.npy, y.npy, gates.npy, masks.npy (P × n, uint8) for Python, words.npy (P × stride) for ours. */
  readonly folder: string
  readonly lambdaMax: number
  dispose(): void
}

/** Makes a problem and writes it out. */
export function prepare(source: ProblemSource): Prepared {
  const problem = source.make()
  const { x, y, masks, gates } = problem
  const folder = mkdtempSync(join(tmpdir(), 'nadir-bench-'))
  const write = (name: string, shape: readonly number[], data: Float64Array, type: 'f8' | 'u1' = 'f8') =>
    writeFileSync(join(folder, name), writeNpy({ shape, data }, { type }))
  write('x.npy', [x.rows, x.cols], x.data)
  write('y.npy', [y.length], y)
  write('gates.npy', [gates.rows, gates.cols], gates.data)
  write('words.npy', [masks.patterns, masks.stride], Float64Array.from(masks.words))
  const bytes = new Float64Array(masks.patterns * masks.samples)
  for (let k = 0, at = 0; k < masks.patterns; k++)
    for (let i = 0; i < masks.samples; i++, at++) bytes[at] = maskBit(masks, k, i) ? 1 : 0
  write('masks.npy', [masks.patterns, masks.samples], bytes, 'u1')
  return {
    problem,
    folder,
    lambdaMax: lambdaMax(problem),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}
