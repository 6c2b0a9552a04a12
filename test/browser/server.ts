/**
 * A static server on loopback, with or without the headers that make a page cross-origin isolated.
 * @module
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running server. */
export interface Server {
  readonly url: string
  close(): Promise<void>
}

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' }

/**
 * Serves `files` (path without the leading slash → content) on a free port of 127.0.0.1.
 *
 * @param options `isolated`: send COOP and COEP, without which a page gets no SharedArrayBuffer.
 */
export async function serve(
  files: ReadonlyMap<string, string | Uint8Array>,
  options: { isolated: boolean },
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html'
    const content = files.get(path)
    if (options.isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    }
    response.setHeader('Content-Type', TYPES[path.split('.').pop() ?? ''] ?? 'application/octet-stream')
    response.writeHead(content === undefined ? 404 : 200)
    response.end(content)
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise(done => server.close(() => done())),
  }
}
