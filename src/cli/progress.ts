/**
 * The progress line: objective, bound, gap, active neurons, and when the gap asked for will be reached.
 *
 * The time left is read off the slope of log(gap) against time, by least squares over the second half of the run: first-order
 * and Newton methods alike lose about a constant factor a second once they have settled.
 * @module
 */
import type { Progress } from '../solvers/solve.ts'
import type { Io } from './io.ts'
import { duration, figure } from './output.ts'

/** Seconds between lines where a line cannot be redrawn. */
const PLAIN_EVERY = 5
/** Seconds between redraws on a terminal. */
const REDRAW_EVERY = 0.1
const MOST_POINTS = 400
const A_WEEK = 7 * 24 * 3600

export interface ProgressLine {
  update(progress: Progress): void
  /** Shows a sentence of one's own. */
  say(text: string): void
  /** Names the part of a longer work that updates are about from now on. */
  stage(name: string): void
  /** Takes a redrawn line away. */
  end(): void
}

/** Shows progress on `io.err`: one redrawn line on a terminal, a plain line every few seconds otherwise. */
export function progressLine(io: Io, options: { readonly gap: number; readonly quiet?: boolean }): ProgressLine {
  let points: [number, number][] = []
  let shown = 0
  let drawn = false
  let best = Infinity
  let stage = ''
  const started = performance.now()
  const show = (text: string, seconds: number): void => {
    if (seconds - shown < (io.terminal ? REDRAW_EVERY : PLAIN_EVERY)) return
    shown = seconds
    if (io.terminal) {
      io.err(`\r\u001b[K${text.slice(0, io.errWidth === undefined ? text.length : io.errWidth - 1)}`)
      drawn = true
    } else io.err(`${text}\n`)
  }
  return {
    say(text) {
      if (!options.quiet) show(text, (performance.now() - started) / 1000)
    },
    stage(name) {
      stage = `${name}  `
      best = Infinity
      points = []
    },
    update(progress) {
      if (options.quiet) return
      best = Math.min(best, progress.objective)
      if (progress.relativeGap > 0 && Number.isFinite(progress.relativeGap)) {
        const point: [number, number] = [progress.seconds, Math.log(progress.relativeGap)]
        // A gap that jumps up is a new program (more patterns): its slope says nothing about the old one.
        if (points.length > 0 && point[1] > points[points.length - 1][1] + Math.LN10) points = []
        points.push(point)
        if (points.length > MOST_POINTS) points.splice(0, MOST_POINTS / 2)
      }
      show(stage + describe({ ...progress, objective: best }, options.gap, points), progress.seconds)
    },
    end() {
      if (drawn) io.err('\r\u001b[K')
      drawn = false
    },
  }
}

/** One line of progress. */
export function describe(progress: Progress, target: number, points: readonly (readonly [number, number])[]): string {
  const left = progress.relativeGap > target ? secondsLeft(points, target) : null
  return [
    duration(progress.seconds),
    `objective ${figure(progress.objective)}`,
    `bound ${Number.isFinite(progress.bound) ? figure(progress.bound) : '—'}`,
    `gap ${Number.isFinite(progress.relativeGap) ? progress.relativeGap.toExponential(1) : '—'}`,
    `${progress.active} active`,
    progress.phase,
    ...(left === null ? [] : [`~${duration(left)} to ${target.toExponential(0)}`]),
  ].join('  ')
}

/** Seconds until log(gap) reaches log(target) on the least-squares line through the later half of (seconds, log gap); null when it does not fall. */
export function secondsLeft(points: readonly (readonly [number, number])[], target: number): number | null {
  const recent = points.slice(Math.floor(points.length / 2))
  if (recent.length < 3 || !(target > 0)) return null
  const meanT = recent.reduce((sum, [t]) => sum + t, 0) / recent.length
  const meanG = recent.reduce((sum, [, g]) => sum + g, 0) / recent.length
  let covariance = 0
  let variance = 0
  for (const [t, g] of recent) {
    covariance += (t - meanT) * (g - meanG)
    variance += (t - meanT) ** 2
  }
  const slope = covariance / variance
  if (!(slope < 0)) return null
  const [now] = recent[recent.length - 1]
  const left = Math.max(0, meanT + (Math.log(target) - meanG) / slope - now)
  // A slope of next to nothing is no forecast.
  return left < A_WEEK ? left : null
}
