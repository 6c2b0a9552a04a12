/**
 * What does the neural tangent kernel lose by not learning its features?
 *
 * The tangent kernel of a gated ReLU network is one fixed mixture of the kernels of its gates; training chooses the best mixture.
 * Eight points in the plane, all 16 gates: the mixture by arc lengths equals the closed form of the kernel, and both
 * objectives are known.
 */
import assert from 'node:assert/strict'
import { fromRows } from 'nadir/matrix'
import { fitKernel, ntkKernel } from 'nadir/models'

const x = [
  [-0.818, 0.578],
  [-0.182, -0.174],
  [0.97, -0.263],
  [-0.625, 0.65],
  [-0.45, -0.913],
  [0.999, 1.0],
  [-0.382, -0.895],
  [-0.681, 0.619],
]
const y = [0.622, -0.227, -0.904, -0.897, -0.211, 0.635, 1.0, 0.608]

const kernel = ntkKernel(fromRows(x))
assert.ok(Math.abs(kernel.data[0] - 0.501604) < 1e-9 && Math.abs(kernel.data[1] - 0.013557623954) < 1e-11)

// The bare program of the papers: a sum of losses with beta = 0.3.
const found = await fitKernel(x, y, {
  lambda: 0.3 / 8,
  patterns: 'all',
  intercept: false,
  standardise: false,
  tolerance: 1e-9,
})
const total = found.eta.reduce((sum, weight) => sum + weight, 0)
console.log(`tangent kernel at its best scale ${(8 * found.ntk.objective).toFixed(6)}`)
console.log(`equal weights                    ${(8 * found.uniform.objective).toFixed(6)}`)
console.log(`best weights                     ${(8 * found.objective).toFixed(6)}, which sum to ${total.toFixed(6)}`)
console.log(`excess of the tangent kernel     ${(100 * (found.ntkExcess ?? 0)).toFixed(1)} %`)
assert.ok(Math.abs(8 * found.objective - 1.2390521868) < 1e-7)
assert.ok(Math.abs(total - 2.74316631) < 1e-3)
assert.ok((found.ntkExcess ?? 0) > 0.25)
