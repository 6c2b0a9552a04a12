/**
 * `nadir landscape`: where a trained network stands, as a point of the convex programs over its own cells and over all.
 * @module
 */
import type { Command } from 'commander'
import { lossTargets, metricsOf, predictionsOf } from '../data/predictions.ts'
import { DomainError } from '../errors.ts'
import { looksForeign, readForeign } from '../formats/import/readForeign.ts'
import { type Landscape, landscape } from '../models/index.ts'
import { addForeignFlags, checkLambda, type ForeignFlags, lambdaFrom, rowsOf, valuesOf } from './audit.ts'
import { interruptible } from './interrupt.ts'
import { loadTable } from './load.ts'
import { addCommon, addSource, positive, type SourceFlags } from './options.ts'
import { figure, jsonText, note, wrap } from './output.ts'
import type { Session } from './session.ts'

type LandscapeFlags = ForeignFlags & SourceFlags & { readonly tolerance: number }

/** Adds the command. */
export function addLandscape(program: Command, session: Session): void {
  addForeignFlags(addSource(addCommon(program.command('landscape'))))
    .description(
      'where a trained network stands: whether it is the optimum of the convex program over its own cells, and how far that is from the program over all',
    )
    .argument('<net>', '.onnx of PyTorch, scikit-learn or Keras; or .npz, .safetensors or .json weights')
    .argument('[data...]', 'the rows it was trained on')
    .option(
      '--tolerance <tolerance>',
      'relative difference up to which the network counts as optimum of its own program',
      positive,
      1e-6,
    )
    .addHelpText('after', EXAMPLES)
    .action((path: string, paths: string[], flags: LandscapeFlags) => runLandscape(path, paths, flags, session))
}

async function runLandscape(
  path: string,
  paths: readonly string[],
  flags: LandscapeFlags,
  { io }: Session,
): Promise<void> {
  checkLambda(flags, 'landscape')
  if (flags.outputBias === 'penalised' || flags.outputBias === 'free')
    throw new DomainError(
      `landscape: the output bias is held where it is; got --output-bias ${flags.outputBias}. Leave it out, or use nadir audit.`,
      'E_USAGE',
    )
  if (!looksForeign(path))
    throw new DomainError(
      `landscape: weights of another program are needed (.onnx, .npz, .safetensors, .json); got ${path}. A model of nadir is a global optimum already, or says how far off it is: nadir certify.`,
      'E_USAGE',
    )
  const foreign = readForeign(path, flags.activation === undefined ? {} : { activation: flags.activation })
  const { table, target: wanted } = await loadTable(
    paths,
    {
      ...(flags.target !== undefined && { target: flags.target }),
      ...(flags.sql !== undefined && { sql: flags.sql }),
    },
    io,
  )
  const given = rowsOf(table, wanted, foreign, flags)
  const { rows, target, loss, features } = given
  const lambda = flags.weightDecay === undefined ? flags.lambda : lambdaFrom(flags, loss, rows.x.rows)
  const began = performance.now()
  const found = await interruptible(io, signal =>
    landscape(
      foreign,
      { x: rows.x, y: lossTargets(rows.y, loss), weights: rows.weights },
      {
        loss,
        ...(lambda !== undefined && { lambda }),
        ...(flags.hiddenBias !== undefined && { hiddenBias: flags.hiddenBias }),
        tolerance: flags.tolerance,
        seed: flags.seed,
        signal,
      },
    ),
  )
  const seconds = (performance.now() - began) / 1000
  const metrics = metricsOf(rows.y, predictionsOf(valuesOf(foreign, found), { target, loss }), {
    target,
    weights: rows.weights,
  })
  const notes = [...table.notes, ...given.notes, ...found.notes, ...remarksOf(found)]
  if (!flags.quiet) for (const text of notes) note(io, text)
  if (flags.json) {
    const { witness: _, proofs: __, ...certificate } = found.certificate
    const { certificate: ___, measured, violatedDirection, notes: ____, subject, ...report } = found
    const names = measured.hiddenBias === 'none' ? features : [...features, '(bias)']
    return io.out(
      jsonText({
        command: 'landscape',
        status: 'done',
        objective: found.netValue,
        ...report,
        globalLB: certificate.dual,
        violatedDirection: violatedDirection && {
          ...violatedDirection,
          direction: Object.fromEntries(names.map((name, j) => [name, violatedDirection.direction[j]])),
        },
        certificate,
        subject,
        loss,
        neurons: foreign.hidden.rows,
        rows: rows.x.rows,
        metrics,
        iterations: found.rounds,
        seconds,
        seed: flags.seed,
        backend: null,
        notes,
        outputs: [],
      }),
    )
  }
  io.out(textOf(found, { neurons: foreign.hidden.rows, rows: rows.x.rows, width: io.width }))
}

function remarksOf({ guessed, lambda }: Landscape): string[] {
  return guessed === null
    ? []
    : [
        `lambda = ${lambda.toPrecision(4)} was estimated from the weights, where the network is nearest to stationary (spread ${(100 * guessed.spread).toPrecision(2)} %).`,
      ]
}

function textOf(
  found: Landscape,
  { neurons, rows, width }: { readonly neurons: number; readonly rows: number; readonly width: number | undefined },
): string {
  const { netValue, restrictedValue, globalValue, concaveKinks, violatedDirection, certificate } = found
  const below = (value: number) => `${((1 - value / netValue) * 100).toPrecision(2)} % below the network`
  const paragraphs = [
    found.isSubprogramOptimum
      ? 'The network is an optimum of the convex program over its own cells: within them nothing better exists.'
      : `The network is not an optimum of the convex program over its own cells: without leaving them the objective can fall to ${figure(restrictedValue, 8)}. So it is no local minimum.`,
    ...(concaveKinks.length > 0
      ? [
          `On ${concaveKinks.length} kinks (neuron ${concaveKinks[0].neuron}, row ${concaveKinks[0].row + 1} …) the point is stationary in Clarke's sense only: the objective falls to both sides.`,
        ]
      : []),
    ...(violatedDirection !== null
      ? [
          `A neuron in another cell would lower the objective by at least ${figure(violatedDirection.decrease)}: ‖w‖·|a| = ${figure(violatedDirection.mass)}, not 0 on ${violatedDirection.active} of ${rows} rows.`,
        ]
      : []),
    certificate.statement,
  ]
  return [
    '',
    `${found.subject}, ${neurons} neurons in ${found.cells} cells, ${rows} rows, lambda ${figure(found.lambda)}`,
    `  network    ${figure(netValue, 10)} (balanced)`,
    `  its cells  ${figure(restrictedValue, 10)}, ${below(restrictedValue)}`,
    ...(globalValue === null ? [] : [`  all cells  ${figure(globalValue, 10)}, ${below(globalValue)}`]),
    `  bound      ${figure(certificate.dual, 10)}`,
    `  stationary up to ${found.stationarity.toExponential(1)}, ${found.kinks} rows on kinks`,
    '',
    ...paragraphs.flatMap(text => [wrap(text, { most: width }), '']),
  ].join('\n')
}

const EXAMPLES = `
Examples:
  nadir landscape net.onnx data.csv --target y --weight-decay 1e-3
  nadir landscape weights.json data.csv --target y --lambda 0.0375 --json
`
