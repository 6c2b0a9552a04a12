/**
 * The reduced Newton system: after the groups are eliminated only the fit is left.
 *
 * With M_p = Σ_g∈p H_g⁻¹ (both signs of a pattern share D_p X), W = ∇²L diagonal, h_p = Σ_g∈p ±H_g⁻¹ rhs_g and δ_p the
 * move of a pattern's weights, the equations are δ = h − M Aᵀq, q = W A δ. Two ways to q, chosen by size:
 *   by samples   (I + √W A M Aᵀ √W) p = √W A h,  q = √W p      n × n for every output
 *   by features  (M⁻¹ + AᵀWA) δ = M⁻¹h,          q = W A δ     (P·d)² for every output, with AᵀWA formed once if W stays
 * Nothing divides by W: samples without curvature (hinge, Huber, weight 0) are welcome.
 * @module
 */
import type { Compute, Region } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { cholesky } from '../../matrix/factor/cholesky.ts'
import { type Masks, selectMasks } from '../../matrix/masks.ts'
import type { OutputBlock } from './groups.ts'
import { addGram, factorBlock, invertFactor, packedSize, solveBlock, traceBlock } from './smallBlocks.ts'
import { type SoftmaxCoupling, softmaxCoupling } from './softmax.ts'
import { solveFactor } from './solveFactor.ts'

/** Flops after which a system in the making lets the loop breathe. */
const BREATH_FLOPS = 3e8

export interface NewtonSystem {
  /**
   * Forms and factors the system of one iteration; yields between pieces of at most about 20 ms. `curvature` is the
   * diagonal W, or D = w·π when the softmax couples outputs through `pi`.
   */
  factor(blocks: Float64Array, curvature: Float64Array, pi: Float64Array | null): Generator<void, void, void>
  /** q (output-major) from h (one d-vector a slot, blocks one after another). */
  solve(h: Float64Array, q: Float64Array): Float64Array
}

/** What a pattern's groups add up to. `groupsOf[slot]` holds one or two group numbers. */
function groupsOf(block: OutputBlock, slot: Int32Array): number[][] {
  const out: number[][] = Array.from({ length: block.slots }, () => [])
  for (let g = block.first; g < block.last; g++) out[slot[g]].push(g)
  return out
}

/**
 * Row-stacked factors F_p with F_pᵀF_p = M_p = Σ H_g⁻¹, from the packed Cholesky factors L_g of the H_g: L_g⁻¹ for one
 * group, the transposed Cholesky factor of the sum for two. `small` is relative to the trace.
 */
function patternFactors(members: number[][], d: number, factors: Float64Array, out: Float64Array, small: number): void {
  const q = packedSize(d)
  const [inverse, sum] = [new Float64Array(q), new Float64Array(q)]
  members.forEach((groups, p) => {
    const at = p * d * d
    if (groups.length === 1) {
      invertFactor(factors, groups[0] * q, d, inverse, 0)
      for (let a = 0, i = 0; a < d; a++) for (let b = 0; b < d; b++) out[at + a * d + b] = b <= a ? inverse[i++] : 0
      return
    }
    sum.fill(0)
    for (const g of groups) {
      invertFactor(factors, g * q, d, inverse, 0)
      addGram(inverse, 0, d, sum, 0)
    }
    factorBlock(sum, 0, d, small * traceBlock(sum, 0, d))
    for (let a = 0, i = 0; a < d; a++) for (let b = 0; b <= a; b++) out[at + b * d + a] = sum[i++]
    for (let a = 0; a < d; a++) for (let b = 0; b < a; b++) out[at + a * d + b] = 0
  })
}

