/**
 * Pricing with an exact oracle: the neuron that is missing most, or the proof that none is.
 *
 * At a dual point θ of the program over some patterns, g(θ) = max over ‖u‖ ≤ 1 of |θ_kᵀ(Xu)₊| is what column generation asks for:
 * g ≤ beta ends it at the global optimum, else the maximiser is a neuron in a cell that the program has not got.
 * Maximisers sit on the boundary of cells, so the cells around are taken as well.
 * @module
 */
import { type OracleChoice, upperOracle } from '../../certificates/index.ts'
import type { Compute } from '../../matrix/compute.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import type { TrainingData } from '../model.ts'
import type { Missing } from './missingNeurons.ts'

/** Further cells looked at around a maximiser, and how far off they are looked for. */
const AROUND = 12
const ASIDE = 1e-7
/** A direction counts as violated beyond beta by this part: what solving to a gap leaves. */
const MARGIN = 1e-9

/**
 * What prices dual points of these data; null when no exact oracle is affordable (rank above 4, or too many samples).
 *
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) when enumeration is asked for and too large.
 */
export function priceExactly(
  { x, loss, beta }: TrainingData,
  choice: OracleChoice,
  compute: Compute,
): ((theta: Float64Array) => Missing[]) | null {
  const oracle = upperOracle(x, loss.outputs, choice, compute)
  if (!oracle.exact) return null
  const random = normals(fold(key(0), 'around'), AROUND * x.cols)
  return theta => {
    const { directions } = oracle.norm(theta, beta * (1 + MARGIN)).witness
    return directions
      .filter(({ value }) => value > beta * (1 + MARGIN))
      .flatMap(({ u, value, sign, output }) => {
        const length = norm(u)
        // A neuron of the other sign lowers the loss: it goes against θ.
        const atom = (w: Float64Array): Missing => ({
          atom: { w, output, sign: sign === 1 ? -1 : 1, gate: null },
          value,
        })
        const around = Array.from({ length: AROUND }, (_, k) =>
          u.map((v, j) => v + ASIDE * length * random[k * x.cols + j]),
        )
        return [atom(u), ...around.map(atom)]
      })
  }
}
