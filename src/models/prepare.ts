/**
 * From raw data to training data: checks, coding, standardising, patterns, lambdaMax. Done once for a whole path.
 * @module
 */
import { lambdaMax } from '../certificates/index.ts'
import { DomainError, ShapeError, UnsupportedError } from '../errors.ts'
import { bestConstant, createLoss, type Loss } from '../losses/index.ts'
import type { Compute } from '../matrix/compute.ts'
import { createCompute, compute as sharedCompute } from '../matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../matrix/dense.ts'
import { fold, key } from '../random/index.ts'
import { ACTIVATIONS, activationFrom, checkedActivation } from './activation.ts'
import { type Inputs, matrixOf, weightsOf } from './inputs.ts'
import type { Model, PatternSet } from './model.ts'
import { gatedRelu } from './networks/gatedRelu.ts'
import { homogeneous, lambdaMaxOver, patternRows } from './networks/homogeneous.ts'
import { cellBound, enumeratePatterns, rankUpTo } from './networks/patterns/enumeratePatterns.ts'
import { patternsOf } from './networks/patterns/patternsOf.ts'
import { samplePatterns } from './networks/patterns/samplePatterns.ts'
import { relu } from './networks/relu.ts'
import type { TrainOptions } from './options.ts'
import {
  learnStandardisation,
  type Standardisation,
  standardise,
  standardiseTarget,
  standardVectors,
  withTarget,
} from './standardisation.ts'
import { type CodedTarget, codeTarget, type Targets } from './targets.ts'

/** Everything that does not depend on lambda. */
export interface Prepared {
  readonly model: Model
  readonly target: CodedTarget
  readonly standardisation: Standardisation
  /** n × (d + 1): standardised, ones column last (n × d without intercept). */
  readonly x: Dense
  readonly loss: Loss
  readonly patterns: PatternSet
  /** Exact for `patterns`. */
  readonly lambdaMax: number
  readonly compute: Compute
  /** Whether `compute` is ours to close. */
  readonly ownCompute: boolean
  readonly seed: number
  readonly notes: readonly string[]
}

/** All patterns are taken by default up to this many. */
const ALL = 2000
/** Gates drawn by default. */
const DRAWS = { relu: 100, gated: 300 } as const

const MODELS = { relu, gated: gatedRelu } as const

/**
 * Checks and prepares.
 *
 * @throws ShapeError, DomainError, UnsupportedError with row and column for whatever is refused.
 */
export function prepare(x: Inputs, y: Targets, options: TrainOptions): Prepared {
  const raw = matrixOf(x, 'fit')
  if (raw.rows < 2) throw new DomainError(`fit: at least two rows are needed; got ${raw.rows}. Add data.`, 'E_EMPTY')
  const weights = weightsOf(options.weights, raw.rows)
  const { model: kind = 'relu', seed = 0, intercept = true, standardise: scaling = true } = options
  if (!Object.hasOwn(MODELS, kind)) throw new DomainError(`fit: model must be relu or gated; got ${String(kind)}.`)
  const model = modelOf(options)
  checkLimits(options)
  const notes: string[] = []
  const called = (j: number) => (options.names?.[j] === undefined ? String(j) : `"${options.names[j]}"`)
  const target = codeTarget(y, raw.rows, options)
  const { outputs, classes } = target
  let standardisation = learnStandardisation(raw, { weights, intercept, standardise: scaling, outputs })
  if (standardisation.constant.length > 0)
    notes.push(
      `${standardisation.constant.length === 1 ? `column ${called(standardisation.constant[0])} is` : `columns ${standardisation.constant.slice(0, 8).map(called).join(', ')} are`} constant, or as good as that for its size, and not used.`,
    )
  if (standardisation.constant.length === raw.cols)
    throw new DomainError('fit: at least one column must vary; all are constant. The best prediction is a constant.')
  if (scaling && classes === null) standardisation = withTarget(standardisation, target.values, weights)
  const values = classes === null ? standardiseTarget(standardisation, target.values) : target.values
  const shared = {
    ...(weights !== null && { weights }),
    outputs,
    ...(options.delta !== undefined && { delta: options.delta }),
  }
  const offset = intercept ? bestConstant(target.loss, values, shared) : new Float64Array(outputs)
  const loss = createLoss(target.loss, { targets: values, ...shared, offset })
  const inputs = standardise(standardisation, raw)
  if (model.activation !== undefined && outputs !== 1)
    throw new UnsupportedError(
      `fit: activations other than ReLU are trained for one output; got ${outputs}. Leave the activation out, or fit the outputs one by one.`,
    )
  const rows = patternRows(model, inputs)
  const patterns = choosePatterns(rows, standardisation, options, notes)
  const ownCompute = options.compute === undefined && (options.backend !== undefined || options.threads !== undefined)
  const compute =
    options.compute ??
    (ownCompute
      ? createCompute({
          ...(options.backend !== undefined && { backend: options.backend }),
          ...(options.threads !== undefined && { threads: options.threads }),
        })
      : sharedCompute())
  return {
    model,
    target,
    standardisation,
    x: inputs,
    loss,
    patterns,
    lambdaMax:
      model.activation === undefined
        ? lambdaMax({ x: inputs, loss }, { kind, masks: patterns.masks, compute })
        : lambdaMaxOver(model.activation, { x: inputs, loss, patterns: patterns.masks }),
    compute,
    ownCompute,
    seed,
    notes,
  }
}

