/**
 * A foreign network from a file: ONNX, .npz, .safetensors or JSON, told by its first bytes and its name.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { FormatError } from '../../errors.ts'
import { ACTIVATIONS, type Activation } from '../../models/activation.ts'
import type { ForeignNetwork } from '../../models/audit/foreign.ts'
import { readNpy } from '../npy.ts'
import { npzMembers } from '../npz.ts'
import { readSafetensors } from '../safetensors.ts'
import { readJsonWeights } from './json.ts'
import { type NamedArray, networkFromArrays } from './namedWeights.ts'
import { readOnnx } from './onnx.ts'

/** No two-layer network worth auditing is larger. */
const MOST_BYTES = 2 ** 30

/** Whether a path is a file of a foreign network by its name: not a model file, not a run folder. */
export function looksForeign(path: string): boolean {
  const ending = extname(path).toLowerCase()
  if (['.onnx', '.npz', '.safetensors', '.pt', '.pth', '.h5', '.keras', '.pkl'].includes(ending)) return true
  if (ending !== '.json') return false
  // A model file says so at its beginning.
  return !readStart(path).includes('"nadir-model"')
}

/**
 * Reads a foreign network.
 *
 * @param options.activation of files that do not say: .npz and .safetensors. Default ReLU.
 * @throws FormatError for absent, huge, damaged or other files; else as `readOnnx`, `networkFromArrays`, `readJsonWeights`.
 */
export function readForeign(path: string, options: { readonly activation?: Activation } = {}): ForeignNetwork {
  const { activation = ACTIVATIONS.relu } = options
  const source = basename(path)
  const ending = extname(path).toLowerCase()
  if (['.pt', '.pth', '.pkl'].includes(ending))
    throw new FormatError(
      `weights: ${source} is a pickle, which runs code when it is read, and is not. Export the network with torch.onnx.export, or its weights with safetensors.torch.save_file.`,
    )
  if (['.h5', '.keras'].includes(ending))
    throw new FormatError(`weights: ${source} is a Keras file, which is not read. Export it as ONNX with tf2onnx.`)
  const bytes = bytesOf(path, source)
  if (ending === '.json') return readJsonWeights(new TextDecoder().decode(bytes), source)
  if (ending === '.npz') {
    const arrays = new Map<string, NamedArray>()
    for (const [name, content] of Object.entries(npzMembers(bytes, source)))
      arrays.set(name, { ...readNpy(content, `array "${name}" of ${source}`), single: isSingle(content) })
    return networkFromArrays(arrays, { source, activation })
  }
  if (ending === '.safetensors') {
    const arrays = new Map<string, NamedArray>()
    // The reader widens float32: numbers that all fit it came from there.
    for (const [name, tensor] of readSafetensors(bytes, source))
      arrays.set(name, { ...tensor, single: tensor.data.every(v => Math.fround(v) === v) })
    return networkFromArrays(arrays, { source, activation })
  }
  const folder = dirname(path)
  return readOnnx(bytes, {
    source,
    beside: name => {
      const file = join(folder, name)
      return statSync(file, { throwIfNoEntry: false })?.isFile() ? bytesOf(file, name) : null
    },
  })
}

function bytesOf(path: string, source: string): Uint8Array {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || !found.isFile())
    throw new FormatError(`weights: there is no file ${path}. Check the path.`)
  if (found.size > MOST_BYTES)
    throw new FormatError(
      `weights: ${source} has ${found.size} bytes, more than any two-layer network that can be audited. Give a smaller network.`,
    )
  try {
    return readFileSync(path)
  } catch (error) {
    throw new FormatError(
      `weights: ${source} could not be read: ${error instanceof Error ? error.message : error}. Check its permissions.`,
      { cause: error },
    )
  }
}

function readStart(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() && found.size <= MOST_BYTES ? readFileSync(path).subarray(0, 4096).toString('latin1') : ''
}

/** float16 and float32 by the header of a .npy. */
function isSingle(bytes: Uint8Array): boolean {
  return /'descr'\s*:\s*'[<>=|]?f[24]'/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 256)))
}
