/**
 * An audit as one JSON object, and as a page of text.
 * @module
 */

import type { Verdict } from '../certificates/index.ts'
import type { TargetEncoding } from '../data/target.ts'
import type { LossName } from '../losses/loss.ts'
import type { Audit, ForeignNetwork } from '../models/index.ts'
import { columns, figure, METRIC_NAMES, wrap } from './output.ts'

/** What the command knows beside the audit. */
export interface AuditFacts {
  readonly command: string
  readonly foreign: ForeignNetwork
  readonly features: readonly string[]
  readonly target: TargetEncoding
  readonly loss: LossName
  readonly rows: number
  readonly metrics: Readonly<Record<string, number>>
  readonly seconds: number
  readonly seed: number
  readonly backend: string
  readonly outputs: readonly string[]
  readonly notes: readonly string[]
  /** Of the certificate; null where the re-check cannot go. */
  readonly recheck: Verdict | null
}

const VERDICTS: Record<Audit['verdict'], string> = {
  optimal: 'optimal: no network of this class, of any width, is better by more than the gap asked for',
  'stationary-not-global': 'stationary, but not optimal: better networks of this class exist, as shown below',
  'not-stationary': 'not stationary: the weights themselves could be improved in place',
  uncertified: 'uncertified: neither shown to be optimal nor to be improvable',
}

/** The object of --json. */
export function auditObject(report: Audit, facts: AuditFacts): Record<string, unknown> {
  const { certificate, stationarity, neurons, missing, maxMargin, improved, classOf } = report
  const shown = ({ witness: _, proofs: __, ...rest }: Audit['certificate']) => rest
  const { foreign, features, ...rest } = facts
  return {
    command: facts.command,
    status: facts.recheck?.valid === false ? 'refuted' : 'done',
    verdict: report.verdict,
    objective: report.objective,
    lambda: report.lambda,
    certificate: shown(certificate),
    recheck: facts.recheck,
    metrics: facts.metrics,
    iterations: improved?.iterations ?? 0,
    seconds: facts.seconds,
    seed: facts.seed,
    backend: facts.backend,
    outputs: facts.outputs,
    lambdaGuessed: report.guessed,
    balancedObjective: report.balancedObjective,
    stationarity: stationarity && {
      residual: stationarity.residual,
      relative: stationarity.relative,
      gradientNorm: stationarity.gradientNorm,
      stationary: stationarity.stationary,
      directional: stationarity.directional,
      concaveKinks: stationarity.concaveKinks,
    },
    dualNorm: report.dualNorm,
    missingNeuron: missing && { ...missing, direction: named(missing.direction, report, features) },
    neurons: neurons.neurons.map((neuron, j) => ({ ...neuron, ...stationarity?.neurons[j] })),
    deadNeurons: neurons.neurons.flatMap(({ dead }, j) => (dead ? [j] : [])),
    duplicateNeurons: neurons.duplicates,
    largestImbalance: neurons.largestImbalance,
    minimalWidth: report.minimalWidth,
    maxMargin: maxMargin && { ...maxMargin, witness: undefined },
    improved: improved && {
      objective: improved.objective,
      neurons: improved.network.hidden.rows,
      certificate: shown(improved.certificate),
      status: improved.status,
    },
    network: {
      class: classOf.subject,
      neurons: foreign.hidden.rows,
      inputs: foreign.hidden.cols,
      outputs: foreign.output.cols,
      hiddenBias: classOf.hiddenBias,
      outputBias: classOf.outputBias,
      linear: classOf.linear,
      link: foreign.link,
      scaled: foreign.scaler !== null,
      producer: foreign.producer,
    },
    loss: rest.loss,
    rows: rest.rows,
    features,
    target: rest.target,
    warnings: report.warnings,
    notes: facts.notes,
  }
}

