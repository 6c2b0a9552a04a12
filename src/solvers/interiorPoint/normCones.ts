/**
 * Norm cones {(t, u) : ‖u‖ ≤ t}, one a group, with Nesterov–Todd scaling.
 *
 * Primal (t_g, u_g), dual (β, z_g): β never moves, since it is the price of t. With the normalised points ŝ = S/√(SᵀJS),
 * ẑ likewise (J = diag(1, −I)), the scaling point is w = (ŝ + Jẑ)/(2γ), γ = √((1 + ŝᵀẑ)/2), and κ = (SᵀJS/ZᵀJZ)^¼.
 * Eliminating t from W⁻² leaves κ⁻²(I − (1 − 1/(1 + 2‖w₁‖²)) ŵŵᵀ) on u: written so, because the textbook form
 * (outer products minus their Schur complement) cancels.
 * Source: Vandenberghe, The CVXOPT linear and quadratic cone program solvers, 2010.
 * @module
 */

/** State and scratch of G norm cones of dimension 1 + d. Buffers of length G (scalars) and G·d (vectors). */
export interface NormCones {
  readonly d: number
  readonly beta: number
  readonly t: Float64Array
  readonly u: Float64Array
  readonly z: Float64Array
  /** Scaling point (w₀, w₁) and κ. */
  readonly w0: Float64Array
  readonly w1: Float64Array
  readonly kappa: Float64Array
  /** Right-hand side of the cone equation, W⁻¹(λ \ q): scalar and vector part. */
  readonly p0: Float64Array
  readonly p1: Float64Array
  readonly dt: Float64Array
  readonly du: Float64Array
  readonly dz: Float64Array
}

/** Buffers for G cones, zero. */
export function normCones(groups: number, d: number, beta: number): NormCones {
  const scalar = () => new Float64Array(groups)
  const vector = () => new Float64Array(groups * d)
  return {
    d,
    beta,
    t: scalar(),
    u: vector(),
    z: vector(),
    w0: scalar(),
    w1: vector(),
    kappa: scalar(),
    p0: scalar(),
    p1: vector(),
    dt: scalar(),
    du: vector(),
    dz: vector(),
  }
}

/** Scaling points of all cones, from (t, u) and (β, z). */
export function scaleCones(c: NormCones): void {
  const { d, beta, t, u, z, w0, w1, kappa } = c
  for (let g = 0, at = 0; g < t.length; g++, at += d) {
    let uu = 0
    let zz = 0
    let uz = 0
    for (let j = at; j < at + d; j++) {
      uu += u[j] * u[j]
      zz += z[j] * z[j]
      uz += u[j] * z[j]
    }
    const lengthU = Math.sqrt(uu)
    const lengthZ = Math.sqrt(zz)
    const sJ = Math.sqrt(Math.max((t[g] - lengthU) * (t[g] + lengthU), 1e-300))
    const zJ = Math.sqrt(Math.max((beta - lengthZ) * (beta + lengthZ), 1e-300))
    const gamma2 = 2 * Math.sqrt((1 + (t[g] * beta + uz) / (sJ * zJ)) / 2)
    const a = 1 / (sJ * gamma2)
    const b = 1 / (zJ * gamma2)
    w0[g] = a * t[g] + b * beta
    for (let j = at; j < at + d; j++) w1[j] = a * u[j] - b * z[j]
    kappa[g] = Math.sqrt(sJ / zJ)
  }
}

/** Adds the cone's block κ⁻²(I − (1 − 1/(1 + 2‖w₁‖²)) ŵŵᵀ) to the packed block of each group. */
export function addConeBlocks(c: NormCones, blocks: Float64Array): void {
  const { d, w1, kappa } = c
  const size = (d * (d + 1)) / 2
  for (let g = 0, at = 0, to = 0; g < kappa.length; g++, at += d, to += size) {
    let square = 0
    for (let j = at; j < at + d; j++) square += w1[j] * w1[j]
    const scale = 1 / (kappa[g] * kappa[g])
    const shrink = square > 0 ? (1 - 1 / (1 + 2 * square)) / square : 0
    for (let a = 0, row = to; a < d; a++, row += a) {
      const left = -scale * shrink * w1[at + a]
      for (let b = 0; b <= a; b++) blocks[row + b] += left * w1[at + b]
      blocks[row + a] += scale
    }
  }
}

/** The predictor's right-hand side: q = −λ∘λ, hence p = −Z. */
export function predictorSide(c: NormCones): void {
  c.p0.fill(-c.beta)
  for (let j = 0; j < c.z.length; j++) c.p1[j] = -c.z[j]
}

