/**
 * adelie (C++, group elastic net): at lambda alone, and along a warm-started path of 20.
 * @module
 */
import type { Contestant } from './contestant.ts'
import { peer } from './peer.ts'

const gatedOnly: Contestant['accepts'] = problem =>
  problem.kind === 'gated' || 'its cone constraints must be given one by one by the user'

export const adelie: Contestant = peer('adelie', 'adelie_peer.py', gatedOnly)
export const adeliePath: Contestant = peer('adelie-path', 'adelie_peer.py', gatedOnly, { path: 20 })
