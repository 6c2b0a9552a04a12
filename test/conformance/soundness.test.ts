/**
 * Laws for bounds that must not be wrong: whatever numbers a proof holds, what they prove is above the truth; where sums cancel, the margins
 * for rounding carry; what biases that cost nothing could do is paid for. The truth is brute force, exact arithmetic, or a formula of another program.
 */
import { describe, expect, it } from 'vitest'
import { hingeNorm } from '../../src/certificates/certifySpline.ts'
import { eigenvalueBounds } from '../../src/certificates/eigenvalueBounds.ts'
import {
  gatedDualNorm,
  type HalfProof,
  type HomogeneousProgram,
  homogeneousOracles,
  homogeneousValue,
  normByClosedForm,
  normByEnumeration,
  normBySdp,
  normBySpectrum,
  reluDualNorm,
  reluRows,
  reluTheta,
  zeroSum,
} from '../../src/certificates/index.ts'
import { arrangementOf } from '../../src/certificates/oracles/arrangement.ts'
import { diagonalBound } from '../../src/certificates/oracles/diagonalBound.ts'
import { liftedPoints } from '../../src/certificates/oracles/lifted.ts'
import { liftedBound } from '../../src/certificates/oracles/liftedBound.ts'
import { coveringNorm } from '../../src/certificates/recheck/covering.ts'
import { largestEigenvalue } from '../../src/certificates/recheck/definite.ts'
import { liftedFromDefinition } from '../../src/certificates/recheck/liftedFromDefinition.ts'
import { provedNorm } from '../../src/certificates/recheck/provedNorm.ts'
import { signedProductsNorm } from '../../src/certificates/recheck/signedProducts.ts'
import { createLoss } from '../../src/losses/index.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { enumeratePatterns } from '../../src/models/index.ts'
import { fold, key, normals, uniforms } from '../../src/random/index.ts'
import { bruteNorm } from '../oracles/dualNorms.ts'
import { atMost, type Dyadic, exact, half, plus, sumOf, times, zero } from '../oracles/rational.ts'

const compute = createCompute({ backend: 'wasm', threads: 1 })
const drawn = (seed: number, n: number, d: number): Dense => dense(n, d, normals(key(seed), n * d))
/** max of tᵀ(Xu)₊ in one or two dimensions, one sign, by trying 40 000 directions: from below. */
function halfNorm(x: Dense, t: Float64Array): number {
  const [n, d] = [x.rows, x.cols]
  let most = 0
  for (let step = 0; step < 40_000; step++) {
    const angle = (2 * Math.PI * step) / 40_000
    const u = d === 1 ? [step % 2 === 0 ? 1 : -1] : [Math.cos(angle), Math.sin(angle)]
    let sum = 0
    for (let i = 0; i < n; i++) {
      let inner = 0
      for (let j = 0; j < d; j++) inner += x.data[i * d + j] * u[j]
      sum += t[i] * Math.max(0, inner)
    }
    most = Math.max(most, sum)
  }
  return most
}

