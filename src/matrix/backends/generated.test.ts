import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { buildKernels } from '../../../tools/build-kernels.ts'

test('what is checked in under generated/ is what its sources give; after a change run npm run build:kernels', async () => {
  for (const [name, content] of await buildKernels())
    expect(await readFile(new URL(`generated/${name}`, import.meta.url), 'utf8')).toBe(content)
})
