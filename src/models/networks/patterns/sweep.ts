/**
 * Cells of a central arrangement of lines in the plane, by sorting angles: O(m log m).
 * @module
 */

/** Cells found: `words[k·stride …]` holds the bits of cell k over the rows, `points[k·rank …]` a unit vector inside it. */
export interface Cells {
  readonly count: number
  readonly words: Uint32Array
  readonly points: Float64Array
}

/**
 * The cells of {x_k·u = 0}, x_k ∈ R² unit rows; rows of length 0 are ignored (their bit stays 0).
 *
 * Going round the half circle, the sign of x_k·u changes where u is orthogonal to x_k; lines nearer to each other than
 * the rounding of both (`noise`, in radians) are one line. Cells k and k + count/2 are opposite.
 *
 * @param rows m × 2, row-major.
 * @param noise bound of the error of each row's direction, in R^m.
 * @param stride words a cell takes, ≥ m/32.
 */
export function sweep(rows: Float64Array, noise: Float64Array, stride: number): Cells {
  const m = noise.length
  const at = new Float64Array(m)
  const lines: number[] = []
  for (let k = 0; k < m; k++) {
    const [a, b] = [rows[2 * k], rows[2 * k + 1]]
    if (a === 0 && b === 0) continue
    // Direction of the line orthogonal to x_k, in [0, π).
    const angle = Math.atan2(a, -b)
    at[k] = angle < 0 ? angle + Math.PI : angle >= Math.PI ? angle - Math.PI : angle
    lines.push(k)
  }
  lines.sort((p, q) => at[p] - at[q] || p - q)
  const classes: number[][] = []
  lines.forEach((k, position) => {
    const before = lines[position - 1]
    if (position > 0 && at[k] - at[before] <= noise[k] + noise[before]) classes[classes.length - 1].push(k)
    else classes.push([k])
  })
  if (classes.length > 1) {
    // Lines just below π and just above 0 are neighbours too.
    const [first, last] = [classes[0], classes[classes.length - 1]]
    const [low, high] = [first[0], last[last.length - 1]]
    if (at[low] + Math.PI - at[high] <= noise[low] + noise[high]) {
      for (const k of last) at[k] -= Math.PI
      classes[0] = [...last, ...first]
      classes.pop()
    }
  }
  const half = classes.length
  const words = new Uint32Array(2 * half * stride)
  const points = new Float64Array(4 * half)
  const bits = new Uint32Array(stride)
  const used = new Uint32Array(stride)
  for (const k of lines) used[k >>> 5] |= 1 << (k & 31)
  for (let c = 0; c < half; c++) {
    const from = at[classes[c][classes[c].length - 1]]
    const to = c + 1 < half ? at[classes[c + 1][0]] : at[classes[0][0]] + Math.PI
    const middle = from + (to - from) / 2
    const [u, v] = [Math.cos(middle), Math.sin(middle)]
    if (c === 0) {
      for (const k of lines) if (rows[2 * k] * u + rows[2 * k + 1] * v > 0) bits[k >>> 5] |= 1 << (k & 31)
    } else for (const k of classes[c]) bits[k >>> 5] ^= 1 << (k & 31)
    for (let w = 0; w < stride; w++) {
      words[c * stride + w] = bits[w]
      words[(half + c) * stride + w] = bits[w] ^ used[w]
    }
    points.set([u, v], 2 * c)
    points.set([-u, -v], 2 * (half + c))
  }
  return { count: 2 * half, words, points }
}
