/**
 * What of a network is worth writing down: neurons that add something somewhere, as ReLU neurons.
 * @module
 */
import { rowOf } from '../../matrix/dense.ts'
import type { Network } from '../../models/model.ts'
import { asReluNetwork, selectNeurons } from '../../models/networks/network.ts'

/**
 * The network without neurons of zero weight (u_j = 0, v_j = 0 or, for 'gated', g_j = 0): the same function, since
 * v_j φ_j(x) = 0 for every x. Other activations of degree one become pairs of ReLU neurons, which every format knows.
 */
export function liveNetwork(trained: Network): Network {
  const network = asReluNetwork(trained)
  const { hidden, output, gates } = network
  const some = (values: Float64Array) => values.some(value => value !== 0)
  const live = Array.from({ length: hidden.rows }, (_, j) => j).filter(
    j => some(rowOf(hidden, j)) && some(rowOf(output, j)) && (gates === null || some(rowOf(gates, j))),
  )
  return live.length === hidden.rows ? network : selectNeurons(network, live)
}