/** ReLU, gated ReLU, or another activation. */
function modelOf({ model = 'relu', activation }: TrainOptions): Model {
  const slopes =
    activation === undefined
      ? ACTIVATIONS.relu
      : typeof activation === 'string'
        ? activationFrom(activation, 'fit')
        : checkedActivation(activation, 'fit')
  if (slopes.positive === 1 && slopes.negative === 0) return MODELS[model]
  if (model === 'gated')
    throw new DomainError('fit: gated networks have fixed gates and no activation. Give model or activation, not both.')
  return homogeneous(slopes)
}

function checkLimits({ tolerance, maxTime, maxIterations, rounds, patterns, gates }: TrainOptions): void {
  if (tolerance !== undefined && !(tolerance > 0))
    throw new DomainError(`fit: tolerance must be > 0; got ${tolerance}. Try 1e-6.`)
  if (maxTime !== undefined && !(maxTime > 0))
    throw new DomainError(`fit: maxTime must be > 0 seconds; got ${maxTime}.`)
  if (maxIterations !== undefined && !(Number.isInteger(maxIterations) && maxIterations >= 1))
    throw new DomainError(`fit: maxIterations must be a whole number ≥ 1; got ${maxIterations}.`)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 0))
    throw new DomainError(`fit: rounds must be a whole number ≥ 0; got ${rounds}.`)
  if (patterns !== undefined && gates !== undefined)
    throw new DomainError('fit: give patterns or gates, not both. The patterns of given gates are used as they are.')
}

/** Given gates, all patterns, or a sample. */
function choosePatterns(x: Dense, s: Standardisation, options: TrainOptions, notes: string[]): PatternSet {
  const { patterns, gates, seed = 0, model = 'relu' } = options
  if (gates !== undefined) {
    const found = patternsOf(x, standardVectors(s, withBias(gates, s)))
    if (found.masks.patterns === 0)
      throw new DomainError('fit: at least one gate must be active on some sample; none is. Check the gates.')
    return found
  }
  if (patterns === 'all') return enumeratePatterns(x)
  if (patterns === undefined) {
    const rank = rankUpTo(x, 3)
    if (rank <= 3 && cellBound(x.rows, rank) <= ALL) return enumeratePatterns(x)
  }
  const draws = patterns ?? DRAWS[model]
  const found = samplePatterns(x, draws, fold(key(seed), 'gates'))
  notes.push(`${found.masks.patterns} activation patterns were sampled (${draws} draws, seed ${seed}).`)
  return found
}

/** Gates on raw inputs with their bias; 0 where none is given. */
function withBias(gates: Dense, s: Standardisation): Dense {
  const d = s.mean.length
  const width = d + (s.intercept ? 1 : 0)
  if (gates.cols === width) return gates
  if (gates.cols !== d)
    throw new ShapeError(`fit: gates must have ${d}${s.intercept ? ` or ${d + 1}` : ''} columns; got ${gates.cols}.`)
  const out = dense(gates.rows, width)
  for (let k = 0; k < gates.rows; k++) out.data.set(rowOf(gates, k), k * width)
  return out
}
