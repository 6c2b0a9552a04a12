/** A network of another program in 30 columns: no exact oracle is affordable, and the report says so. */
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { nadir, objectOf } from '../cli/terminal.ts'

it('breast cancer by scikit-learn: a bound that holds, loose, and no false verdict', async () => {
  const file = fileURLToPath(new URL('../fixtures/foreign/sklearn-breast-cancer.onnx', import.meta.url))
  const flags = ['--hidden-bias', 'free', '--lambda', String(5 / 569), '--json', '-q']
  const ran = await nadir(['audit', file, 'breast-cancer', ...flags])
  const report = objectOf(ran) as { certificate: { scope: string; dual: number }; metrics: { accuracy: number } }
  expect(report.metrics.accuracy).toBeGreaterThan(0.97)
  expect(report.certificate.scope).toBe('global')
  expect(report.certificate.dual).toBeGreaterThan(0)
  expect(objectOf(ran).verdict).not.toBe('optimal')
})
