/**
 * `nadir certify`: weights and data in; objective, bound and gap out, computed anew.
 * @module
 */
import type { Command } from 'commander'
import { DomainError } from '../errors.ts'
import { looksForeign } from '../formats/import/readForeign.ts'
import { readModel } from '../formats/modelFile.ts'
import { evaluate } from '../formats/onRows.ts'
import { type AuditFlags, addAuditFlags, auditFile } from './audit.ts'
import { loadRows } from './load.ts'
import { addCommon, addCompute, addOracle, addSource, type OracleFlags, type SourceFlags } from './options.ts'
import { columns, figure, jsonText, note, wrap } from './output.ts'
import { FAILURE, type Session } from './session.ts'
import { certifySaved } from './train.ts'

/** Adds the command. */
export function addCertify(program: Command, session: Session): void {
  const { io } = session
  addAuditFlags(addOracle(addCompute(addSource(addCommon(program.command('certify'))))))
    .description(
      'compute the certificate anew from weights and data, and check the saved one; or certify a network that another program trained',
    )
    .argument('<model>', 'a model file or run folder; or .onnx, .npz, .safetensors or .json weights of another program')
    .argument('[data...]', 'the rows it was trained on, in the same order')
    .addHelpText(
      'after',
      '\nExamples:\n  nadir certify model.json data.csv\n  nadir certify model.json data.csv --oracle sdp\n  nadir certify net.onnx data.csv --target y --lambda 0.01 --improve --out better.onnx\n',
    )
    .action(async (modelPath: string, paths: string[], options: AuditFlags & SourceFlags & OracleFlags) => {
      if (looksForeign(modelPath)) return auditFile(modelPath, paths, { options, session, command: 'certify' })
      refuseForeignFlags(options)
      const model = await readModel(modelPath)
      const { rows, source, notes } = await loadRows(model, paths, {
        target: options.target,
        weights: model.training.weights,
        sql: options.sql,
        trained: true,
        io,
      })
      if (rows.x.rows !== model.training.rows)
        throw new DomainError(
          `certify: the certificate is about the ${model.training.rows} rows of training; ${source} has ${rows.x.rows}. Give the data the model was trained on.`,
          'E_ROWS',
        )
      if (!options.quiet) for (const text of notes) note(io, text)
      const { certificate, verdict, anew, notes: remarks } = certifySaved(model, rows, options)
      if (!options.quiet) for (const text of remarks) note(io, text)
      const metrics = evaluate(model, rows)
      const refuted = verdict?.valid === false || anew?.valid === false
      if (refuted) session.code = FAILURE
      const { witness: _, proofs: __, ...shown } = certificate
      if (options.json)
        return io.out(
          jsonText({
            command: 'certify',
            status: refuted ? 'refuted' : 'done',
            objective: certificate.primal,
            lambda: model.lambda,
            certificate: shown,
            recheck: verdict,
            ...(anew !== null && { recheckAnew: anew }),
            metrics,
            seed: model.training.seed,
            backend: model.training.backend,
            notes: [...notes, ...remarks],
            outputs: [],
          }),
        )
      const line = (name: string, numbers: { primal: number; dual: number; relativeGap: number }) => [
        name,
        figure(numbers.primal, 9),
        figure(numbers.dual, 9),
        numbers.relativeGap.toExponential(2),
      ]
      io.out(
        columns(
          ['', 'objective', 'bound', 'relative gap'],
          [
            line('as saved', model.certificate),
            ...(verdict === null ? [] : [line('re-checked from the definition', verdict)]),
            line('computed anew', certificate),
            ...(anew === null ? [] : [line('re-checked anew', anew)]),
          ],
          io.width,
        ),
      )
      io.out(`\n${wrap(certificate.statement, { most: io.width })}\n`)
      if (refuted)
        io.out(
          `The ${verdict?.valid === false ? 'saved' : 'new'} certificate does NOT hold for these weights and rows: ${[...(verdict?.problems ?? []), ...(anew?.problems ?? [])].join('; ')}.\nAre these the rows of training, in their order, and is the file unchanged?\n`,
        )
      else if (verdict !== null) io.out('The saved certificate holds for these weights and rows.\n')
    })
}

/** What only makes sense for a network of another program is not passed over in silence. */
function refuseForeignFlags(options: AuditFlags): void {
  const given = Object.entries({
    lambda: options.lambda,
    'weight-decay': options.weightDecay,
    features: options.features,
    weights: options.weights,
    'hidden-bias': options.hiddenBias,
    'output-bias': options.outputBias,
    activation: options.activation,
    optimizer: options.optimizer,
    improve: options.improve,
    out: options.out,
    loss: options.loss === 'auto' ? undefined : options.loss,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  if (given.length > 0)
    throw new DomainError(
      `certify: ${given.join(', ')} ${given.length > 1 ? 'are' : 'is'} for networks of other programs; a model file says these itself. Leave ${given.length > 1 ? 'them' : 'it'} out.`,
      'E_USAGE',
    )
}
