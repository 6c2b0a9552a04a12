/**
 * The data sets that come with Nadir (see data/README.md for where each is from and its licence).
 * @module
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../errors.ts'
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
  return fileURLToPath(new URL(`../../data/${name}.csv`, import.meta.url))
}

/**
 * Reads a bundled data set.
 *
 * @throws DomainError for an unknown name, with the nearest one.
 */
export async function bundled(name: BundledName): Promise<Table> {
  if (!isBundled(name))
    throw new DomainError(`bundled: "${name}" is not a bundled data set. ${suggestion(name, BUNDLED)}`)
  return parseDelimited(await readFile(bundledPath(name), 'utf8'), { source: `the bundled data set ${name}` })
}
