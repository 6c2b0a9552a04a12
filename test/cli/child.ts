/**
 * Programs of this checkout as child processes, to be killed by their number in the middle of their work.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../structure/sources.ts'

export interface Child {
  readonly process: ChildProcess
  /** Resolves with what `found` gives first for one of the lines on standard output; rejects when the child ends before. */
  line(found: (line: string) => boolean): Promise<string>
  /** kill -9, and its end. */
  kill(): Promise<void>
  readonly ended: Promise<number | null>
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** Starts a TypeScript file of this checkout (relative to its root). */
export function start(file: string, argv: readonly string[], options: { readonly cwd: string }): Child {
  const child = spawn(process.execPath, ['--conditions=source', '--import', loader, join(root, file), ...argv], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const lines: string[] = []
  let rest = ''
  let err = ''
  let listeners: (() => void)[] = []
  const wake = () => {
    const now = listeners
    listeners = []
    for (const listener of now) listener()
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    wake()
  })
  let done = false
  const ended = new Promise<number | null>(resolve => {
    child.once('exit', code => {
      done = true
      wake()
      resolve(code)
    })
  })
  return {
    process: child,
    ended,
    async line(found) {
      for (;;) {
        const line = lines.find(found)
        if (line !== undefined) return line
        if (done) throw new Error(`${file} ended before the line that was waited for: ${err}`)
        await new Promise<void>(resolve => listeners.push(resolve))
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