/** System by samples: memory n² an output. Cost n²·P·d + n³/3 flops an output and iteration. */
export function systemBySamples(
  x: Dense,
  blocks: readonly OutputBlock[],
  slot: Int32Array,
  compute: Compute,
  region: Region,
): NewtonSystem {
  const [n, d] = [x.rows, x.cols]
  const parts = blocks.map(block => ({
    block,
    members: groupsOf(block, slot),
    matrix: region.float64(n * n),
    factors: region.float64(block.slots * d * d),
    pieces: pieces(block.masks, Math.max(1, Math.floor(BREATH_FLOPS / (n * n * d)))),
  }))
  const scaled = dense(n, d, region.float64(n * d))
  const root = new Float64Array(blocks.length * n)
  let coupling: SoftmaxCoupling | null = null
  let coupled = false
  return {
    *factor(small, curvature, pi) {
      coupled = pi !== null
      if (pi) {
        coupling ??= softmaxCoupling(n, compute, region)
        coupling.begin(pi)
      }
      for (let i = 0; i < root.length; i++) root[i] = Math.sqrt(curvature[i])
      for (const [k, { members, matrix, factors, pieces: cuts }] of parts.entries()) {
        patternFactors(members, d, small, factors, 1e-15)
        const plain = curvature.subarray(k * n, (k + 1) * n).every(w => w === 1)
        if (!plain)
          for (let i = 0, at = 0; i < n; i++)
            for (let j = 0; j < d; j++, at++) scaled.data[at] = root[k * n + i] * x.data[at]
        matrix.fill(0)
        for (let i = 0; i < n; i++) matrix[i * n + i] = 1
        for (const cut of cuts) {
          const range = factors.subarray(cut.first * d * d, (cut.first + cut.masks.patterns) * d * d)
          compute.gatedOuter(plain ? x : scaled, cut.masks, range, matrix)
          yield
        }
        const system = dense(n, n, matrix)
        cholesky(system, { compute, out: system })
        if (coupled) {
          coupling?.add(k, matrix)
          yield
        }
      }
      if (coupled) coupling?.finish()
    },
    solve(h, q) {
      let from = 0
      parts.forEach(({ block, matrix }, k) => {
        const part = q.subarray(k * n, (k + 1) * n)
        if (block.slots === 0) {
          part.fill(0)
          return
        }
        compute.gatedForward(x, block.masks, h.subarray(from, from + block.slots * d), part)
        for (let i = 0; i < n; i++) part[i] *= root[k * n + i]
        solveFactor(n, matrix, part)
        from += block.slots * d
      })
      if (coupled)
        coupling?.correct(
          q,
          parts.map(part => part.matrix),
        )
      for (let i = 0; i < q.length; i++) q[i] *= root[i]
      return q
    },
  }
}

