/**
 * Nadir: at lambda alone, and along the same path as adelie's.
 * @module
 */
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestant.ts'

const script = fileURLToPath(new URL('./nadirRun.ts', import.meta.url))

export const nadir: Contestant = { name: 'nadir', accepts: () => true, script, language: 'node', options: {} }
export const nadirPath: Contestant = {
  ...nadir,
  name: 'nadir-path',
  options: { path: 20 },
}
