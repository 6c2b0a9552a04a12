/**
 * Clarabel (a general interior-point solver) through cvxpy.
 * @module
 */
import type { Contestant } from './contestant.ts'
import { peer } from './peer.ts'

/** Rows × patterns above which cvxpy's n × P expressions no longer fit a usual machine. */
const MOST = 500_000

export const clarabel: Contestant = peer('clarabel', 'clarabel_peer.py', problem =>
  problem.loss !== 'squared'
    ? 'the peer is written for the squared loss'
    : problem.x.rows * problem.masks.patterns <= MOST || 'its n × P program would not fit in memory',
)
