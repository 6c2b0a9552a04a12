/**
 * `nadir compress`: a matrix in few bits, with its error known.
 * @module
 */
import { basename, extname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DomainError } from '../errors.ts'
import { writeCompressed } from '../formats/compressedFile.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { compute, configureCompute } from '../matrix/createCompute.ts'
import { type Compression, type CompressProgress, compress } from '../models/compression/compress.ts'
import { rankOf } from '../models/compression/compressed.ts'
import { COMPRESS_METHODS, type CompressOptions } from '../models/compression/compressOptions.ts'
import { interruptible } from './interrupt.ts'
import type { Io } from './io.ts'
import { loadMatrix } from './load.ts'
import {
  addCommon,
  addCompute,
  type CommonOptions,
  type ComputeFlags,
  names,
  positive,
  wholeNumber,
} from './options.ts'
import { columns, duration, figure, jsonText } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'

type CompressFlags = CommonOptions &
  ComputeFlags &
  Pick<
    CompressOptions,
    'method' | 'rank' | 'bits' | 'leftBits' | 'rightBits' | 'grid' | 'scale' | 'rounds' | 'unbiased' | 'maxTime'
  > & {
    readonly budget?: number
    readonly calibration?: string
    readonly features?: readonly string[]
    readonly seed: number
    readonly out?: string
  }

const MOST_LINES = 12

/** Adds the command. */
export function addCompress(program: Command, session: Session): void {
  const { io } = session
  addCompute(addCommon(program.command('compress')))
    .description('store a matrix (embeddings, weights, an image) in few bits, with its error known')
    .argument('<data>', 'a .npy matrix, or a table of numbers (CSV, Parquet, JSON lines; "-" for standard input)')
    .option('-o, --out <file>', 'compressed file (default: the name of the data with the ending .nadirc)')
    .option(
      '--budget <bits>',
      'bits an entry, scales and codebooks counted; searches rank and bits (default: 1)',
      positive,
    )
    .addOption(
      new Option('--method <method>', 'default: auto for a budget, graded for --bits').choices(COMPRESS_METHODS),
    )
    .option('--bits <bits>', 'bits of a code, 1 to 8: of both factors, or of Q', wholeNumber(1, 8))
    .option('--left-bits <bits>', 'bits of the left factor, where they differ', wholeNumber(1, 8))
    .option('--right-bits <bits>', 'bits of the right factor', wholeNumber(1, 8))
    .option('--rank <rank>', 'columns of the left factor', wholeNumber(1))
    .addOption(new Option('--grid <grid>', 'how values are laid').choices(['clip', 'min-max', 'codebook']))
    .addOption(new Option('--scale <scale>', 'one scale a factor, or one a line').choices(['matrix', 'vector']))
    .option('--rounds <count>', 'most rounds of improvement; 0 gives the published method', wholeNumber(0))
    .option('--calibration <file>', 'caldera: inputs the matrix will be multiplied with, one a row')
    .option('--unbiased', 'direct: round at random so that every entry is right on average')
    .option('--features <columns>', 'columns to use, separated by commas (default: all)', names)
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: CompressFlags) => {
      const out = flags.out ?? defaultName(path, '.nadirc', 'compress')
      refuseSame(out, path, 'compress')
      const { budget, calibration, features, json, quiet, out: _, backend, threads, ...options } = flags
      if (backend !== undefined || threads !== undefined)
        configureCompute({ ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) })
      const a = await loadMatrix(path, io, features)
      const inputs = calibration === undefined ? undefined : await loadMatrix(calibration, io)
      await requireWritable(out)
      const line = progress(io, quiet === true || json === true)
      const result = await interruptible(io, signal =>
        compress(a, {
          ...options,
          ...(budget !== undefined && { bitsPerEntry: budget }),
          ...(inputs !== undefined && { calibration: inputs }),
          signal,
          onProgress: line.update,
        }),
      ).finally(line.end)
      const bytes = writeCompressed(result.compressed)
      await writeResult(out, bytes)
      session.code = result.status === 'done' ? DONE : STOPPED_EARLY
      if (json) return io.out(jsonText(resultOf(result, bytes.length, out)))
      io.out(summaryOf(result, bytes.length, out))
    })
}

