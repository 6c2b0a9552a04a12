/**
 * The usual baselines on a model's own training rows: the constant, the linear model, and local search on the very same
 * objective (same rows, columns and lambda), so that its objective can be compared with the bound.
 * @module
 */

import type { SavedModel } from '../formats/modelFile.ts'
import { constantNetwork, problemOf, type Rows, valuesOf } from '../formats/onRows.ts'
import type { Dense } from '../matrix/dense.ts'
import { linearModel, predictLinear } from '../models/baselines/linearModel.ts'
import { localSearch } from '../models/baselines/localSearch.ts'
import { restoreTarget, standardise } from '../models/standardisation.ts'
import { breathe } from '../solvers/solve.ts'

/** A trained baseline. */
export interface Baseline {
  readonly method: string
  /** Mean training loss plus penalty; only where it is the network's objective. */
  readonly objective: number | null
  readonly seconds: number
  /** Values on raw encoded rows, in the unit of the target. */
  values(x: Dense): Float64Array
}

/** Which baselines, and when to stop. */
export interface BaselineOptions {
  /** false leaves out the local search, which is the slow one; default true. */
  readonly search?: boolean
  readonly signal?: AbortSignal
}

const NEURONS = 50
const RESTARTS = 3

/**
 * Trains them. The local search is left out for several outputs, where its objective would not compare. Cost: that of the local
 * search, O(n·d·50) for each of some hundred steps and three starts.
 *
 * @param rows the rows that the model was trained on.
 */
export async function trainBaselines(
  model: SavedModel,
  rows: Rows,
  options: BaselineOptions = {},
): Promise<Baseline[]> {
  const { search = true, signal } = options
  const problem = problemOf(model, rows)
  const n = rows.x.rows
  const regression = model.target.kind === 'number'
  const timed = async (
    method: string,
    work: () => Promise<Pick<Baseline, 'objective' | 'values'>>,
  ): Promise<Baseline> => {
    const started = performance.now()
    const { objective, values } = await work()
    return { method, objective, values, seconds: (performance.now() - started) / 1000 }
  }
  const found = [
    await timed(regression ? 'the mean' : 'the class shares', async () => ({
      values: x => valuesOf(model, x, constantNetwork(model)),
      objective: problem.loss.value(new Float64Array(n * problem.loss.outputs)) / n,
    })),
    await timed(regression ? 'linear regression' : 'logistic regression', async () => {
      // Ridge 1 is what scikit-learn takes for the logistic; next to none makes the other least squares.
      const linear = linearModel(problem.x, { loss: problem.loss, ridge: regression ? 1e-9 : 1 })
      return {
        values: x => {
          const values = predictLinear(linear, standardise(model.standardisation, x), problem.loss.offset)
          return restoreTarget(model.standardisation, values)
        },
        objective: null,
      }
    }),
  ]
  if (search && problem.loss.outputs === 1)
    found.push(
      await timed(`local search, ${NEURONS} neurons, best of ${RESTARTS}`, async () => {
        let best = localSearch(problem, { neurons: NEURONS, restarts: 1 })
        for (let seed = 1; seed < RESTARTS && !signal?.aborted; seed++) {
          // Ctrl-C gets its turn between the starts.
          await breathe()
          const next = localSearch(problem, { neurons: NEURONS, restarts: 1, seed })
          if (next.objective < best.objective) best = next
        }
        return { values: x => valuesOf(model, x, best.network), objective: best.objective / n }
      }),
    )
  return found
}
