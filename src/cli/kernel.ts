/**
 * `nadir kernel`: the kernels of a gated network's gates, mixed as the tangent kernel has them or as training would.
 * @module
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UnsupportedError } from '../errors.ts'
import { writeModel } from '../formats/modelFile.ts'
import { evaluate } from '../formats/onRows.ts'
import { requireWritable, writeOrRescue } from '../formats/writeAtomic.ts'
import { crossValidate, type FittedKernel, fitKernel, type KernelWeights } from '../models/index.ts'
import { resultOf, summaryOf } from './fit.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset } from './load.ts'
import {
  addCommon,
  addCompute,
  type CommonOptions,
  type ComputeFlags,
  type DataFlags,
  type Lambda,
  lambdaOf,
  names,
  positive,
  wholeNumber,
} from './options.ts'
import { columns, figure, jsonText, note } from './output.ts'
import { progressLine } from './progress.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { savedModel } from './train.ts'

type KernelLambda = Lambda | { readonly unit: 'theory'; readonly sigma: number; readonly delta: number }

type KernelFlags = CommonOptions &
  ComputeFlags &
  Omit<DataFlags, 'weights'> & {
    readonly weights: KernelWeights
    readonly gates: number
    readonly lambda?: KernelLambda
    readonly gap: number
    readonly maxTime?: number
    readonly seed: number
    readonly out?: string
  }

/** Adds the command. */
export function addKernel(program: Command, session: Session): void {
  const { io } = session
  addCompute(addCommon(program.command('kernel')))
    .description('kernel regression over the gates of a network: tangent kernel, equal weights, or the best mixture')
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .option('-t, --target <column>', 'column to predict, or a .npy file of it (default: the last column)')
    .option('--features <columns>', 'columns to use, separated by commas (default: all others)', names)
    .addOption(
      new Option('--weights <mixture>', 'how the kernels are mixed: the best way, the tangent kernel’s, or equally')
        .choices(['mkl', 'ntk', 'uniform'])
        .default('mkl'),
    )
    .option('--gates <count>', 'gates to draw', wholeNumber(1), 500)
    .option(
      '--lambda <lambda>',
      'a number, a fraction of lambdaMax as 0.01max, or theory:σ,δ for noise σ and probability 1 − δ (default: by cross-validation)',
      kernelLambda,
    )
    .addOption(new Option('--gap <gap>', 'relative duality gap to stop at').argParser(positive).default(1e-4))
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
    .option('-o, --out <file>', 'model file, ends in .json')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: KernelFlags) => {
      if (flags.out !== undefined) await requireWritable(flags.out)
      const { weights: mixture, ...dataFlags } = flags
      const data = await loadDataset(path, { ...dataFlags, task: 'regression' }, io)
      if (data.target.kind !== 'number')
        throw new UnsupportedError(
          'kernel: the target must be a number; classes need another loss. Use fit --model gated.',
          'E_LOSS_UNSUPPORTED',
        )
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const line = progressLine(io, { gap: flags.gap, quiet: flags.quiet === true })
      const found = await interruptible(io, async signal => {
        const shared = {
          patterns: flags.gates,
          seed: flags.seed,
          tolerance: flags.gap,
          signal,
          ...(flags.backend !== undefined && { backend: flags.backend }),
          ...(flags.threads !== undefined && { threads: flags.threads }),
        }
        const { lambda } = flags
        const chosen =
          lambda === undefined
            ? { lambda: (await crossValidate(data.x, data.y, { ...shared, model: 'gated' })).lambdaMin }
            : lambda.unit === 'theory'
              ? { theory: lambda }
              : lambda.unit === 'lambdaMax'
                ? { lambdaFraction: lambda.value }
                : { lambda: lambda.value }
        return fitKernel(data.x, data.y, {
          ...shared,
          ...chosen,
          mixture,
          ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
          onProgress: line.update,
        })
      }).finally(() => line.end())
      if (!flags.quiet) for (const text of found.notes) note(io, text)
      const saved = savedModel(data, found, { ...dataFlags, model: 'gated', loss: 'squared', patterns: flags.gates })
      const model = { ...saved, metrics: evaluate(saved, data) }
      if (flags.out !== undefined) await writeOrRescue(flags.out, path => writeModel(path, model))
      session.code = found.status === 'solved' ? DONE : STOPPED_EARLY
      const outputs = flags.out === undefined ? [] : [flags.out]
      if (flags.json)
        return io.out(
          jsonText({
            ...resultOf('kernel', model),
            ...kernelResult(found),
            notes: [...data.notes, ...found.notes],
            outputs,
          }),
        )
      io.out(summaryOf(model))
      io.out(columns(['mixture', 'objective'], tableOf(found)))
      if (found.ntkExcess !== null)
        io.out(`the tangent kernel ends ${figure(100 * found.ntkExcess, 3)} % above the trained network\n`)
      if (flags.out !== undefined) io.out(`model: ${flags.out}\n`)
    })
}

function kernelResult({ mixture, eta, ntk, uniform, mkl, ntkExcess }: FittedKernel): object {
  return {
    mixture,
    mixtures: { ntk: ntk.objective, uniform: uniform.objective, mkl: mkl?.objective ?? null },
    ntkExcess,
    eta,
  }
}

function tableOf({ ntk, uniform, mkl }: FittedKernel): string[][] {
  return [
    ['tangent kernel', figure(ntk.objective, 8)],
    ['equal weights', figure(uniform.objective, 8)],
    ...(mkl === null ? [] : [['best weights', figure(mkl.objective, 8)]]),
  ]
}

function kernelLambda(text: string): KernelLambda {
  const match = /^theory:([^,]+),([^,]+)$/.exec(text.trim())
  if (!match) return lambdaOf(text)
  const [sigma, delta] = [Number(match[1]), Number(match[2])]
  if (!(sigma > 0 && sigma < Infinity && delta > 0 && delta < 1))
    throw new InvalidArgumentError(`theory needs σ > 0 and 0 < δ < 1, as theory:0.5,0.05; got "${text}".`)
  return { unit: 'theory', sigma, delta }
}

const EXAMPLES = `
Examples:
  nadir kernel diabetes --target progression --weights ntk --lambda 0.1max
  nadir kernel data.csv --target y --weights mkl --gates 500 --lambda theory:0.5,0.05 --json
`
