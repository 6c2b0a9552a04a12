/**
 * What the re-check reads, and whether it fits together.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import type { TwoLayerNetwork } from '../twoLayer.ts'
import type { LossDescription } from './lossFromDefinition.ts'

/** The data a certificate was made for, as `recheck` reads them: nothing computed by the code under check. */
export interface RecheckData {
  readonly x: Dense
  /** Any `Loss` will do; only its data are read. */
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  /** The patterns the claim runs over; not read for scope 'global'. */
  readonly masks: Masks
  readonly network: TwoLayerNetwork
}

/** The program alone. */
export type ProgramData = Omit<RecheckData, 'network'>

/** @throws ShapeError when rows, samples and inputs (d: of the weights) do not agree. */
export function checkShapes({ x, loss, masks }: ProgramData, d: number): void {
  const n = loss.targets.length / (loss.name === 'multinomial' ? 1 : loss.outputs)
  if (x.rows !== n || masks.samples !== n || d !== x.cols)
    throw new ShapeError(
      `recheck: X, targets, patterns and weights must fit together; got ${x.rows} × ${x.cols}, ${n} samples, ${masks.samples} bits, ${d} inputs.`,
    )
}