describe('any numbers prove a bound that holds', () => {
  it('slopes and weights: optimised ones, spoilt by a little and by a lot, here and in the re-check', () => {
    let tightest = Infinity
    for (let seed = 1; seed <= 12; seed++) {
      const x = drawn(seed, 5, 2)
      const theta = seed % 3 === 0 ? normals(key(seed, 1), 5).map(Math.abs) : normals(key(seed, 1), 5)
      const { proofs } = normBySdp(x, theta, { compute }).witness
      for (const proof of proofs) {
        const t = theta.map(v => proof.sign * v)
        const truth = halfNorm(x, t)
        for (const spoil of [0, 1e-3, 0.3, 3]) {
          const noise = normals(fold(key(seed), `spoil ${spoil}`), proof.weights.length)
          const weights = proof.weights.map((w, at) =>
            at > 0 && t[at - 1] < 0 ? Math.min(1, Math.max(0, w + spoil * noise[at])) : w * Math.exp(spoil * noise[at]),
          )
          const found = diagonalBound(x, t, weights, compute)
          const again = provedNorm(x, theta, bothSigns({ ...proof, weights }, proofs)).norm
          expect(found).toBeGreaterThanOrEqual(truth)
          expect(again).toBeGreaterThanOrEqual(found * (1 - 1e-9))
          if (truth > 0) tightest = Math.min(tightest, found / truth)
        }
      }
    }
    // Without a proof near the truth, a factor that is missing would not show.
    expect(tightest).toBeLessThan(1.01)
  })

  it('lifted multipliers: near the optimum of the relaxation and spoilt, here and in the re-check', () => {
    let tightest = Infinity
    for (const [seed, n, size] of [
      [1, 4, 1],
      [2, 4, 5],
    ]) {
      const x = drawn(seed, n, 2)
      for (let at = 0; at < x.data.length; at++) x.data[at] *= size
      const loss = createLoss('squared', { targets: Array.from(normals(key(seed, 2), n)) })
      let last: { theta: Float64Array; proofs: readonly HalfProof[] } | null = null
      for (const point of liftedPoints(x, loss, 0.1 * size, { compute, iterations: 1500 })) last = point ?? last
      if (last === null) throw new Error('no point')
      for (const { sign, weights } of last.proofs) {
        const t = last.theta.map(v => sign * v)
        const truth = halfNorm(x, t)
        for (const spoil of [0, 1e-4, 0.1, 1]) {
          const noise = normals(fold(key(seed), `lifted ${spoil}`), weights.length)
          const spoilt = weights.map((w, at) =>
            at === 0 ? w : at < 3 ? w + spoil * noise[at] : w * (1 + spoil * Math.tanh(noise[at])),
          )
          const found = liftedBound(x, t, spoilt, compute)
          const again = liftedFromDefinition(x, t, spoilt)
          expect(found).toBeGreaterThanOrEqual(truth * (1 - 1e-12))
          expect(again).toBeGreaterThanOrEqual(truth * (1 - 1e-12))
          expect((again as number) / found).toBeCloseTo(1, 6)
          if (truth > 1e-6) tightest = Math.min(tightest, found / truth)
        }
      }
    }
    expect(tightest).toBeLessThan(1.2)
  })

  it('the products of the closed form: above brute force on data of every kind, here and in the re-check', () => {
    let tightest = Infinity
    for (let seed = 1; seed <= 30; seed++) {
      const x = drawn(seed, 6, 1 + (seed % 3))
      const theta = seed % 2 === 0 ? normals(key(seed, 1), 6).map(v => -Math.abs(v)) : normals(key(seed, 1), 6)
      const truth = bruteNorm(x, theta)
      const [found, again] = [normByClosedForm(x, theta, { compute }).value, signedProductsNorm(x, theta)]
      expect(found).toBeGreaterThanOrEqual(truth * (1 - 1e-14))
      expect(again).toBeGreaterThanOrEqual(truth * (1 - 1e-14))
      expect(again / found).toBeCloseTo(1, 12)
      tightest = Math.min(tightest, found / truth)
    }
    expect(tightest).toBeLessThan(1.01)
  })
})

/** The proofs with one of them replaced. */
function bothSigns(proof: HalfProof, all: readonly HalfProof[]): HalfProof[] {
  return all.map(each => (each.sign === proof.sign ? proof : each))
}

