/**
 * A draw by the name of its distribution, for callers that read the name from an option.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { bernoulliRows } from './bernoulliRows.ts'
import { countsketch } from './countsketch.ts'
import type { Draw } from './draw.ts'
import { gaussian } from './gaussian.ts'
import { less, lessUniform } from './less.ts'
import { leverageRows } from './leverageRows.ts'
import { rademacher } from './rademacher.ts'
import { sjlt } from './sjlt.ts'
import { srht } from './srht.ts'
import { srhtBlocksample } from './srhtBlocksample.ts'
import { srhtBlocksum } from './srhtBlocksum.ts'
import { uniformRows } from './uniformRows.ts'

interface Distributions {
  readonly sjlt: typeof sjlt
  readonly countsketch: typeof countsketch
  readonly gaussian: typeof gaussian
  readonly rademacher: typeof rademacher
  readonly srht: typeof srht
  readonly 'srht-blocksum': typeof srhtBlocksum
  readonly 'srht-blocksample': typeof srhtBlocksample
  readonly uniform: typeof uniformRows
  readonly leverage: typeof leverageRows
  readonly bernoulli: typeof bernoulliRows
  readonly less: typeof less
  readonly 'less-uniform': typeof lessUniform
}

const DISTRIBUTIONS: Distributions = {
  sjlt,
  countsketch,
  gaussian,
  rademacher,
  srht,
  'srht-blocksum': srhtBlocksum,
  'srht-blocksample': srhtBlocksample,
  uniform: uniformRows,
  leverage: leverageRows,
  bernoulli: bernoulliRows,
  less,
  'less-uniform': lessUniform,
}

/** Names of all distributions. */
export type SketchKind = keyof Distributions

/** Those that need nothing of the data but their number. */
export type ObliviousKind = Exclude<SketchKind, 'leverage' | 'bernoulli' | 'less' | 'less-uniform'>

/** Every name that `sketch` takes. */
export const SKETCH_KINDS: readonly SketchKind[] = Object.keys(DISTRIBUTIONS) as SketchKind[]

/**
 * Draws S ∈ R^{m × n} of the named distribution: `sketch('sjlt', { rows: m, samples: n, seed })`. Same as calling its function.
 *
 * @throws UnsupportedError for an unknown name; else as the distribution.
 */
export function sketch<K extends SketchKind>(
  kind: K,
  options: Parameters<Distributions[K]>[0],
): ReturnType<Distributions[K]> {
  if (!Object.hasOwn(DISTRIBUTIONS, kind))
    throw new UnsupportedError(`sketch: the kind must be one of ${SKETCH_KINDS.join(', ')}; got ${kind}.`)
  const make = DISTRIBUTIONS[kind] as (options: Parameters<Distributions[K]>[0]) => Draw
  return make(options) as ReturnType<Distributions[K]>
}