/** The corrector's: q = target·e − λ∘λ − (W⁻¹dS)∘(W dZ), from the predictor's dt, du, dz. */
export function correctorSide(c: NormCones, target: number): void {
  const { d, beta, z, w0, w1, kappa, p0, p1, dt, du, dz } = c
  for (let g = 0, at = 0; g < w0.length; g++, at += d) {
    const k = kappa[g]
    const w = w0[g]
    let wz = 0
    let wdz = 0
    let wdu = 0
    let zz1 = 0
    for (let j = at; j < at + d; j++) {
      wz += w1[j] * z[j]
      wdz += w1[j] * dz[j]
      wdu += w1[j] * du[j]
    }
    // λ = W Z, a = W dZ (whose β part is 0), b = W⁻¹ dS.
    const lambda0 = k * (w * beta + wz)
    const a0 = k * wdz
    const b0 = (w * dt[g] - wdu) / k
    const lz = k * (beta + wz / (w + 1))
    const la = (k * wdz) / (w + 1)
    const lb = (wdu / (w + 1) - dt[g]) / k
    let cross0 = a0 * b0
    let square = 0
    for (let j = at; j < at + d; j++) {
      const lambda = w1[j] * lz + k * z[j]
      const a = w1[j] * la + k * dz[j]
      const b = w1[j] * lb + du[j] / k
      cross0 += a * b
      square += lambda * lambda
      // The vector part of q/λ needs λ and q together: keep λ in p1 for the second loop, cross terms in r.
      p1[j] = lambda
      zz1 += lambda * (a0 * b + b0 * a)
    }
    const q0 = target - lambda0 * lambda0 - square - cross0
    const determinant = lambda0 * lambda0 - square
    const lq = -2 * lambda0 * square - zz1
    const first = (lambda0 * q0 - lq) / determinant
    const along = (-q0 + lq / lambda0) / determinant
    let projected = 0
    for (let j = at; j < at + d; j++) {
      const lambda = p1[j]
      const a = w1[j] * la + k * dz[j]
      const b = w1[j] * lb + du[j] / k
      const q1 = -2 * lambda0 * lambda - a0 * b - b0 * a
      const value = along * lambda + q1 / lambda0
      p1[j] = value
      projected += w1[j] * value
    }
    // p = W⁻¹ (λ \ q).
    p0[g] = (w * first - projected) / k
    const shift = projected / (w + 1) - first
    for (let j = at; j < at + d; j++) p1[j] = (w1[j] * shift + p1[j]) / k
  }
}

/** out ← out + what the cone equation leaves on the right of H_g du_g = …, with t eliminated: p₁ − m p₀/m₀₀. */
export function addConeSide(c: NormCones, out: Float64Array): void {
  const { d, w0, w1, p0, p1 } = c
  for (let g = 0, at = 0; g < w0.length; g++, at += d) {
    let square = 0
    for (let j = at; j < at + d; j++) square += w1[j] * w1[j]
    const ratio = (2 * w0[g] * p0[g]) / (1 + 2 * square)
    for (let j = at; j < at + d; j++) out[j] += p1[j] + ratio * w1[j]
  }
}

/** dt and dz once du is known. */
export function coneDirections(c: NormCones): void {
  const { d, w0, w1, kappa, p0, p1, dt, du, dz } = c
  for (let g = 0, at = 0; g < w0.length; g++, at += d) {
    const inverse = 1 / (kappa[g] * kappa[g])
    let square = 0
    let wdu = 0
    for (let j = at; j < at + d; j++) {
      square += w1[j] * w1[j]
      wdu += w1[j] * du[j]
    }
    dt[g] = (p0[g] / inverse + 2 * w0[g] * wdu) / (1 + 2 * square)
    // dZ = p − W⁻² dS with W⁻² = κ⁻²(2 (Jw)(Jw)ᵀ − J).
    const along = 2 * (w0[g] * dt[g] - wdu)
    for (let j = at; j < at + d; j++) dz[j] = p1[j] - inverse * (du[j] - along * w1[j])
  }
}

/** Largest step ≤ `limit` that keeps (t, u) and (β, z) inside all cones. */
export function coneStep(c: NormCones, limit: number): number {
  const { d, beta, t, u, z, dt, du, dz } = c
  let step = limit
  for (let g = 0, at = 0; g < t.length; g++, at += d) {
    let uu = 0
    let udu = 0
    let dudu = 0
    let zz = 0
    let zdz = 0
    let dzdz = 0
    for (let j = at; j < at + d; j++) {
      uu += u[j] * u[j]
      udu += u[j] * du[j]
      dudu += du[j] * du[j]
      zz += z[j] * z[j]
      zdz += z[j] * dz[j]
      dzdz += dz[j] * dz[j]
    }
    step = leaves(dt[g] * dt[g] - dudu, t[g] * dt[g] - udu, t[g] * t[g] - uu, dt[g], t[g], step)
    step = leaves(-dzdz, -zdz, beta * beta - zz, 0, beta, step)
  }
  return step
}

/** Smallest of `step` and the first root a > 0 of quadratic·a² + 2·half·a + constant, or of t + a·dt. */
function leaves(quadratic: number, half: number, constant: number, dt: number, t: number, step: number): number {
  let best = dt < 0 ? Math.min(step, -t / dt) : step
  const discriminant = half * half - quadratic * constant
  if (discriminant < 0) return best
  const q = -(half + (half >= 0 ? 1 : -1) * Math.sqrt(discriminant))
  const first = q / quadratic
  const second = constant / q
  if (first > 0 && first < best) best = first
  if (second > 0 && second < best) best = second
  return best
}

/** Σ_g SᵀZ after a step a along the directions. */
export function coneComplementarity(c: NormCones, a: number): number {
  const { d, beta, t, u, z, dt, du, dz } = c
  let sum = 0
  for (let g = 0, at = 0; g < t.length; g++, at += d) {
    let inner = 0
    for (let j = at; j < at + d; j++) inner += (u[j] + a * du[j]) * (z[j] + a * dz[j])
    sum += beta * (t[g] + a * dt[g]) + inner
  }
  return sum
}

/** Takes the step. */
export function moveCones(c: NormCones, a: number): void {
  const { t, u, z, dt, du, dz } = c
  for (let g = 0; g < t.length; g++) t[g] += a * dt[g]
  for (let j = 0; j < u.length; j++) {
    u[j] += a * du[j]
    z[j] += a * dz[j]
  }
}
