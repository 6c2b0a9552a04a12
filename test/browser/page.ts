/**
 * The script of the page: hands the bundled library and the work to whoever drives the browser.
 * @module
 */
import type * as Nadir from '../../src/index.ts'
import { type Outcome, train } from './train.ts'

declare global {
  var trainHere: (backend: 'wasm' | 'js', threads: number) => Promise<Outcome>
}

// The path is the server's; the bundle of the library is a file of its own, as a user of it would have.
const library = '/nadir.js'
globalThis.trainHere = async (backend, threads) => train((await import(library)) as typeof Nadir, backend, threads)
