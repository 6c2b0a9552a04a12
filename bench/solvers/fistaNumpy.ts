/**
 * Plain accelerated proximal gradient in NumPy.
 * @module
 */
import type { Contestant } from './contestant.ts'
import { peer } from './peer.ts'

export const fistaNumpy: Contestant = peer(
  'fista-numpy',
  'fista_numpy.py',
  problem => (problem.loss === 'squared' && problem.kind === 'gated') || 'it is written for gated, squared',
)
