/**
 * Writes models and runs without end, one line for each: the victim of kill.ts.
 *
 *   writer.ts <fixture> <folder>
 */
import { join } from 'node:path'
import { readModel, writeModel } from '../../src/formats/modelFile.ts'
import { saveCheckpoint, writeRun } from '../../src/formats/runFolder.ts'
import { dense } from '../../src/matrix/dense.ts'

const [fixture, folder] = process.argv.slice(2)
const small = await readModel(fixture)
const cols = small.network.hidden.cols
const gates = dense(30_000, cols, new Float64Array(30_000 * cols).fill(0.5))
const large = { ...small, patterns: { gates, complete: false } }

for (let k = 1; ; k++) {
  // By turns with weights inside and beside; lambda tells which writing it was.
  const model = { ...(k % 3 === 0 ? small : large), lambda: k }
  await writeModel(join(folder, 'm.json'), model)
  await saveCheckpoint(join(folder, 'run'), { model, config: `seed: ${k}\n` })
  const run = { model, curve: [], events: [], validation: null, held: null, config: `seed: ${k}\n` }
  await writeRun(join(folder, 'run'), run)
  console.log(`written ${k}`)
}
