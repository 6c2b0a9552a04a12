/**
 * `nadir export`: a model file in, the same model in a language that other programs run out.
 * @module
 */
import { extname } from 'node:path'
import { type Command, Option } from 'commander'
import { suggestion } from '../data/suggest.ts'
import { DomainError } from '../errors.ts'
import { EXPORT_FORMATS, type ExportFormat, exportModel } from '../formats/export/exportModel.ts'
import type { OnnxPrecision } from '../formats/export/exportOnnx.ts'
import { readModel } from '../formats/modelFile.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { addCommon, type CommonOptions } from './options.ts'
import { jsonText } from './output.ts'
import type { Session } from './session.ts'

interface ExportFlags extends CommonOptions {
  readonly format?: string
  readonly class?: string
  readonly precision?: OnnxPrecision
  readonly out?: string
}

/** Adds the command. */
export function addExport(program: Command, { io }: Session): void {
  addCommon(program.command('export'))
    .description('write a model as JavaScript, SQL, plain weights or ONNX, to run without nadir')
    .argument('<model>', 'a model file, or a run folder')
    .option('-f, --format <format>', `${EXPORT_FORMATS.join(', ')} (default: the ending of --out)`)
    .option('--class <label>', 'sql: the class whose probability is wanted (default: the second of two)')
    .addOption(new Option('--precision <type>', 'onnx: float64 (default) or float32').choices(['float64', 'float32']))
    .option('-o, --out <file>', 'write to this file (default: standard output; onnx needs a file)')
    .addHelpText(
      'after',
      '\nExamples:\n  nadir export model.json --format js --out model.js\n' +
        '  nadir export runs/wine-1 --format sql --class class_1 --out wine.sql\n' +
        '  nadir export runs/wine-1 --out wine.onnx --precision float32\n',
    )
    .action(async (modelPath: string, options: ExportFlags) => {
      const format = formatOf(options)
      if (options.class !== undefined && format !== 'sql')
        throw new DomainError(
          `export: --class is for --format sql; got ${format}, which has all classes. Leave --class out.`,
        )
      if (options.precision !== undefined && format !== 'onnx')
        throw new DomainError(
          `export: --precision is for --format onnx; got ${format}, which is always in float64. Leave --precision out.`,
        )
      const { out } = options
      if (format === 'onnx' && out === undefined)
        throw new DomainError('export: ONNX is bytes, not text; got no file to write to. Add --out model.onnx.')
      if (out !== undefined) await requireWritable(out)
      const model = await readModel(modelPath)
      const content = exportModel(model, {
        format,
        ...(options.class !== undefined && { className: options.class }),
        ...(options.precision !== undefined && { precision: options.precision }),
      })
      if (out !== undefined) await writeResult(out, content)
      if (options.json)
        return io.out(
          jsonText({
            command: 'export',
            status: 'done',
            format,
            target: model.target.name,
            ...(out === undefined && { content }),
            outputs: out === undefined ? [] : [out],
          }),
        )
      if (out === undefined) io.out(String(content))
      else if (!options.quiet) io.out(`${model.target.name} as ${format}: ${out}\n`)
    })
}

/**
 * The format named, or the one that the file's ending says.
 *
 * @throws DomainError for an unknown one (the nearest is named), or none.
 */
function formatOf({ format, out }: ExportFlags): ExportFormat {
  const ending = extname(out ?? '')
  const wanted = format ?? (ending === '.mjs' ? 'js' : ending.slice(1))
  const known = EXPORT_FORMATS.find(name => name === wanted)
  if (known !== undefined) return known
  const formats = EXPORT_FORMATS.join(', ')
  throw new DomainError(
    format === undefined
      ? `export: the format must be said, or be the ending of --out; got ${ending === '' ? 'neither' : `the ending ${ending}`}. Add --format: ${formats}.`
      : `export: --format must be one of ${formats}; got "${format}". ${suggestion(format, EXPORT_FORMATS)}`,
  )
}
