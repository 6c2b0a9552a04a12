/**
 * How to run the model in TypeScript, Python and a browser: code with the model's own columns, to copy.
 * @module
 */

import { dateOf } from '../data/dates.ts'
import type { FeatureEncoding } from '../data/encoding.ts'
import type { SavedModel } from '../formats/modelFile.ts'

/** Code for one place. */
export interface Snippet {
  readonly title: string
  readonly code: string
}

/** Snippets for a model that lies at `path` (a model file or a run folder), as seen from where the code runs. */
export function loadingSnippets(model: SavedModel, path: string): Snippet[] {
  const file = path.endsWith('.json') ? path : `${path}/model.json`
  const onnx = path.endsWith('.json') ? path.replace(/json$/, 'onnx') : `${path}/model.onnx`
  const row = Object.fromEntries(model.encoding.map(feature => [feature.column, exampleCell(feature)]))
  const encoded = model.encoding.flatMap(exampleColumns)
  const classes = model.target.kind === 'classes'
  return [
    {
      title: 'Command line',
      code: `nadir predict ${quoted(path)} new.csv --out predictions.csv\n`,
    },
    {
      title: 'TypeScript, from a table with the same columns',
      code: `import { predictorOf } from 'nadir'
import { encode } from 'nadir/data'
import { predictorState, readModel, readTable } from 'nadir/formats'

const model = await readModel(${JSON.stringify(file)})
const { x } = encode(model.encoding, await readTable('new.csv'))
console.log(predictorOf(predictorState(model)).predict(x))
`,
    },
    {
      title: 'Python, with onnxruntime',
      code: `# nadir export ${quoted(path)} --out ${quoted(onnx)}
import numpy
import onnxruntime

session = onnxruntime.InferenceSession(${JSON.stringify(onnx)})
# One row. The columns in order: session.get_modelmeta().custom_metadata_map["inputs"]
x = numpy.array([${JSON.stringify(encoded)}], dtype=numpy.float64)
print(session.run([${classes ? '"label"' : '"value"'}], {"x": x})[0])
`,
    },
    {
      title: 'Browser, or any JavaScript without Nadir',
      code: `// nadir export ${quoted(path)} --out model.mjs
import { predict } from './model.mjs'

console.log(predict(${JSON.stringify(row, null, 2)}))
`,
    },
  ]
}

/** A value that the column may hold: the mean, its date, the true text, the first category. */
function exampleCell(feature: FeatureEncoding): number | string | null {
  if (feature.kind === 'number') return Number(feature.mean.toPrecision(4))
  if (feature.kind === 'date') return dateOf(Math.round(feature.mean))
  return feature.kind === 'boolean' ? feature.trueText : (feature.categories[0] ?? null)
}

/** The same value as the columns of X. */
function exampleColumns(feature: FeatureEncoding): number[] {
  if (feature.kind === 'number') return [Number(feature.mean.toPrecision(4)), ...(feature.indicator ? [0] : [])]
  if (feature.kind === 'date') return [Math.round(feature.mean), ...(feature.indicator ? [0] : [])]
  if (feature.kind === 'boolean') return [1]
  const width = feature.categories.length + (feature.missing ? 1 : 0)
  return Array.from({ length: width }, (_, k) => (k === 0 ? 1 : 0))
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
