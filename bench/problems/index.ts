/**
 * The problems of the bench: one line here, one file each.
 * @module
 */
import { DomainError } from '../../src/errors.ts'
import { A } from './A.ts'
import { aLogistic } from './aLogistic.ts'
import { aMultinomial } from './aMultinomial.ts'
import { C } from './C.ts'
import { diabetes, diabetes500 } from './diabetes.ts'
import type { ProblemSource } from './problem.ts'
import { L, T } from './tall.ts'

/** In the order of the report. */
export const problems: readonly ProblemSource[] = [A, C, T, L, diabetes, diabetes500, aLogistic, aMultinomial]

/** @throws DomainError for a name that no problem has. */
export function problemNamed(name: string): ProblemSource {
  const found = problems.find(each => each.name === name)
  if (found) return found
  throw new DomainError(
    `bench: no problem is named "${name}". There are: ${problems.map(each => each.name).join(', ')}.`,
  )
}