describe('where sums cancel', () => {
  /** θ whose sum with small whole x nearly vanishes; rows x_i·v. */
  const cancelling = (seed: number, n: number, v: readonly number[]) => {
    const draw = uniforms(fold(key(seed), 'cancel'), 2 * n)
    const whole = Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : 1 + Math.floor(4 * draw[i])))
    const theta = Float64Array.from({ length: n }, (_, i) => (draw[n + i] - 0.5) * 10 ** (3 * (i % 4)))
    let sum = 0
    for (let i = 0; i < n - 1; i++) sum += whole[i] * theta[i]
    theta[n - 1] = -sum
    const x = fromRows(whole.map(w => v.map(entry => w * entry)))
    // ‖v‖²·(Σ whole_i θ_i)², exactly: there is one half-space with rows.
    const total = sumOf(whole.map((w, i) => times(exact(w), exact(theta[i]))))
    const square = times(sumOf(v.map(entry => times(exact(entry), exact(entry)))), times(total, total))
    return { x, theta, square }
  }
  const above = (value: number, square: Dyadic) => atMost(square, times(exact(value), exact(value)))

  it.each([[[1]], [[3]], [[1, 2]], [[1, -2, 2]], [[1, 3, -5, 7]]])(
    'rows along (%s): every upper bound is above the exact norm',
    v => {
      for (let seed = 1; seed <= 24; seed++) {
        const { x, theta, square } = cancelling(seed, 4 + 3 * (seed % 30), v)
        const patterns = enumeratePatterns(x)
        const bounds = {
          enumeration: normByEnumeration(x, theta, { compute }).value,
          spectral: normBySpectrum(x, theta, { compute }).value,
          closed: normByClosedForm(x, theta, { compute }).value,
          cells: reluDualNorm(x, patterns.masks, theta),
          gates: gatedDualNorm(x, patterns.masks, theta),
          fast: gatedDualNorm(x, patterns.masks, theta, { compute }),
          signed: signedProductsNorm(x, theta),
          ...(seed % 12 === 0 && { sdp: normBySdp(x, theta, { compute }).value }),
          ...(seed % 12 === 0 && v.length < 3 && { covering: coveringNorm(x, theta, 0) }),
        }
        for (const [name, value] of Object.entries(bounds)) expect(above(value, square), name).toBe(true)
      }
    },
  )

  it('rows that are nearly parallel and weights that cancel: the small difference counts', () => {
    for (const tilt of [1e-14, 3e-15, 1e-13, 1e-10, 1e-6]) {
      const x = fromRows([
        [1, 0],
        [1, tilt],
        [0.3, 1],
      ])
      const theta = Float64Array.of(-1e8, 1e8, 0)
      // θᵀ(Xu)₊ at u = (cos, sin) with both rows awake is 1e8·tilt·sin.
      const truth = 1e8 * tilt * Math.sqrt(1 - tilt)
      expect(normByEnumeration(x, theta, { compute }).value).toBeGreaterThanOrEqual(truth)
      expect(reluDualNorm(x, enumeratePatterns(x).masks, theta)).toBeGreaterThanOrEqual(0)
      expect(coveringNorm(x, theta, 0)).toBeGreaterThanOrEqual(truth * (1 - 1e-9))
    }
  })

  it('sums of very many equal terms: the drift of their sum counts', () => {
    for (const n of [100, 1000]) {
      const [x, theta] = [dense(n, 1), new Float64Array(n)]
      for (const value of [0.1, 0.7, 1 / 3]) {
        x.data.fill(value)
        theta.fill(1.1)
        const total = times(exact(n), times(exact(value), exact(1.1)))
        for (const bound of [
          normByClosedForm(x, theta, { compute }).value,
          signedProductsNorm(x, theta),
          normBySpectrum(x, theta, { compute }).value,
        ])
          expect(atMost(total, exact(bound))).toBe(true)
      }
    }
  })

  it('what a lower rank leaves out counts in full: a row that is all remainder', () => {
    for (const small of [0.5, 1e-3, 1e-9]) {
      const x = fromRows([
        [1, 0],
        [0, small],
      ])
      const theta = Float64Array.of(0, 1)
      const low = normByEnumeration(x, theta, { compute, arrangement: arrangementOf(x, 1, compute) })
      expect(low.value).toBeGreaterThanOrEqual(small)
      expect(low.value).toBeLessThan(small * (1 + 1e-6) + 1e-12)
    }
  })

  it('the diagonal bound of very many equal terms is above its own formula in exact arithmetic', () => {
    for (const [n, value] of [
      [1000, 0.7],
      [3000, 0.1],
    ]) {
      const x = dense(n, 1, new Float64Array(n).fill(value))
      const t = new Float64Array(n).fill(0.3)
      // y_0 = 1, y_i = 2⁻⁶: Σy·(z_0²/y_0 + Σ z_i²/y_i) without a division.
      const weights = new Float64Array(n + 1).fill(2 ** -6)
      weights[0] = 1
      const z = times(half, times(exact(0.3), exact(value)))
      const zero2 = times(times(exact(n), z), times(exact(n), z))
      const square = plus(zero2, times(exact(64 * n), times(z, z)))
      const total = exact(1 + n / 64)
      expect(above(diagonalBound(x, t, weights, compute), times(total, square))).toBe(true)
      const { norm } = provedNorm(x, t, [
        { form: 'diagonal', output: 0, sign: 1, weights },
        { form: 'diagonal', output: 0, sign: -1, weights: weights.map((w, at) => (at === 0 ? w : 0)) },
      ])
      expect(above(norm, times(total, square))).toBe(true)
    }
  })

  it('‖B‖ of a basis with rounded rows is counted', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const low = drawn(seed, 8, 2)
      const mix = drawn(seed + 50, 2, 7)
      const x = dense(8, 7)
      for (let i = 0; i < 8; i++)
        for (let j = 0; j < 7; j++)
          for (let k = 0; k < 2; k++) x.data[i * 7 + j] += low.data[2 * i + k] * mix.data[7 * k + j]
      const { basis, widen } = arrangementOf(x, 5, compute)
      if (basis === null) throw new Error('a basis is needed')
      for (let k = 0; k < basis.rows; k++) {
        const row = Array.from(basis.data.subarray(k * 7, (k + 1) * 7), exact)
        expect(atMost(sumOf(row.map(v => times(v, v))), times(exact(widen), exact(widen)))).toBe(true)
      }
    }
  })
})

