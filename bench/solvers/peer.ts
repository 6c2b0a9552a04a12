/**
 * A contestant written in Python, in `bench/peers`.
 * @module
 */
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestant.ts'

/** A peer by its script. */
export function peer(
  name: string,
  script: string,
  accepts: Contestant['accepts'],
  options: Contestant['options'] = {},
): Contestant {
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url))
  return { name, accepts, script: path, language: 'python', options }
}