function resultOf(result: Compression, bytes: number, out: string): object {
  const { compressed: c, bits, bitsPerEntry, relativeError } = result
  return {
    ...{ command: 'compress', status: result.status, objective: c.error, lambda: null, certificate: null },
    ...{ method: result.method, reason: result.reason, shape: [c.rows, c.cols], rank: rankOf(c) },
    ...{
      bits,
      bitsPerEntry,
      bytes,
      error: c.error,
      relativeError,
      norm: c.norm,
      ratio: ratioOf(c.rows * c.cols, bits),
    },
    ...{ iterations: result.steps, seconds: result.seconds, seed: result.seed, backend: compute().backend },
    ...{ outputs: [out], tried: result.tried },
  }
}

function summaryOf(result: Compression, bytes: number, out: string): string {
  const { compressed: c, bits, tried } = result
  const lines = [
    '',
    `${result.status === 'done' ? 'compressed' : `stopped early (${result.status}), with the best so far,`} after ${duration(result.seconds)}`,
    `  matrix     ${c.rows} × ${c.cols}`,
    `  method     ${result.method}`,
    `  why        ${result.reason}`,
    `  bits       ${bits} in all, ${figure(result.bitsPerEntry, 4)} an entry; ${bytes} bytes with the header`,
    `  ratio      ${figure(ratioOf(c.rows * c.cols, bits), 4)} times smaller than in float32`,
    `  error      ${figure(result.relativeError, 4)} relative, ${figure(c.error)} in the Frobenius norm`,
    `  file       ${out}`,
    '',
    '',
  ].join('\n')
  if (tried.length < 2) return lines
  const rows = tried
    .slice(0, MOST_LINES)
    .map(t => [t.name, figure(t.bits / (c.rows * c.cols), 4), figure(t.relativeError, 4)])
  return lines + columns(['tried', 'bits an entry', 'relative error'], rows)
}

/** Against float32, the usual type of embeddings and weights. */
export function ratioOf(entries: number, bits: number): number {
  return (32 * entries) / bits
}

function progress(io: Io, silent: boolean): { update(progress: CompressProgress): void; end(): void } {
  let [shown, drawn] = [0, false]
  return {
    update({ phase, step, relativeError, seconds }) {
      if (silent || seconds - shown < (io.terminal ? 0.1 : 5)) return
      shown = seconds
      const text = `${duration(seconds)}  step ${step}  ${phase}  relative error ${figure(relativeError, 4)}`
      drawn = io.terminal
      io.err(io.terminal ? `\r\u001b[K${text}` : `${text}\n`)
    },
    end() {
      if (drawn) io.err('\r\u001b[K')
    },
  }
}

/** The name of a file with another ending, in the current folder. */
export function defaultName(path: string, ending: string, who: string): string {
  if (path === '-')
    throw new DomainError(`${who}: standard input has no name to go by; got no --out. Add --out matrix${ending}.`)
  const name = basename(path)
  return `${name.slice(0, name.length - extname(name).length)}${ending}`
}

/** @throws DomainError when the output is the input. */
export function refuseSame(out: string, path: string, who: string): void {
  if (resolve(out) === resolve(path))
    throw new DomainError(`${who}: --out must be another file than the data; got ${out} for both. Choose another name.`)
}

const EXAMPLES = `
Examples:
  nadir compress --budget 1 weights.npy
  nadir compress embeddings.npy --budget 2 --out embeddings.nadirc --json
  nadir compress weights.npy --method caldera --bits 2 --rank 8 --calibration inputs.npy
  nadir compress image.npy --method lplr --bits 4 --rank 32 --grid min-max --rounds 0     (as published)
`
