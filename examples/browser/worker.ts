/**
 * The worker of the page: reads the CSV, trains, and sends back what it proved.
 */
import { fit } from 'nadir'
import { datasetOf, lossFor, metricsOf, parseDelimited, predictionsOf } from 'nadir/data'
import type { Order, Reply, Request } from './messages.ts'

const say = (reply: Reply) => globalThis.postMessage(reply)
let running = new AbortController()

globalThis.onmessage = async ({ data }: MessageEvent<Request>) => {
  if (data === 'stop') return running.abort()
  running = new AbortController()
  try {
    say(await train(data, running.signal))
  } catch (error) {
    say({ kind: 'error', message: error instanceof Error ? error.message : String(error) })
  }
}

async function train({ text, name, target, model, lambdaFraction }: Order, signal: AbortSignal): Promise<Reply> {
  const data = datasetOf(parseDelimited(text, { source: name }), { target })
  const loss = lossFor(data.target)
  const fitted = await fit(data.x, data.y, {
    ...{ model, loss, lambdaFraction, signal, tolerance: 1e-5 },
    ...(data.target.kind === 'classes' && { classes: data.target.labels }),
    onProgress: ({ objective, bound, relativeGap }) => say({ kind: 'progress', objective, bound, gap: relativeGap }),
  })
  const predictions = predictionsOf(fitted.values(data.x), { target: data.target, loss })
  const { network, standardisation } = fitted
  return {
    kind: 'done',
    statement: fitted.certificate.statement,
    status: fitted.status,
    neurons: network.hidden.rows,
    seconds: fitted.seconds,
    metrics: metricsOf(data.y, predictions, { target: data.target, weights: null }),
    weights: JSON.stringify({ columns: data.names, network, standardisation }, plain, 1),
  }
}

/** Typed arrays as plain lists. */
function plain(_: string, value: unknown): unknown {
  return value instanceof Float64Array ? Array.from(value) : value
}
