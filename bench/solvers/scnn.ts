/**
 * scnn: the convex reformulations' own package (R-FISTA, augmented Lagrangian).
 * @module
 */
import type { Contestant } from './contestant.ts'
import { peer } from './peer.ts'

export const scnn: Contestant = peer(
  'scnn',
  'scnn_peer.py',
  problem => problem.loss === 'squared' || 'it has the squared loss only',
)
