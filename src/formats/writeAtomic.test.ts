import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../errors.ts'
import { requireWritable, writeAtomic } from './writeAtomic.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('writeAtomic', () => {
  it('writes, replaces, makes folders, and leaves nothing else', async () => {
    const path = join(folder, 'deep', 'a.json')
    await writeAtomic(path, 'one')
    await writeAtomic(path, 'two')
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(readdirSync(join(folder, 'deep'))).toEqual(['a.json'])
  })

  it('keeps the old file when it fails, and cleans up', async () => {
    const path = join(folder, 'kept.json')
    await writeAtomic(path, 'old')
    const hostile = (function* () {
      yield 'half'
      throw new Error('pulled the plug')
    })() as unknown as string
    await expect(writeAtomic(path, hostile)).rejects.toThrow(FormatError)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder).filter(name => name.includes('.part'))).toEqual([])
  })

  it('says why a place cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '')
    mkdirSync(join(folder, 'taken'))
    const below = join(folder, 'file', 'x', 'model.json')
    for (const write of [requireWritable, (path: string) => writeAtomic(path, 'x')])
      await expect(write(below)).rejects.toThrow(
        `write: ${below} cannot be written: a part of the path is a file, not a folder. Choose another place with --out.`,
      )
    for (const write of [requireWritable, (path: string) => writeAtomic(path, 'x')])
      await expect(write(join(folder, 'taken'))).rejects.toThrow('there is a folder of that name')
    expect(readdirSync(folder).filter(name => name.includes('.part'))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('does not hang where no folder can be made', async () => {
    await expect(requireWritable('/proc/nothing/here/model.json')).rejects.toThrow(
      'write: /proc/nothing/here/model.json cannot be written: no folder can be made there.',
    )
  })
})