/** The page. `full` adds a line for each neuron. */
export function auditText(
  report: Audit,
  facts: AuditFacts,
  options: { readonly full: boolean; readonly width?: number | undefined },
): string {
  const { certificate, stationarity, neurons, missing, maxMargin, improved, classOf, lambda, guessed } = report
  const { foreign, features } = facts
  const most = options.width === undefined ? {} : { most: options.width }
  const paragraph = (text: string) => `${wrap(text, most)}\n`
  const by = foreign.producer === '' ? '' : `, written by ${foreign.producer}`
  const biases = `hidden biases ${classOf.hiddenBias}, output bias ${classOf.outputBias}${classOf.linear ? ', a linear way around' : ''}`
  const out = [
    `${classOf.subject}, ${foreign.hidden.rows} neurons, ${foreign.hidden.cols} inputs (${biases})${by}; ${facts.rows} rows\n\n`,
    `  verdict    ${VERDICTS[report.verdict]}\n`,
    `  loss       ${facts.loss}\n`,
    `  lambda     ${figure(lambda)}${guessed === null ? '' : `  (estimated; spread ${(100 * guessed.spread).toPrecision(2)} %)`}\n`,
    `  objective  ${figure(report.objective, 8)}\n`,
  ]
  if (lambda > 0) {
    out.push(
      `  bound      ${figure(certificate.dual, 8)}  (gap ${certificate.relativeGap.toExponential(1)} relative)\n`,
    )
    if (neurons.savedByBalance > 1e-9 * Math.abs(report.objective))
      out.push(
        `  balanced   ${figure(report.balancedObjective, 8)}  (both weights of each neuron rescaled to one length: the same function)\n`,
      )
    if (stationarity !== null)
      out.push(
        `  residual   ${stationarity.relative.toExponential(1)} relative to the penalty's pull (the gradient of automatic differentiation: ${stationarity.gradientNorm.toExponential(1)})\n`,
      )
    out.push(
      `  dual norm  ${figure(report.dualNorm.lower)} to ${figure(report.dualNorm.upper)}; ${figure(report.dualNorm.lower / lambda, 3)} times lambda (1 at an optimum)\n`,
    )
  }
  const metrics = Object.entries(facts.metrics).map(
    ([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`,
  )
  if (metrics.length > 0) out.push(`  fit        ${metrics.join(', ')}\n`)
  out.push('\n', paragraph(certificate.statement))
  if (facts.recheck !== null)
    out.push(
      paragraph(
        facts.recheck.valid
          ? 'Both numbers were proved again by the independent re-check.'
          : `The certificate does NOT hold: ${facts.recheck.problems.join('; ')}. This is a bug in Nadir: please report it.`,
      ),
    )
  if (missing !== null)
    out.push(
      '\n',
      paragraph(
        `Adding one neuron lowers the objective by at least ${figure(missing.decrease)} (${percent(missing.decrease / report.objective)}): output weight ${missing.sign > 0 ? 'positive' : 'negative'}, ‖w‖·|a| = ${figure(missing.mass)}, not 0 on ${missing.active} of ${facts.rows} rows, direction ${directionText(named(missing.direction, report, features))}.`,
      ),
    )
  if (improved !== null)
    out.push(
      '\n',
      paragraph(
        `Training on from these weights gave ${improved.network.hidden.rows} neurons with objective ${figure(improved.objective, 8)}, ${percent(1 - improved.objective / report.objective)} lower. ${improved.certificate.statement}`,
      ),
    )
  if (maxMargin !== null && lambda > 0)
    out.push(
      '\n',
      paragraph(
        `The classes are separated with margin ${figure(maxMargin.margin)}. At margin one the norm of this network is ${figure(maxMargin.primal)}, and no network of the class has one below ${figure(maxMargin.dual)}.`,
      ),
    )
  const dead = neurons.neurons.flatMap(({ dead: is }, j) => (is ? [j] : []))
  if (dead.length > 0) out.push('\n', paragraph(`Dead neurons (0 on every row): ${listOf(dead)}.`))
  if (neurons.duplicates.length > 0)
    out.push(
      '\n',
      paragraph(
        `Neurons of one direction, which could be one: ${neurons.duplicates.map(group => listOf(group)).join('; ')}.`,
      ),
    )
  if (report.minimalWidth !== null && report.minimalWidth < foreign.hidden.rows)
    out.push(
      '\n',
      paragraph(
        `Pruned to independent contributions, ${report.minimalWidth} of ${foreign.hidden.rows} neurons give the same values on these rows.`,
      ),
    )
  if (stationarity !== null && stationarity.concaveKinks.length > 0)
    out.push(
      '\n',
      paragraph(
        `On ${stationarity.concaveKinks.length} kinks (neuron ${stationarity.concaveKinks[0].neuron}, row ${stationarity.concaveKinks[0].row + 1} …) the point is stationary in Clarke's sense only: the objective falls to both sides.`,
      ),
    )
  if (options.full) out.push('\n', neuronTable(report, options.width))
  if (facts.outputs.length > 0) out.push(`\nbetter network: ${facts.outputs.join(', ')}\n`)
  return out.join('')
}

function neuronTable({ neurons, stationarity }: Audit, width: number | undefined): string {
  return columns(
    ['neuron', 'output', 'sign', 'active rows', 'kinks', 'dual ratio', 'residual', '‖w‖ − |a|'],
    neurons.neurons.map((neuron, j) => {
      const own = stationarity?.neurons[j]
      return [
        String(j),
        String(neuron.output),
        neuron.dead ? 'dead' : neuron.sign > 0 ? '+' : '-',
        String(neuron.active),
        own === undefined ? '—' : String(own.kinks),
        own === undefined ? '—' : figure(own.dualRatio, 4),
        own === undefined ? '—' : own.residual.toExponential(1),
        figure(neuron.imbalance, 3),
      ]
    }),
    width,
  )
}

/** A direction by the names of its coordinates. */
function named(direction: Float64Array, { classOf }: Audit, features: readonly string[]): Record<string, number> {
  const all = classOf.hiddenBias === 'none' ? features : [...features, '(bias)']
  return Object.fromEntries(all.map((name, j) => [name, direction[j]]))
}

function directionText(direction: Record<string, number>): string {
  const entries = Object.entries(direction).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  const text = entries.slice(0, 6).map(([name, v]) => `${name} ${figure(v, 3)}`)
  return `${text.join(', ')}${entries.length > 6 ? ', …' : ''}`
}

function percent(part: number): string {
  return `${(100 * part).toPrecision(2)} %`
}

function listOf(index: readonly number[]): string {
  return index.length > 12 ? `${index.slice(0, 12).join(', ')} … (${index.length})` : index.join(', ')
}
