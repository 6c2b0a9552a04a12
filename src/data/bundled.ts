/**
 * The data sets that come with Nadir (see data/README.md for where each is from and its licence).
 * @module
 */
import { DomainError, UnsupportedError } from '../errors.ts'
import { parseDelimited } from './delimited.ts'
import { suggestion } from './suggest.ts'
import type { Table } from './table.ts'

/** A data set that comes with the package. */
export type BundledName = 'diabetes' | 'breast-cancer' | 'wine' | 'digits'

/** Their names; the target is the last column of each. */
export const BUNDLED: readonly BundledName[] = ['diabetes', 'breast-cancer', 'wine', 'digits']

/** Whether `name` is a bundled data set. */
export function isBundled(name: string): name is BundledName {
  return BUNDLED.some(known => known === name)
}

/** Where a bundled data set lies in the package. */
export function bundledPath(name: BundledName): string {
  return inNode('node:url').fileURLToPath(new URL(`../../data/${name}.csv`, import.meta.url))
}

/**
 * Reads a bundled data set.
 *
 * @throws DomainError for an unknown name, with the nearest one.
 */
export async function bundled(name: BundledName): Promise<Table> {
  if (!isBundled(name))
    throw new DomainError(`bundled: "${name}" is not a bundled data set. ${suggestion(name, BUNDLED)}`)
  return parseDelimited(await inNode('node:fs').promises.readFile(bundledPath(name), 'utf8'), {
    source: `the bundled data set ${name}`,
  })
}

/** A module of Node, asked for only when needed: the rest of this folder runs in browsers too. */
function inNode<M extends 'node:fs' | 'node:url'>(
  module: M,
): NonNullable<ReturnType<typeof process.getBuiltinModule<M>>> {
  const found = globalThis.process?.getBuiltinModule?.(module)
  if (!found)
    throw new UnsupportedError(
      'bundled: the bundled data sets are files of the package, read in Node only. Give the text of a CSV to parseDelimited.',
    )
  return found as never
}