describe('eigenvalues from both sides', () => {
  it('of v·vᵀ with whole v: 0 and ‖v‖² exactly, whatever is lost on the way', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const n = 2 + (seed % 20)
      const v = uniforms(fold(key(seed), 'whole'), n).map(u => Math.floor(2 ** 20 * u))
      const square = v.reduce((sum, a) => sum + a * a, 0)
      const s = dense(n, n)
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) s.data[i * n + j] = v[i] * v[j]
      const { low, high } = eigenvalueBounds(s, 0, compute)
      expect(high).toBeGreaterThanOrEqual(square)
      expect(low).toBeLessThanOrEqual(0)
      expect(high / square - 1).toBeLessThan(1e-9)
      expect(largestEigenvalue(s.data, n, 0)).toBeGreaterThanOrEqual(square)
      // Every matrix within the error counts.
      const wide = eigenvalueBounds(s, 0.25 * square, compute)
      expect(wide.high).toBeGreaterThanOrEqual(1.25 * square)
      expect(wide.low).toBeLessThanOrEqual(-0.25 * square)
      expect(largestEigenvalue(s.data, n, 0.25)).toBeGreaterThanOrEqual(1.25 * square)
    }
  })
})

describe('biases that cost nothing, other activations', () => {
  /** One input: g with free biases has a formula (`hingeNorm`). */
  const line = (seed: number, n: number) => {
    const x = Float64Array.from(normals(key(seed), n)).sort()
    const free = normals(key(seed, 1), n)
    const mean = free.reduce((sum, v) => sum + v / n, 0)
    const theta = zeroSum(
      free.map(v => v - mean),
      1,
    )
    const rows = fromRows(Array.from(x, v => [v, 1]))
    return { x, theta, rows, truth: hingeNorm(x, theta) }
  }
  const shape = (rows: Dense, negative: number) => ({ x: rows, slopes: { positive: 1, negative }, freeBias: true })

  it.each([0.5, 1, 2, 4, 2 ** 12])(
    'τ = %f R: stretch times the norm over the longer rows is above, for kinks anywhere',
    ratio => {
      let tightest = Infinity
      for (let seed = 1; seed <= 40; seed++) {
        const { rows, theta, truth } = line(seed, 3 + (seed % 6))
        const relu = reluRows(shape(rows, 0), ratio)
        const norm = normByEnumeration(relu.rows, theta, { compute }).value
        expect(relu.stretch * norm).toBeGreaterThanOrEqual(truth * (1 - 1e-13))
        tightest = Math.min(tightest, (relu.stretch * norm) / truth)
        const [oracle] = homogeneousOracles(
          { ...shape(rows, 0), loss: createLoss('squared', { targets: Array.from(theta) }) },
          { compute },
        )
        expect(oracle.norm(theta, 0).value).toBeGreaterThanOrEqual(truth * (1 - 1e-15))
        expect(oracle.norm(theta, 0).value / truth - 1).toBeLessThan(1e-7)
      }
      expect(tightest).toBeLessThan(1 + 1 / ratio)
    },
  )

  it('two points: the kink at the far end, where the whole stretch is needed', () => {
    for (const ratio of [0.5, 1, 2, 4]) {
      // θ = (−1, 1) on x = (−1, 1): θᵀ(x + 1)₊ = 2 with |b| = R.
      const relu = reluRows(
        shape(
          fromRows([
            [-1, 1],
            [1, 1],
          ]),
          0,
        ),
        ratio,
      )
      const norm = normByEnumeration(relu.rows, Float64Array.of(-1, 1), { compute }).value
      expect(relu.stretch * norm).toBeGreaterThanOrEqual(2 * (1 - 1e-13))
    }
  })

  it.each([-1, 0.1, -0.3, 1.5])(
    'slope %f on the left: the norm is that of φ itself, by search over directions',
    negative => {
      let tightest = Infinity
      for (let seed = 1; seed <= 10; seed++) {
        const x = drawn(seed, 6, 2)
        const theta = normals(key(seed, 1), 6)
        let truth = 0
        for (let step = 0; step < 20_000; step++) {
          const u = [Math.cos((Math.PI * step) / 10_000), Math.sin((Math.PI * step) / 10_000)]
          let sum = 0
          for (let i = 0; i < 6; i++) {
            const t = x.data[2 * i] * u[0] + x.data[2 * i + 1] * u[1]
            sum += theta[i] * (t >= 0 ? t : negative * t)
          }
          truth = Math.max(truth, Math.abs(sum))
        }
        const program = {
          x,
          slopes: { positive: 1, negative },
          freeBias: false,
          loss: createLoss('squared', { targets: Array.from(theta) }),
        }
        const [oracle] = homogeneousOracles(program, { compute })
        const { value } = oracle.norm(theta, 0)
        expect(value).toBeGreaterThanOrEqual(truth)
        tightest = Math.max(value / truth, 1)
        expect(tightest).toBeLessThan(1 + 1e-3)
        expect(reluTheta({ positive: 1, negative }, theta)).toHaveLength(12)
      }
    },
  )

  it('the objective is above the exact rational one, where pre-activations and fits cancel', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [n, p, m] = [5, 3, 3]
      const shift = 10 ** (seed % 9)
      const x = dense(
        n,
        p,
        normals(key(seed), n * p).map((v, at) => (at % p === p - 1 ? 1 : v + shift)),
      )
      const hidden = dense(m, p, normals(key(seed, 1), m * p))
      for (let j = 0; j < m; j++) hidden.data[j * p + 2] = -shift * (hidden.data[j * p] + hidden.data[j * p + 1])
      const output = dense(m, 1, normals(key(seed, 2), m))
      const y = normals(key(seed, 3), n)
      const negative = seed % 2 === 0 ? 0 : -0.5
      const program: HomogeneousProgram = {
        x,
        slopes: { positive: 1, negative },
        freeBias: seed % 3 === 0,
        loss: createLoss('squared', { targets: Array.from(y) }),
        beta: 0.5,
        constant: seed % 4 === 0 ? 'penalised' : 'free',
        linear: null,
      }
      const constant = Float64Array.of(0.3)
      const { upper } = homogeneousValue({ hidden, output, constant, linear: null }, program)
      // The same in exact arithmetic.
      let sum = zero
      for (let i = 0; i < n; i++) {
        let f = exact(0.3)
        for (let j = 0; j < m; j++) {
          const t = sumOf(
            Array.from({ length: p }, (_, l) => times(exact(x.data[i * p + l]), exact(hidden.data[j * p + l]))),
          )
          const slope = t.m >= 0n ? exact(1) : exact(negative)
          f = plus(f, times(exact(output.data[j]), times(slope, t)))
        }
        const r = plus(f, exact(-y[i]))
        sum = plus(sum, times(half, times(r, r)))
      }
      const squares = [
        ...Array.from(hidden.data).filter((_, at) => !(program.freeBias && at % p === p - 1)),
        ...Array.from(output.data),
        ...(program.constant === 'penalised' ? [0.3] : []),
      ].map(w => times(exact(w), exact(w)))
      sum = plus(sum, times(exact(0.25), sumOf(squares)))
      expect(atMost(sum, exact(upper))).toBe(true)
      expect(atMost(exact(upper * (1 - 1e-3) - 1), sum)).toBe(true)
    }
  })
})
