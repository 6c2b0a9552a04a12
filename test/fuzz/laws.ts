/**
 * What must hold for every reader and every file: no crash, no hang, a clear error or a whole result, and no memory reserved for what is
 * not there. Shared by the quick tests and the long ones.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { expect } from 'vitest'
import { readConfig } from '../../src/cli/runConfig.ts'
import { parseDelimited } from '../../src/data/delimited.ts'
import type { Table } from '../../src/data/index.ts'
import { NadirError } from '../../src/errors.ts'
import { readTable, writeNpy, writeSafetensors } from '../../src/formats/index.ts'
import { parseModel, type SavedModel } from '../../src/formats/modelFile.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { readNpz } from '../../src/formats/npz.ts'
import { readSafetensors, type Tensor } from '../../src/formats/safetensors.ts'
import { root } from '../structure/sources.ts'
import { damaged, drawOf, hostileCsv, hostileJson, hostileModel } from './mutations.ts'

/** A reader with its files. */
export interface Family {
  readonly name: string
  /** The bytes of a case. */
  file(index: number): Uint8Array
  /** Reads, and checks that the result is whole. */
  read(bytes: Uint8Array): Promise<unknown> | unknown
  /** A file that must be read, before and after all others, always alike. */
  readonly valid: Uint8Array
}

const MODEL = readFileSync(join(root, 'test/fixtures/model-1.json'), 'utf8')
const numbers = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(i))
const TENSORS = new Map<string, Tensor>([
  ['a', { shape: [6, 5], data: numbers(30) }],
  ['b', { shape: [7], data: numbers(7) }],
])
const NPY = writeNpy({ shape: [9, 7], data: numbers(63) })
const text = (content: string) => new TextEncoder().encode(content)

/** All readers that work on bytes; `folder` is for those that want a path. */
export function families(folder: string): Family[] {
  const viaFile = (name: string) => async (bytes: Uint8Array) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return wholeTable(await readTable(path))
  }
  const csv = text('a,b\n1,x\n2,"y, z"\n3,\n')
  const npz = zipSync({ 'X.npy': NPY, 'y.npy': writeNpy({ shape: [9], data: numbers(9) }) }, { level: 6 })
  const safetensors = writeSafetensors(TENSORS)
  return [
    {
      name: 'csv, built-in reader',
      file: index => hostileCsv(drawOf('csv', index)),
      read: bytes => wholeTable(parseDelimited(new TextDecoder().decode(bytes), { source: 'x.csv' })),
      valid: csv,
    },
    { name: 'csv', file: index => hostileCsv(drawOf('csv', index)), read: viaFile('x.csv'), valid: csv },
    {
      name: 'json lines',
      file: index => hostileJson(drawOf('json', index)),
      read: viaFile('x.jsonl'),
      valid: text('{"a": 1, "b": "x"}\n{"a": null, "b": "y"}\n'),
    },
    {
      name: 'npy',
      file: index => damaged(NPY, drawOf('npy', index)),
      read: bytes => readNpy(bytes, 'x.npy'),
      valid: NPY,
    },
    {
      name: 'npz',
      file: index => damaged(npz, drawOf('npz', index)),
      read: bytes => wholeTable(readNpz(bytes, 'x.npz')),
      valid: npz,
    },
    {
      name: 'safetensors',
      file: index => damaged(safetensors, drawOf('safetensors', index)),
      read: bytes => [...readSafetensors(bytes, 'x.safetensors')],
      valid: safetensors,
    },
    {
      name: 'model file, by keys',
      file: index => text(hostileModel(MODEL, drawOf('model', index))),
      read: bytes => wholeModel(parseModel(new TextDecoder().decode(bytes), 'm.json')),
      valid: text(MODEL),
    },
    {
      name: 'model file, by bytes',
      file: index => damaged(text(MODEL), drawOf('model bytes', index)),
      read: bytes => wholeModel(parseModel(new TextDecoder().decode(bytes), 'm.json')),
      valid: text(MODEL),
    },
    {
      name: 'configuration',
      file: index => {
        const draw = drawOf('config', index)
        const line = () =>
          `${draw.of(['target', 'lambda', 'seed', '__proto__', 'x', '- a', '&a', '*a', 'gap'])}: ${draw.of(['y', '1', '[1', '{a: *a}', '!!js/function x', '.nan', '"', '&a [*a]', '1e999'])}`
        const bytes = text(Array.from({ length: 1 + draw.below(4) }, line).join('\n'))
        return draw.below(2) === 0 ? damaged(bytes, draw) : bytes
      },
      read: bytes => {
        writeFileSync(join(folder, 'run.yaml'), bytes)
        return readConfig(join(folder, 'run.yaml'))
      },
      valid: text('target: y\nlambda: 0.1max\nseed: 3\n'),
    },
  ]
}

/** Runs the cases from `from` to `to` of a family; gives how many were read. */
export async function fuzz(family: Family, from: number, to: number): Promise<{ read: number; refused: number }> {
  const expected = await family.read(family.valid)
  let read = 0
  for (let index = from; index < to; index++) {
    const bytes = family.file(index)
    const counted = counting()
    try {
      await family.read(bytes)
      read++
    } catch (error) {
      clear(error, `${family.name}, case ${index}`)
      // What is refused was not made room for.
      expect(counted.bytes(), `${family.name}, case ${index}`).toBeLessThanOrEqual(4 * bytes.length + (1 << 17))
    } finally {
      counted.stop()
    }
  }
  expect(await family.read(family.valid)).toEqual(expected)
  expect(Object.keys(Object.prototype)).toEqual([])
  return { read, refused: to - from - read }
}

/** An error is one of ours, one line, and ends with what to do. */
export function clear(error: unknown, which: string): void {
  if (!(error instanceof NadirError)) throw new Error(`${which}: not an error of ours`, { cause: error })
  const { message } = error
  expect(message, which).toMatch(/^[a-z]+: [\s\S]+[.:;] [A-Z"][\s\S]*[.?]$/)
  expect(message.length, which).toBeLessThan(1000)
}

function wholeTable(table: Table): Table {
  expect(table.rows).toBeGreaterThan(0)
  expect(table.columns.length).toBeGreaterThan(0)
  for (const column of table.columns) {
    expect(column.values.length).toBe(table.rows)
    if (column.kind === 'number' && column.missing !== null) expect(column.missing.length).toBe(table.rows)
  }
  return table
}

function wholeModel(model: SavedModel): SavedModel {
  const { hidden, output } = model.network
  expect(hidden.data.length).toBe(hidden.rows * hidden.cols)
  expect(output.rows).toBe(hidden.rows)
  expect([...hidden.data, ...output.data].every(Number.isFinite)).toBe(true)
  return model
}

/** Counts the bytes of typed arrays that are made by length from now on. */
function counting(): { bytes(): number; stop(): void } {
  const own = { Float64Array: globalThis.Float64Array, Uint8Array: globalThis.Uint8Array }
  let total = 0
  const counter = <T extends typeof Float64Array | typeof Uint8Array>(array: T): T =>
    new Proxy(array, {
      construct(target, args: unknown[], next) {
        if (typeof args[0] === 'number') total += args[0] * target.BYTES_PER_ELEMENT
        return Reflect.construct(target, args, next) as object
      },
    })
  globalThis.Float64Array = counter(own.Float64Array)
  globalThis.Uint8Array = counter(own.Uint8Array)
  return { bytes: () => total, stop: () => Object.assign(globalThis, own) }
}
