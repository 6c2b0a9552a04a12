/**
 * The patterns a network itself uses: bound and network must speak of the same class.
 * @module
 */

import type { Dense } from '../matrix/dense.ts'
import { type Masks, maskKey, maskRow, masks, setMaskBit } from '../matrix/masks.ts'
import { exactSign } from './exactSign.ts'
import type { TwoLayerNetwork } from './twoLayer.ts'

/** 1[X g_j > 0] for every neuron (g = u for 'relu'), in exact arithmetic. Cost: n·d·m, one bit a sample and neuron. */
export function networkPatterns({ kind, hidden, gates }: TwoLayerNetwork, x: Dense): Masks {
  const directions = kind === 'gated' && gates ? gates : hidden
  const out = masks(directions.rows, x.rows)
  for (let j = 0; j < directions.rows; j++)
    for (let i = 0; i < x.rows; i++)
      if (exactSign(x.data, i * x.cols, directions.data, j * x.cols, x.cols) > 0) setMaskBit(out, j, i)
  return out
}

/** The patterns of `given`, then those of the neurons that work (u_j ≠ 0, v_j ≠ 0) and are not among them. */
export function withOwnPatterns(given: Masks, own: Masks, { hidden, output }: TwoLayerNetwork): Masks {
  const seen = new Set(Array.from({ length: given.patterns }, (_, k) => maskKey(given, k)))
  const missing: number[] = []
  for (let j = 0; j < own.patterns; j++) {
    const works = (w: Dense) => w.data.subarray(j * w.cols, (j + 1) * w.cols).some(v => v !== 0)
    const key = maskKey(own, j)
    if (!works(hidden) || !works(output) || seen.has(key)) continue
    seen.add(key)
    missing.push(j)
  }
  if (missing.length === 0) return given
  const out = masks(given.patterns + missing.length, given.samples)
  out.words.set(given.words)
  missing.forEach((j, at) => {
    out.words.set(maskRow(own, j), (given.patterns + at) * out.stride)
  })
  return out
}
