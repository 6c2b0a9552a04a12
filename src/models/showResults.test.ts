/** Results in notebooks: what the kernels get for a network, a path, a cross-validation and a certificate. */
import { beforeAll, describe, expect, it } from 'vitest'
import { readHtml } from '../../test/oracles/html.ts'
import { JUPYTER_DISPLAY, type MimeBundle } from '../display/notebook.ts'
import { key, normals } from '../random/index.ts'
import type { CrossValidation } from './crossValidate.ts'
import { crossValidate } from './crossValidate.ts'
import { fit } from './fit.ts'
import type { Fitted } from './fitted.ts'
import { fitPath, type Path } from './path.ts'

const draws = normals(key(5), 80)
const x = Array.from({ length: 40 }, (_, i) => [draws[2 * i], draws[2 * i + 1]])
const y = x.map(([a, b]) => Math.abs(a) + b / 2)
const options = { model: 'gated', patterns: 8, backend: 'js' } as const
const shown = (result: object) => (Reflect.get(result, JUPYTER_DISPLAY) as () => MimeBundle)()
const rowsOf = (bundle: MimeBundle) => bundle['text/html'].match(/<tr><td>/g)?.length

let model: Fitted
let path: Path
let validation: CrossValidation
beforeAll(async () => {
  model = await fit(x, y, { ...options, lambdaFraction: 0.1 })
  path = await fitPath(x, y, { ...options, points: 4, smallestFraction: 0.05 })
  validation = await crossValidate(x, y, { ...options, points: 3, folds: 3, smallestFraction: 0.05 })
})

describe('in a notebook', () => {
  it('a network opens with the sentence of its certificate', () => {
    const bundle = shown(model)
    expect(bundle['text/plain']).toBe(model.certificate.statement)
    expect(bundle['text/html'].startsWith('<p>Proved among the')).toBe(true)
    expect(bundle['text/html']).toContain(`${model.network.hidden.rows} neurons`)
    expect(bundle['text/html']).toContain('<polyline')
  })

  it('its certificate and its predictions know nothing of each other', () => {
    expect(shown(model.certificate)['text/plain']).toBe(model.certificate.statement)
    expect(shown(model.certificate)['text/html']).not.toContain('neurons')
  })

  it('a path has a row for each lambda', () => {
    const bundle = shown(path)
    expect(rowsOf(bundle)).toBe(4)
    expect(bundle['text/html']).toContain('scope of the last: restricted')
    expect(bundle['text/plain']).toMatch(/^4 networks from lambda /)
  })

  it('a path that was stopped says so', async () => {
    const stopped = await fitPath(x, y, { ...options, points: 4, signal: AbortSignal.abort() })
    expect(shown(stopped)['text/plain']).toContain('stopped')
  })

  it('a cross-validation marks its two choices', () => {
    const bundle = shown(validation)
    expect(rowsOf(bundle)).toBe(3)
    expect(bundle['text/html'].match(/>[^<]*least[^<]*<\/td>/g)).toHaveLength(1)
    expect(bundle['text/html'].match(/>[^<]*one standard error<\/td>/g)).toHaveLength(1)
  })

  it('all are well-formed', () => {
    for (const result of [model, model.certificate, path, validation])
      expect(readHtml(`<!doctype html>${shown(result)['text/html']}`).problems).toEqual([])
  })
})
