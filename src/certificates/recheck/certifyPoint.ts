/**
 * The judge of solvers: primal, dual and gap of any point of the program, from any program, proved from the definition.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { best, dualFromPoint, dualValue, inDomain } from './dualFromDefinition.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, bitsOf } from './exactCells.ts'
import { type ProgramPoint, partsOfPoint, primalBound, slopeAt } from './primalFromDefinition.ts'
import { checkShapes, type ProgramData } from './recheckData.ts'
import { type Verdict, verdict } from './verdictOf.ts'

/**
 * Primal, dual and gap of any point of the program, proved from the definition: the same judge for every solver.
 *
 * @throws ShapeError when the point does not fit the patterns.
 */
export function certifyPoint(point: ProgramPoint, data: ProgramData): Verdict {
  const { x, loss, masks } = data
  const size = x.cols * masks.patterns * (point.kind === 'relu' ? 2 : loss.outputs)
  checkShapes(data, x.cols)
  if (point.u.length !== size || (point.kind === 'relu' && loss.outputs !== 1))
    throw new ShapeError(
      `certifyPoint: the point must have ${size} numbers (relu: 2·P·d for one output, gated: c·P·d); got ${point.u.length}.`,
    )
  const patterns = bitsOf(masks)
  const problems: string[] = []
  const parts = partsOfPoint(point, patterns, data, problems)
  const primal = primalBound(parts, data)
  const theta = slopeAt(primal.fit, data)
  const points = [theta, ...(point.candidates ?? [])]
  const scaled = points.map(each => bestOnRay(point.kind, each, patterns, data))
  const norm = (each: Float64Array) => dualNormFromDefinition(point.kind, x, patterns, each, data.beta)
  const dual = best(scaled.map(each => dualFromPoint(each, norm, data)))
  return verdict(primal.upper, dual.value, problems)
}

/** The best point of the ray through θ that its dual norm allows, put inside the domain. */
function bestOnRay(
  kind: 'relu' | 'gated',
  theta: Float64Array,
  patterns: readonly Bits[],
  data: ProgramData,
): Float64Array {
  const at = (s: number) =>
    inDomain(
      theta.map(v => s * v),
      data,
    ).theta
  const phi = (s: number) => dualValue(at(s), data).value
  const free = concaveTop(phi, 4)
  if (free <= 0) return at(0)
  const limit = dualNormFromDefinition(kind, data.x, patterns, at(1), data.beta / free)
  return at(concaveTop(phi, Math.min(4, data.beta / limit)))
}

/** argmax of a concave function on [0, end], by ternary search; the end itself where the function still rises. */
function concaveTop(phi: (s: number) => number, end: number): number {
  let [low, high] = [0, end]
  for (let k = 0; k < 90; k++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (phi(a) < phi(b)) low = a
    else high = b
  }
  const inside = (low + high) / 2
  return phi(end) >= phi(inside) ? end : inside
}