/** System by features: memory 2·(P·d)² an output. Cost n·(P·d)² once (each time when W moves) + (P·d)³/3 flops. */
export function systemByFeatures(
  x: Dense,
  blocks: readonly OutputBlock[],
  slot: Int32Array,
  compute: Compute,
  region: Region,
): NewtonSystem {
  const [n, d] = [x.rows, x.cols]
  const q = packedSize(d)
  const parts = blocks.map(block => {
    const side = block.slots * d
    return {
      block,
      side,
      members: groupsOf(block, slot),
      gram: region.float64(side * side),
      matrix: region.float64(side * side),
      inverses: region.float64(block.slots * q),
      sums: new Float64Array(side),
      pieces: pieces(block.masks, Math.max(1, Math.floor(BREATH_FLOPS / (n * d * Math.max(side, 1))))),
      weights: null as Float64Array | null,
    }
  })
  const w = new Float64Array(blocks.length * n)
  return {
    *factor(small, curvature) {
      w.set(curvature)
      const [inverse, sum] = [new Float64Array(q), new Float64Array(q)]
      for (const [k, part] of parts.entries()) {
        const { block, side, members, gram, matrix, inverses } = part
        if (block.slots === 0) continue
        const weights = w.subarray(k * n, (k + 1) * n)
        if (part.weights === null || part.weights.some((value, i) => value !== weights[i])) {
          part.weights = weights.slice()
          const plain = weights.every(value => value === 1)
          for (const cut of part.pieces) {
            const rows = gram.subarray(cut.first * d * side, (cut.first + cut.masks.patterns) * d * side)
            if (plain) compute.gatedGram(x, cut.masks, block.masks, rows)
            else compute.gatedGram(x, cut.masks, block.masks, rows, part.weights)
            yield
          }
        }
        matrix.set(gram)
        members.forEach((groups, p) => {
          // M⁻¹ of one group is H itself, L Lᵀ; of two, the inverse of H_v⁻¹ + H_w⁻¹.
          const at = p * q
          if (groups.length === 1) squareFactor(small, groups[0] * q, d, inverses, at)
          else {
            sum.fill(0)
            for (const g of groups) {
              invertFactor(small, g * q, d, inverse, 0)
              addGram(inverse, 0, d, sum, 0)
            }
            factorBlock(sum, 0, d, 1e-15 * traceBlock(sum, 0, d))
            invertFactor(sum, 0, d, inverse, 0)
            inverses.fill(0, at, at + q)
            addGram(inverse, 0, d, inverses, at)
          }
          for (let a = 0, i = at; a < d; a++)
            for (let b = 0; b <= a; b++) matrix[(p * d + a) * side + p * d + b] += inverses[i++]
        })
        const system = dense(side, side, matrix)
        cholesky(system, { compute, out: system })
        yield
      }
    },
    solve(h, out) {
      let from = 0
      parts.forEach(({ block, side, inverses, matrix, sums }, k) => {
        const fit = out.subarray(k * n, (k + 1) * n)
        if (block.slots === 0) {
          fit.fill(0)
          return
        }
        for (let p = 0; p < block.slots; p++) multiplySymmetric(inverses, p * q, d, h, from + p * d, sums, p * d)
        solveFactor(side, matrix, sums)
        compute.gatedForward(x, block.masks, sums, fit)
        for (let i = 0; i < n; i++) fit[i] *= w[k * n + i]
        from += side
      })
      return out
    },
  }
}

/** h (d-vectors by slot) ← Σ_g ±H_g⁻¹ rhs_g, for all blocks one after another. `rhs` is overwritten by H⁻¹rhs. */
export function gatherSlots(
  blocks: readonly OutputBlock[],
  slot: Int32Array,
  sign: Float64Array,
  d: number,
  factors: Float64Array,
  rhs: Float64Array,
  h: Float64Array,
): Float64Array {
  const q = packedSize(d)
  h.fill(0)
  let from = 0
  for (const block of blocks) {
    for (let g = block.first; g < block.last; g++) {
      solveBlock(factors, g * q, d, rhs, g * d)
      const at = from + slot[g] * d
      for (let j = 0; j < d; j++) h[at + j] += sign[g] * rhs[g * d + j]
    }
    from += block.slots * d
  }
  return h
}

function pieces(m: Masks, size: number): { first: number; masks: Masks }[] {
  const out = []
  for (let first = 0; first < m.patterns; first += size) {
    const count = Math.min(size, m.patterns - first)
    const chosen = Array.from({ length: count }, (_, i) => first + i)
    out.push({ first, masks: count === m.patterns ? m : selectMasks(m, chosen) })
  }
  return out
}

/** out (packed) ← L Lᵀ. */
function squareFactor(factors: Float64Array, at: number, d: number, out: Float64Array, to: number): void {
  for (let a = 0, row = at, i = to; a < d; a++, row += a)
    for (let b = 0, other = at; b <= a; b++, other += b, i++) {
      let sum = 0
      for (let j = 0; j <= b; j++) sum += factors[row + j] * factors[other + j]
      out[i] = sum
    }
}

/** out ← S v for the packed symmetric S at `at`. */
function multiplySymmetric(
  blocks: Float64Array,
  at: number,
  d: number,
  v: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let a = 0, i = at; a < d; a++) {
    let sum = 0
    for (let b = 0; b < a; b++, i++) {
      sum += blocks[i] * v[from + b]
      out[to + b] += blocks[i] * v[from + a]
    }
    out[to + a] = sum + blocks[i++] * v[from + a]
  }
}
