/**
 * Exported ONNX files in Python's onnxruntime, the one most of them end up in: NADIR_PYTHON names a Python that has it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundled, datasetOf, encode } from '../../src/data/index.ts'
import { exportOnnx } from '../../src/formats/export/exportOnnx.ts'
import { drawnModel, predicted } from '../oracles/savedModels.ts'

const python = process.env.NADIR_PYTHON
const found = python !== undefined && spawnSync(python, ['-c', 'import onnxruntime']).status === 0
if (!found) sayWhy()

/** Says why nothing is checked. */
function sayWhy(): void {
  process.stderr.write(
    'pythonOnnx: skipped, since NADIR_PYTHON names no Python with onnxruntime. Set it to check the exports there.\n',
  )
}

const folder = mkdtempSync(join(tmpdir(), 'nadir-python-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs x.bin through m.onnx; prints the numbers of the first output that is one of numbers. */
const SCRIPT = `
import json, sys
import numpy as np
import onnxruntime as ort
path, rows, cols, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
x = np.fromfile(path + '/x.bin', dtype='<f8').reshape(rows, cols).astype(kind)
session = ort.InferenceSession(path + '/m.onnx', providers=['CPUExecutionProvider'])
names = [output.name for output in session.get_outputs()]
name = 'value' if 'value' in names else 'probabilities'
print(json.dumps(session.run([name], {'x': x})[0].astype('f8').ravel().tolist()))
`

describe.skipIf(!found)('exports in Python', () => {
  it.each(
    (['diabetes', 'breast-cancer', 'wine'] as const).flatMap(name =>
      (['relu', 'gated'] as const).flatMap(kind =>
        (['float64', 'float32'] as const).map(precision => ({ name, kind, precision })),
      ),
    ),
  )('$name, $kind, $precision', async ({ name, kind, precision }) => {
    const table = await bundled(name)
    const data = datasetOf(table)
    const loss =
      data.target.kind === 'number' ? 'squared' : data.target.labels.length === 2 ? 'logistic' : 'multinomial'
    const model = drawnModel(data, { kind, loss })
    const { x } = encode(model.encoding, table)
    writeFileSync(join(folder, 'm.onnx'), exportOnnx(model, { precision }))
    writeFileSync(join(folder, 'x.bin'), new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength))
    const ran = spawnSync(python ?? '', ['-c', SCRIPT, folder, String(x.rows), String(x.cols), precision], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    expect(ran.status, ran.stderr).toBe(0)
    const got = JSON.parse(ran.stdout) as number[]
    const { values, probabilities } = predicted(model, table)
    const expected = probabilities?.data ?? values
    expect(got).toHaveLength(expected.length)
    const size = Math.max(...expected.map(Math.abs))
    const tolerance = precision === 'float64' ? 1e-12 : 1e-5
    expected.forEach((value, at) => {
      expect(Math.abs(got[at] - value)).toBeLessThan(tolerance * size)
    })
  })
})
