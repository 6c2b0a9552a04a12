/**
 * `nadir decompress`: a compressed matrix back to numbers.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { type Command, Option } from 'commander'
import { DomainError, FormatError } from '../errors.ts'
import { isCompressed, readCompressed } from '../formats/compressedFile.ts'
import { writeNpy } from '../formats/npy.ts'
import { writeResult } from '../formats/writeAtomic.ts'
import type { Dense } from '../matrix/dense.ts'
import { bitsOf, decompress, measureError, rankOf, relativeErrorOf } from '../models/compression/compressed.ts'
import { defaultName, ratioOf, refuseSame } from './compress.ts'
import { loadMatrix } from './load.ts'
import { addCommon, type CommonOptions, names } from './options.ts'
import { figure, jsonText } from './output.ts'
import type { Session } from './session.ts'

/** Adds the command. */
export function addDecompress(program: Command, { io }: Session): void {
  addCommon(program.command('decompress'))
    .description('a compressed matrix back to numbers')
    .argument('<file>', 'a .nadirc file')
    .option('-o, --out <file>', '.npy or .csv (default: the name of the file with the ending .npy)')
    .addOption(new Option('--type <type>', 'numbers of the .npy').choices(['f8', 'f4']).default('f8'))
    .option('--check <data>', 'the original: measures the error again and compares it with the one stored')
    .option('--features <columns>', 'columns of the original that were compressed', names)
    .addHelpText(
      'after',
      '\nExample:\n  nadir decompress weights.nadirc --out weights.npy --check weights-original.npy\n',
    )
    .action(async (path: string, flags: CommonOptions & DecompressFlags) => {
      const out = flags.out ?? defaultName(path, '.npy', 'decompress')
      refuseSame(out, path, 'decompress')
      const ending = extname(out)
      if (ending !== '.npy' && ending !== '.csv')
        throw new DomainError(`decompress: --out must end in .npy or .csv; got "${out}". Name such a file.`)
      const bytes = await bytesOf(path)
      if (!isCompressed(bytes))
        throw new FormatError(`decompress: ${path} is no compressed matrix. Give a file written by nadir compress.`)
      const c = readCompressed(bytes, basename(path))
      const original = flags.check === undefined ? null : await loadMatrix(flags.check, io, flags.features)
      const measured = original === null ? null : measureError(original, c).error
      const a = decompress(c)
      await writeResult(
        out,
        ending === '.csv' ? csvOf(a) : writeNpy({ shape: [a.rows, a.cols], data: a.data }, { type: flags.type }),
      )
      const bits = bitsOf(c)
      const facts = {
        ...{ shape: [c.rows, c.cols], rank: rankOf(c), bits, bitsPerEntry: bits / (c.rows * c.cols) },
        ...{ bytes: bytes.length, error: c.error, relativeError: relativeErrorOf(c), norm: c.norm },
        ...{ ratio: ratioOf(c.rows * c.cols, bits), measuredError: measured },
      }
      if (flags.json) return io.out(jsonText({ command: 'decompress', status: 'done', ...facts, outputs: [out] }))
      if (flags.quiet) return
      io.out(
        `${c.rows} × ${c.cols}, ${figure(facts.bitsPerEntry, 4)} bits an entry, relative error ${figure(facts.relativeError, 4)}: ${out}\n`,
      )
      if (measured !== null)
        io.out(`error stored ${figure(c.error)}, measured against ${flags.check} ${figure(measured)}\n`)
    })
}

interface DecompressFlags {
  readonly out?: string
  readonly type: 'f8' | 'f4'
  readonly check?: string
  readonly features?: readonly string[]
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new FormatError(`decompress: ${path} cannot be read. Name a .nadirc file.`, { cause: error })
  }
}

function csvOf(a: Dense): string {
  const header = Array.from({ length: a.cols }, (_, j) => `x${j}`).join(',')
  const rows = Array.from({ length: a.rows }, (_, i) => a.data.subarray(i * a.cols, (i + 1) * a.cols).join(','))
  return `${[header, ...rows].join('\n')}\n`
}
