/**
 * The contestants: one line here, one file each.
 * @module
 */
import { DomainError } from '../../src/errors.ts'
import { adelie, adeliePath } from './adelie.ts'
import { clarabel } from './clarabel.ts'
import type { Contestant } from './contestant.ts'
import { fistaNumpy } from './fistaNumpy.ts'
import { nadir, nadirPath } from './nadir.ts'
import { ipm, ssn, tall } from './prototypes.ts'
import { scnn } from './scnn.ts'

/** In the order of the report. */
export const contestants: readonly Contestant[] = [
  nadir,
  nadirPath,
  adelie,
  adeliePath,
  clarabel,
  scnn,
  fistaNumpy,
  ssn,
  ipm,
  tall,
]

/** @throws DomainError for a name that no contestant has. */
export function contestantNamed(name: string): Contestant {
  const found = contestants.find(each => each.name === name)
  if (found) return found
  throw new DomainError(
    `bench: no solver is named "${name}". There are: ${contestants.map(each => each.name).join(', ')}.`,
  )
}
