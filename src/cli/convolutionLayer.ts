/**
 * The layer of `nadir fit --conv`, as text and read.
 * @module
 */
import { InvalidArgumentError } from 'commander'
import type { Convolution } from '../models/index.ts'

/** Reads width:3,stride:1,padding:0,pool:mean. @throws InvalidArgumentError for anything else. */
export function layerOf(text: string): Convolution {
  const parts = new Map<string, string>()
  for (const part of text.split(',')) {
    const match = /^\s*(width|stride|padding|pool)\s*:\s*(\w+)\s*$/.exec(part)
    if (match === null || parts.has(match[1]))
      throw new InvalidArgumentError(
        `A layer is needed such as width:3,stride:1 (also padding:<p>, pool:sum or pool:mean), each once; got "${text}".`,
      )
    parts.set(match[1], match[2])
  }
  const whole = (name: string, least: number): number | undefined => {
    const given = parts.get(name)
    if (given === undefined) return undefined
    const value = Number(given)
    if (!(Number.isSafeInteger(value) && value >= least))
      throw new InvalidArgumentError(`${name} must be a whole number ≥ ${least}; got "${given}".`)
    return value
  }
  const width = whole('width', 1)
  if (width === undefined) throw new InvalidArgumentError(`The width of the filter is needed; got "${text}".`)
  const [stride, padding, pool] = [whole('stride', 1), whole('padding', 0), parts.get('pool')]
  if (pool !== undefined && pool !== 'sum' && pool !== 'mean')
    throw new InvalidArgumentError(`pool must be sum or mean (max has no convex program here); got "${pool}".`)
  return {
    width,
    ...(stride !== undefined && { stride }),
    ...(padding !== undefined && { padding }),
    ...(pool !== undefined && { pool }),
  }
}

/** Checks the layer, and keeps the text. */
export function layerText(text: string): string {
  layerOf(text)
  return text
}
