/**
 * Research prototypes in NumPy, when --prototypes names their folder.
 * @module
 */
import type { Contestant } from './contestant.ts'
import { peer } from './peer.ts'

/** Semismooth Newton on the dual. */
export const ssn: Contestant = prototype('ssn', problem => problem.kind === 'gated' && problem.x.rows <= 5000)
/** Working sets with a cached Gram matrix. */
export const tall: Contestant = prototype('tall', problem => problem.kind === 'gated' && problem.x.rows <= 50_000)
/** Interior point with group elimination. Returns no weights: its numbers are its own claim. */
export const ipm: Contestant = prototype('ipm', problem => problem.x.rows <= 2000)

function prototype(name: string, fits: (problem: Parameters<Contestant['accepts']>[0]) => boolean): Contestant {
  const accepts: Contestant['accepts'] = problem =>
    (problem.loss === 'squared' && fits(problem)) || 'the prototype is not meant for this loss, kind or size'
  return { ...peer(name, 'prototype.py', accepts, { variant: name }), prototype: true }
}
