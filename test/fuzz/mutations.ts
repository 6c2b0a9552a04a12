/**
 * Damage to files, drawn by a seed: the same case gives the same bytes on every machine.
 */
import { fold, type Key, key, uniforms } from '../../src/random/index.ts'

/** Draws of one case, one after the other. */
export interface Draw {
  /** A whole number in [0, most). */
  below(most: number): number
  /** One of a list. */
  of<T>(list: readonly T[]): T
}

/** The draws of case `index` of a family. */
export function drawOf(family: string, index: number): Draw {
  const own: Key = fold(fold(key(2026), family), index)
  let at = 0
  let batch: Float64Array = new Float64Array()
  const next = (): number => {
    if (at % 64 === 0) batch = uniforms(fold(own, at / 64), 64)
    return batch[at++ % 64]
  }
  return {
    below: most => Math.floor(next() * most),
    of: list => list[Math.floor(next() * list.length)],
  }
}

const ODD = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x0a, 0x0d, 0x7b, 0x7d, 0x5b]

/** Bytes with 1 to 4 faults: cut, changed, doubled, taken out, put in. */
export function damaged(bytes: Uint8Array, draw: Draw): Uint8Array {
  let out = Uint8Array.from(bytes)
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => Array.from(part)))
  for (let faults = 1 + draw.below(4); faults > 0; faults--) {
    const at = draw.below(out.length + 1)
    const length = 1 + draw.below(draw.of([2, 8, 64]))
    switch (draw.below(7)) {
      case 0:
        out = out.slice(0, at)
        break
      case 1:
        out = out.slice()
        if (at < out.length) out[at] ^= 1 << draw.below(8)
        break
      case 2:
        out = out.slice()
        for (let i = at; i < Math.min(out.length, at + length); i++) out[i] = draw.of(ODD)
        break
      case 3:
        out = join(out.subarray(0, at), out.subarray(at + length))
        break
      case 4:
        out = join(out.subarray(0, at + length), out.subarray(at))
        break
      case 5:
        out = join(
          out.subarray(0, at),
          Uint8Array.from({ length }, () => draw.below(256)),
          out.subarray(at),
        )
        break
      default: {
        // A number of a header, made huge.
        out = out.slice()
        const view = new DataView(out.buffer)
        const start = Math.min(at, 4 * draw.below(40))
        if (start + 4 <= out.length) view.setUint32(start, draw.of([0xffffffff, 0x7fffffff, 0x10000000, 0]), true)
      }
    }
  }
  return out
}

const CELLS = [
  'a',
  '1',
  '-2.5e3',
  '',
  ' ',
  'NA',
  'nan',
  '1e999',
  '"',
  '""',
  '"a',
  'a"b',
  '"a""b"',
  '"x,y"',
  '"line\nend"',
  '\0',
  '\ufeff',
  'é',
  '日本',
  '\ud800',
  '0x1f',
  '1,5',
  '=cmd()',
  '__proto__',
  'constructor',
  'True',
  'false',
  '2024-01-31',
  '9007199254740993',
  "'",
  '\\',
  '\t',
  '?',
  'NULL',
]
const ENDS = ['\n', '\n', '\n', '\r\n', '\r', '\n\n', '']

/** A table as text with hostile cells, delimiters and line ends; about one in three is regular. */
export function hostileCsv(draw: Draw): Uint8Array {
  const delimiter = draw.of([',', ',', ',', ';', '\t', '|'])
  const regular = draw.below(3) === 0
  const cols = 1 + draw.below(5)
  const end = regular ? draw.of(['\n', '\r\n']) : null
  const cell = (row: number, j: number) => (regular ? (row === 0 ? `c${j}` : `${row * j}`) : draw.of(CELLS))
  let text = draw.below(6) === 0 ? '\ufeff' : ''
  for (let row = 0; row < 1 + draw.below(12); row++) {
    const width = regular || draw.below(8) > 0 ? cols : draw.below(8)
    text += Array.from({ length: width }, (_, j) => cell(row, j)).join(delimiter) + (end ?? draw.of(ENDS))
  }
  const bytes = new TextEncoder().encode(text)
  return draw.below(4) === 0 ? damaged(bytes, draw) : bytes
}

/** JSON lines with one fault, or none. */
export function hostileJson(draw: Draw): Uint8Array {
  const value = () =>
    draw.of([
      '1',
      '-2.5',
      'null',
      'true',
      '"a"',
      '"\\u0000"',
      '"\\ud800"',
      '1e999',
      '[1, 2]',
      '{"b": 1}',
      '',
      '"',
      '[[[[[[[[1]]]]]]]]',
      'NaN',
    ])
  const name = () => draw.of(['a', 'b', 'c', '__proto__', 'constructor', '', ' a', 'A'])
  const line = () => `{${Array.from({ length: draw.below(4) }, () => `"${name()}": ${value()}`).join(', ')}}`
  const bytes = new TextEncoder().encode(
    Array.from({ length: 1 + draw.below(6) }, line).join(draw.of(['\n', '\n', ',', ''])),
  )
  return draw.below(3) === 0 ? damaged(bytes, draw) : bytes
}

/** A model file with one key made hostile: lengths that lie, deep nesting, keys of prototypes, numbers that are none. */
export function hostileModel(text: string, draw: Draw): string {
  const raw = JSON.parse(text) as Record<string, unknown>
  const spots: [Record<string, unknown>, string][] = []
  const visit = (at: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(at)) {
      spots.push([at, name])
      if (typeof value === 'object' && value !== null) visit(value as Record<string, unknown>)
    }
  }
  visit(raw)
  for (let faults = 1 + draw.below(3); faults > 0; faults--) {
    const [at, name] = draw.of(spots)
    switch (draw.below(5)) {
      case 0:
        delete at[name]
        break
      case 1:
        at[name] = draw.of<unknown>([null, -1, 2 ** 53, 1e308, 'NaN', '', [], {}, true, [[]], 0.5, -0])
        break
      case 2:
        at[name] = '<<deep>>'
        break
      case 3:
        at[draw.of(['constructor', 'toString', 'hasOwnProperty', 'data', 'tensor', 'rows', 'weights'])] =
          draw.of<unknown>([1, {}, [1, 2], 'x', { file: 'w.safetensors', sha256: '0'.repeat(64) }])
        break
      default:
        at[name] = '<<proto>>'
    }
  }
  const depth = 1 + draw.below(20_000)
  return JSON.stringify(raw)
    .replaceAll('"<<deep>>"', `${'['.repeat(depth)}${']'.repeat(depth)}`)
    .replaceAll('"<<proto>>"', '{"__proto__": {"polluted": true}, "rows": 1}')
}
