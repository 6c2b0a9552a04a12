/**
 * Is weight_decay of PyTorch our lambda, and did its network reach the optimum?
 *
 * Eight points, four neurons, 200 000 full steps of SGD: PyTorch's objective is twice ours with lambda = weight_decay / 2, to the last
 * digits, with all biases penalised. A network of the same form with a lower objective is found and proved best.
 */
import assert from 'node:assert/strict'
import { fromRows } from 'nadir'
import { ACTIVATIONS, audit } from 'nadir/models'

// #region network
// nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)) in float64, torch.manual_seed(0), SGD(lr=0.05, weight_decay=0.1) on
// nn.MSELoss(), PyTorch 2.15.0: state_dict() at the end, and the loss plus weight_decay/2 times the sum of squares of all parameters.
const X = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 0],
  [5, 2],
  [1, 2],
  [3, 0],
]
const Y = X.map(([a, b]) => Math.abs(a - 2) + b / 2)
const objective = 0.5012863229114849
const network = {
  activation: ACTIVATIONS.relu,
  hidden: fromRows([
    [-0.019810874491030576, 0.1850050184660329],
    [0.32583514890255244, 0.41608851108248485],
    [0.218027674228553, 0.27841934993841677],
    [0, 0],
  ]),
  hiddenBias: Float64Array.of(0.4511652778774525, -0.9619947184000174, -0.6437042528387111, 0),
  output: fromRows([[0.48802606033690016], [1.0976028569317433], [0.7344443929068346], [0]]),
  outputBias: Float64Array.of(0.9244696432112812),
  skip: null,
  scaler: null,
  rescale: null,
  link: 'identity',
  labels: null,
  single: false,
  producer: 'pytorch',
} as const
// #endregion

// #region audit
const weightDecay = 0.1
const found = await audit(
  network,
  { x: fromRows(X), y: Y },
  {
    loss: 'squared',
    // MSELoss has no ½: PyTorch's objective is twice this one.
    lambda: weightDecay / 2,
    hiddenBias: 'penalised',
    outputBias: 'penalised',
  },
)
console.log(found.certificate.statement)
console.log(`${found.verdict}; lowest that was found: ${found.improved?.certificate.primal}`)
// #endregion
assert.ok(Math.abs((2 * found.objective) / objective - 1) < 1e-9, 'lambda = weight_decay / 2')
assert.equal(found.verdict, 'stationary-not-global')
assert.ok((found.improved?.certificate.primal ?? Infinity) < 0.78 * found.objective, 'more than a fifth was left')
assert.ok((found.improved?.certificate.relativeGap ?? Infinity) < 1e-4, 'and no more than that')
