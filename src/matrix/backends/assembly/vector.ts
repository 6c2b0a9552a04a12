// Products with vectors, and the small triangular solve at the bottom of the blocked one.

// @ts-ignore: decorator
@inline
function sum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}

export function dot(n: usize, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0
  const full = (n & ~7) * 8
  for (let t: usize = 0; t < full; t += 64) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x + t), v128.load(y + t)))
    s1 = f64x2.add(s1, f64x2.mul(v128.load(x + t, 16), v128.load(y + t, 16)))
    s2 = f64x2.add(s2, f64x2.mul(v128.load(x + t, 32), v128.load(y + t, 32)))
    s3 = f64x2.add(s3, f64x2.mul(v128.load(x + t, 48), v128.load(y + t, 48)))
  }
  let total = sum(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)))
  for (let t = full; t < n * 8; t += 8) total += load<f64>(x + t) * load<f64>(y + t)
  return total
}

export function axpy(n: usize, alpha: f64, x: usize, y: usize): void {
  const a = f64x2.splat(alpha)
  const full = (n & ~3) * 8
  for (let t: usize = 0; t < full; t += 32) {
    v128.store(y + t, f64x2.add(v128.load(y + t), f64x2.mul(a, v128.load(x + t))))
    v128.store(y + t, f64x2.add(v128.load(y + t, 16), f64x2.mul(a, v128.load(x + t, 16))), 16)
  }
  for (let t = full; t < n * 8; t += 8) store<f64>(y + t, load<f64>(y + t) + alpha * load<f64>(x + t))
}

// y_i ← alpha·a_i·x + beta·y_i, four rows at a time.
export function gemv(m: usize, n: usize, alpha: f64, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  const row = lda * 8
  const even = (n & ~1) * 8
  let i: usize = 0
  for (; i + 4 <= m; i += 4) {
    const a0 = a + i * row, a1 = a0 + row, a2 = a1 + row, a3 = a2 + row
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0
    for (let t: usize = 0; t < even; t += 16) {
      const v = v128.load(x + t)
      s0 = f64x2.add(s0, f64x2.mul(v, v128.load(a0 + t)))
      s1 = f64x2.add(s1, f64x2.mul(v, v128.load(a1 + t)))
      s2 = f64x2.add(s2, f64x2.mul(v, v128.load(a2 + t)))
      s3 = f64x2.add(s3, f64x2.mul(v, v128.load(a3 + t)))
    }
    let r0 = sum(s0), r1 = sum(s1), r2 = sum(s2), r3 = sum(s3)
    if (even < n * 8) {
      const v = load<f64>(x + even)
      r0 += v * load<f64>(a0 + even)
      r1 += v * load<f64>(a1 + even)
      r2 += v * load<f64>(a2 + even)
      r3 += v * load<f64>(a3 + even)
    }
    finish(y + i * 8, alpha * r0, beta)
    finish(y + i * 8 + 8, alpha * r1, beta)
    finish(y + i * 8 + 16, alpha * r2, beta)
    finish(y + i * 8 + 24, alpha * r3, beta)
  }
  for (; i < m; i++) finish(y + i * 8, alpha * dot(n, a + i * row, x), beta)
}

// @ts-ignore: decorator
@inline
function finish(at: usize, value: f64, beta: f64): void {
  store<f64>(at, beta == 0 ? value : value + beta * load<f64>(at))
}

// y ← alpha·Aᵀ·x + beta·y, four rows at a time.
export function gemvT(m: usize, n: usize, alpha: f64, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  const row = lda * 8
  const even = (n & ~1) * 8
  if (beta != 1) for (let j: usize = 0; j < n; j++) store<f64>(y + j * 8, beta == 0 ? 0 : beta * load<f64>(y + j * 8))
  let i: usize = 0
  for (; i + 4 <= m; i += 4) {
    const a0 = a + i * row, a1 = a0 + row, a2 = a1 + row, a3 = a2 + row
    const x0 = alpha * load<f64>(x + i * 8), x1 = alpha * load<f64>(x + i * 8 + 8)
    const x2 = alpha * load<f64>(x + i * 8 + 16), x3 = alpha * load<f64>(x + i * 8 + 24)
    const v0 = f64x2.splat(x0), v1 = f64x2.splat(x1), v2 = f64x2.splat(x2), v3 = f64x2.splat(x3)
    for (let t: usize = 0; t < even; t += 16) {
      const p = f64x2.add(f64x2.mul(v0, v128.load(a0 + t)), f64x2.mul(v1, v128.load(a1 + t)))
      const q = f64x2.add(f64x2.mul(v2, v128.load(a2 + t)), f64x2.mul(v3, v128.load(a3 + t)))
      v128.store(y + t, f64x2.add(v128.load(y + t), f64x2.add(p, q)))
    }
    if (even < n * 8) {
      const p = x0 * load<f64>(a0 + even) + x1 * load<f64>(a1 + even)
      const q = x2 * load<f64>(a2 + even) + x3 * load<f64>(a3 + even)
      store<f64>(y + even, load<f64>(y + even) + (p + q))
    }
  }
  for (; i < m; i++) axpy(n, alpha * load<f64>(x + i * 8), a + i * row, y)
}

// B ← op(L)⁻¹·alpha·B for a small L, rows of B in order (or backwards for Lᵀ); eight columns stay in registers.
export function trsm(trans: bool, m: usize, n: usize, alpha: f64, l: usize, ldl: usize, b: usize, ldb: usize): void {
  const row = ldb * 8
  const down = trans ? ldl * 8 : 8
  for (let step: usize = 0; step < m; step++) {
    const i = trans ? m - 1 - step : step
    const first: usize = trans ? i + 1 : 0
    const last = trans ? m : i
    const factors = trans ? l + (first * ldl + i) * 8 : l + i * ldl * 8
    const inverse = 1 / load<f64>(l + (i * ldl + i) * 8)
    const into = b + i * row
    let c: usize = 0
    for (; c + 8 <= n; c += 8) {
      const at = into + c * 8
      const scale = f64x2.splat(alpha)
      let s0 = f64x2.mul(scale, v128.load(at)), s1 = f64x2.mul(scale, v128.load(at, 16))
      let s2 = f64x2.mul(scale, v128.load(at, 32)), s3 = f64x2.mul(scale, v128.load(at, 48))
      let from = b + first * row + c * 8
      let factor = factors
      for (let j = first; j < last; j++) {
        const f = v128.load64_splat(factor)
        s0 = f64x2.sub(s0, f64x2.mul(f, v128.load(from)))
        s1 = f64x2.sub(s1, f64x2.mul(f, v128.load(from, 16)))
        s2 = f64x2.sub(s2, f64x2.mul(f, v128.load(from, 32)))
        s3 = f64x2.sub(s3, f64x2.mul(f, v128.load(from, 48)))
        from += row
        factor += down
      }
      const over = f64x2.splat(inverse)
      v128.store(at, f64x2.mul(s0, over))
      v128.store(at, f64x2.mul(s1, over), 16)
      v128.store(at, f64x2.mul(s2, over), 32)
      v128.store(at, f64x2.mul(s3, over), 48)
    }
    for (; c < n; c++) {
      let s = alpha * load<f64>(into + c * 8)
      let factor = factors
      for (let j = first; j < last; j++, factor += down) s -= load<f64>(factor) * load<f64>(b + j * row + c * 8)
      store<f64>(into + c * 8, s * inverse)
    }
  }
}
