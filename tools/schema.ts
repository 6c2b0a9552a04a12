/**
 * Writes the JSON Schemas that the package publishes (`npm run schema`); a test compares them with the code.
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configSchema } from '../src/cli/runConfig.ts'
import { modelJsonSchema } from '../src/formats/modelSchema.ts'
import { root } from '../test/structure/sources.ts'

mkdirSync(join(root, 'schema'), { recursive: true })
writeFileSync(join(root, 'schema/nadir-config.json'), `${JSON.stringify(configSchema(), null, 2)}\n`)
writeFileSync(join(root, 'schema/nadir-model-1.json'), `${JSON.stringify(modelJsonSchema(), null, 2)}\n`)
