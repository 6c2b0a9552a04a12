/**
 * ReLU networks: f(x) = offset + Σ_j v_j (x·u_j)₊.
 *
 * Training with weight decay, min_{u, v} L(f(X)) + (beta/2)·Σ_j (‖u_j‖² + ‖v_j‖²), each neuron feeding one output, equals
 *   min L(f) + beta·Σ_{k,p} (‖a_{k,p}‖ + ‖b_{k,p}‖),   f_k = Σ_p D_p X (a_{k,p} − b_{k,p}),
 *   a_{k,p}, b_{k,p} ∈ K_p = {u : (2D_p − I) X u ≥ 0},
 * over the patterns D_p = diag(1[X u > 0]) of the data: in its cell a neuron is linear, (X u)₊ = D_p X u, and balancing turns
 * weight decay into lengths. Theorem (Pilanci and Ergen 2020): with all patterns both have one optimal value for every
 * width from n·c on, and optimal points go over into each other.
 * Several outputs: exact for networks whose neurons feed one output each, as for the gated model.
 * Conditions: beta > 0, L convex, the hidden bias penalised (a ones column).
 *
 * Patterns: with all of them the optimum is global. With sampled ones it covers the networks whose neurons lie in those
 * cells; every network it gives is real, so its objective is an upper bound of the global one all the same.
 *
 * Variable: output k (outer), then all a_{k,p}, then all b_{k,p}, d coordinates each.
 * Source: M. Pilanci, T. Ergen, "Neural Networks are Convex Regularizers: Exact Polynomial-time Convex Optimization
 * Formulations for Two-layer Networks", ICML 2020.
 * @module
 */
import { certify } from '../../certificates/index.ts'
import type { Compute } from '../../matrix/compute.ts'
import { gatedOperator } from '../../matrix/gated.ts'
import type { Model, PatternSet, Reformulation, TrainingData } from '../model.ts'
import { predictNetwork } from './network.ts'
import { type Atom, addAt, atomsOf, networkOf, patternOf, placesOf } from './recover.ts'

/** The ReLU model. */
export const relu: Required<Pick<Model, 'reformulate'>> & Model = {
  name: 'relu',
  reference: 'Pilanci and Ergen, Neural Networks are Convex Regularizers, ICML 2020',
  reformulate,
  predict: predictNetwork,
  certify,
}

function reformulate(data: TrainingData, patterns: PatternSet, compute: Compute): Reformulation {
  const { x, loss, beta } = data
  const [d, count] = [x.cols, patterns.masks.patterns]
  const operator = gatedOperator(x, patterns.masks, compute)
  return {
    problem: { kind: 'cones', operator, loss, beta, gates: patterns.gates },
    recover(w) {
      const atoms: Atom[] = []
      for (let k = 0; k < loss.outputs; k++)
        for (const sign of [1, -1] as const)
          for (let p = 0; p < count; p++) {
            const at = ((2 * k + (sign === 1 ? 0 : 1)) * count + p) * d
            atoms.push({ w: w.slice(at, at + d), output: k, sign, gate: null })
          }
      return networkOf('relu', atoms, { features: d, offset: loss.offset })
    },
    embed(network) {
      const w = new Float64Array(2 * loss.outputs * count * d)
      const place = placesOf(patterns.masks)
      for (const atom of atomsOf(network)) {
        const p = place(patternOf(x, atom.w))
        if (p !== undefined) addAt(w, ((2 * atom.output + (atom.sign === 1 ? 0 : 1)) * count + p) * d, atom.w)
      }
      return w
    },
  }
}
