/**
 * One Newton step, (RᵀR + G)·v = −g, solved by conjugate gradients with a sketch of adaptive size as preconditioner.
 *
 * As `adaptivePcg`: a step of CG that leaves more than ρ of δ = rᵀM⁻¹r is thrown away and m doubled, for this Newton step and all later ones.
 * Stops at δ ≤ η²·δ₀, η = min(¼, √λ̃), λ̃² = gᵀM⁻¹g, which makes the outer iteration superlinear.
 * With `budgeted` what was spent is counted; once the exact factor would have been cheaper it is taken, so that a step costs at most twice the exact one.
 *
 * Source: J. Lacotte, Y. Wang, M. Pilanci, Adaptive Newton sketch: linear-time optimization with quadratic convergence and effective Hessian
 * dimensionality, 2021 (whose own test is in `newtonSketch.ts`).
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { dense } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import type { Draw, DrawOptions } from '../../sketch/draw.ts'
import { type ObliviousKind, sketch } from '../../sketch/sketch.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { hessianProduct, type NewtonSystem, systemFactor } from './newtonSystem.ts'
import type { Preconditioner } from './preconditioner.ts'
import { pcgFactor } from './rates.ts'
import { Contraction, type SketchReport } from './report.ts'

/** A direction with vᵀ(RᵀR + G)v ≈ −gᵀv. */
export interface NewtonDirection {
  readonly v: Float64Array
  /** λ̃² = −gᵀv, the squared Newton decrement. */
  readonly decrement: number
}

/** What a step leaves for the next: the size of the sketch only grows. */
export interface SketchMemory {
  rows: number
  sketches: number
  /** Set once the exact factor has turned out cheaper: it is taken from then on. */
  exact: boolean
}

/** Sketch of `adaptiveDirection`. */
export interface DirectionOptions {
  readonly kind: ObliviousKind | ((options: DrawOptions) => Draw)
  readonly seed: number
  readonly shrink: number
  readonly maxRows: number
  /** Take the exact factor once the sketched step has cost as much; else only when the sketch is as large as the data. */
  readonly budgeted: boolean
  /** Σw: what decrements are divided by. */
  readonly scale: number
  /** η, the accuracy of every step; default min(¼, √λ̃). */
  readonly accuracy?: number
}

/** Products with a vector run at the speed of memory, those of a factor at that of the processor. */
export const MEMORY_BOUND = 6
const ESTIMATE_ROWS = 600
const PATIENCE = 20

/** S·R for a fresh S. */
export function drawRoot(root: Dense, kind: DirectionOptions['kind'], rows: number, seed: number): Dense {
  const options = { rows, samples: root.rows, seed }
  const out = (typeof kind === 'function' ? kind(options) : sketch(kind, options)).apply(root)
  return dense(out.rows, out.cols, out.data)
}

/** The exact direction, from the factor of RᵀR + G with one step of refinement. Cost nd² + d³/3. */
export function exactDirection(system: NewtonSystem, report: SketchReport): NewtonDirection {
  const factor = systemFactor(system.root, system.rest)
  const { gradient } = system
  const v = factor.solve(gradient).map(x => -x)
  const left = hessianProduct(system, v).map((h, j) => -gradient[j] - h)
  report.products++
  const correction = factor.solve(left)
  for (let j = 0; j < v.length; j++) v[j] += correction[j]
  return { v, decrement: -dot(gradient, v) }
}

/** Work of the exact direction, in flops of a matrix product. */
export function exactWork({ root }: NewtonSystem): number {
  const { rows: n, cols: d } = root
  const side = Math.min(n, d)
  return n * d * side + side ** 3 / 3 + 4 * n * d * MEMORY_BOUND
}

/** The direction by adaptively sketched CG. Yields after each product. */
export function* adaptiveDirection(
  system: NewtonSystem,
  memory: SketchMemory,
  report: SketchReport,
  options: DirectionOptions,
): Generator<void, NewtonDirection, void> {
  const { gradient, root, rest } = system
  const { rows: n, cols: d } = root
  const { shrink, maxRows, scale } = options
  const budget = options.budgeted ? exactWork(system) : Infinity
  const contraction = new Contraction(report, { warn: false })
  let spent = 0
  let m: Preconditioner | undefined
  const v = new Float64Array(d)
  const r = gradient.map(g => -g)
  let [p, delta, start, poor, limit] = [r, 0, 0, 0, 0]

  function draw(): void {
    const sr = drawRoot(root, options.kind, memory.rows, stepSeed(options.seed, memory.sketches++))
    m = systemFactor(sr, rest)
    report.sketchRows = sr.rows
    const side = Math.min(sr.rows, d)
    spent += 8 * n * d + sr.rows * d * side + side ** 3 / 3
    if (rest.kind === 'ridge' && side <= ESTIMATE_ROWS && rest.lambda > 0) {
      report.effectiveDimension = effectiveDimension(sr, rest.lambda)
      report.predicted = pcgFactor({ dimension: report.effectiveDimension, rows: sr.rows })
    }
    contraction.restart()
    const z = m.solve(r)
    p = z.slice()
    delta = dot(r, z)
    start = v.every(x => x === 0) ? delta : dot(gradient, m.solve(gradient))
    limit = (options.accuracy ?? Math.min(0.25, (start / scale) ** 0.25)) ** 2
  }

  if (memory.exact || memory.rows >= n) return exactDirection(system, report)
  draw()
  while (m !== undefined) {
    contraction.add(delta, false)
    if (delta <= limit * start || delta === 0) break
    if (spent + 4 * n * d * MEMORY_BOUND > budget) {
      memory.exact = true
      report.sketchRows = 0
      report.choices = { ...report.choices, exactFactor: true }
      return exactDirection(system, report)
    }
    const q = hessianProduct(system, p)
    report.products++
    spent += 4 * n * d * MEMORY_BOUND
    yield
    const curvature = dot(p, q)
    if (!(curvature > 0)) break
    const step = delta / curvature
    const next = r.map((x, j) => x - step * q[j])
    const z = m.solve(next)
    const after = dot(next, z)
    if (after > shrink * delta && memory.rows < maxRows) {
      memory.rows = Math.min(2 * memory.rows, maxRows)
      report.growth.push([report.products, memory.rows])
      draw()
      continue
    }
    if (after > shrink * delta && ++poor > PATIENCE) break
    for (let j = 0; j < d; j++) v[j] += step * p[j]
    r.set(next)
    for (let j = 0; j < d; j++) p[j] = z[j] + (after / delta) * p[j]
    delta = after
  }
  // A CG iterate is a direction of descent wherever it stops; before the first one there is the sketched step.
  if (m !== undefined && v.every(x => x === 0)) v.set(m.solve(gradient).map(x => -x))
  return { v, decrement: -dot(gradient, v) }
}
