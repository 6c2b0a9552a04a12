/**
 * Running a generator to its end without holding up the event loop.
 * @module
 */

const BREATH_MS = 16

/**
 * Runs `steps` to the end, giving the event loop a turn about every 16 ms.
 *
 * @throws the reason of the signal when it is aborted.
 */
export async function breathing<T, R>(steps: Generator<T, R, void>, signal?: AbortSignal): Promise<R> {
  let since = performance.now()
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
    if (performance.now() - since > BREATH_MS) {
      await new Promise(resolve => setTimeout(resolve, 0))
      since = performance.now()
      signal?.throwIfAborted()
    }
  }
}
