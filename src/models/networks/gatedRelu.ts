/**
 * Gated ReLU networks: f(x) = offset + Σ_j v_j 1[x·g_j > 0]·(x·u_j), with the gates g_j fixed before training.
 *
 * On the data a gate is its pattern D_p = diag(1[X g_p > 0]). Training with weight decay,
 *   min_{u, v} L(f(X)) + (beta/2)·Σ_j (‖u_j‖² + ‖v_j‖²),   each neuron feeding one output,
 * equals the group lasso
 *   min_w Σ-form  L(f), f_k = Σ_p D_p X w_{k,p},  penalty beta·Σ_{k,p} ‖w_{k,p}‖,
 * because w = v·u is any vector and ½(‖u‖² + v²) ≥ ‖v·u‖ with equality when ‖u‖ = |v|. One output: no condition at all. Several
 * outputs: exact for networks whose neurons feed one output each (equivalently for the penalty ½(‖u‖² + ‖v‖₁²)); a neuron
 * shared by outputs under ½‖v‖₂² could be cheaper, which is another program (nuclear norms).
 * Conditions: beta > 0, L convex, the hidden bias penalised.
 *
 * Patterns: over all patterns of the data the optimum covers every gated network; over sampled ones it covers the networks
 * with those gates only, and predictions between samples depend on the gates drawn, so they are kept with the model.
 * This program is a relaxation of the ReLU program, often far below it: never quote it as the ReLU optimum.
 *
 * Variable: output k (outer), pattern p, then d coordinates.
 * Source: A. Mishkin, A. Sahiner, M. Pilanci, "Fast Convex Optimization for Two-Layer ReLU Networks: Equivalent Model
 * Classes and Cone Decompositions", 2022.
 * @module
 */
import { certify } from '../../certificates/index.ts'
import type { Compute } from '../../matrix/compute.ts'
import { rowOf } from '../../matrix/dense.ts'
import { gatedOperator } from '../../matrix/gated.ts'
import { separableOperator } from '../../matrix/separable.ts'
import { groupL2 } from '../../penalties/index.ts'
import type { Model, PatternSet, Reformulation, TrainingData } from '../model.ts'
import { predictNetwork } from './network.ts'
import { type Atom, addAt, atomsOf, networkOf, patternOf, placesOf } from './recover.ts'

/** The gated ReLU model. */
export const gatedRelu: Required<Pick<Model, 'reformulate'>> & Model = {
  name: 'gated',
  reference: 'Mishkin, Sahiner and Pilanci, Fast Convex Optimization for Two-Layer ReLU Networks, 2022',
  reformulate,
  predict: predictNetwork,
  certify,
}

function reformulate(data: TrainingData, patterns: PatternSet, compute: Compute): Reformulation {
  const { x, loss, beta } = data
  const [d, count] = [x.cols, patterns.masks.patterns]
  const single = gatedOperator(x, patterns.masks, compute)
  const operator = loss.outputs === 1 ? single : separableOperator(single, loss.outputs)
  return {
    problem: { kind: 'composite', operator, loss, penalty: groupL2(operator.cols, { groupSize: d, beta }) },
    recover(w) {
      const atoms: Atom[] = []
      for (let k = 0; k < loss.outputs; k++)
        for (let p = 0; p < count; p++) {
          const at = (k * count + p) * d
          atoms.push({ w: w.slice(at, at + d), output: k, sign: 1, gate: rowOf(patterns.gates, p) })
        }
      return networkOf('gated', atoms, { features: d, offset: loss.offset })
    },
    embed(network) {
      const w = new Float64Array(operator.cols)
      const place = placesOf(patterns.masks)
      for (const atom of atomsOf(network)) {
        const p = place(patternOf(x, atom.gate as Float64Array))
        if (p !== undefined) addAt(w, (atom.output * count + p) * d, atom.w)
      }
      return w
    },
  }
}
