/**
 * The network beside the baselines, by the metric that people look at first.
 * @module
 */
import { dot, ruleY } from '@observablehq/plot'
import { figure, METRIC_NAMES } from '../../display/words.ts'
import { draw, type Figure, seriesColour, tick } from '../figure.ts'

/** A method with its metrics on the rows that are looked at. */
export interface MethodMetrics {
  readonly method: string
  readonly objective: number | null
  readonly metrics: Readonly<Record<string, number>>
}

/** R² or accuracy of each method. */
export function baselinesFigure(rows: readonly MethodMetrics[], where: string): Figure | null {
  const metric = ['r2', 'accuracy'].find(name => rows.some(row => row.metrics[name] !== undefined))
  if (rows.length < 2 || metric === undefined) return null
  const name = metric === 'r2' ? METRIC_NAMES.r2 : 'Accuracy'
  const points = rows.flatMap(({ method, metrics }, at) =>
    metrics[metric] === undefined ? [] : [{ at, method, value: metrics[metric] }],
  )
  const alt = `${name} on ${where}: ${points.map(({ method, value }) => `${method} ${figure(value, 4)}`).join(', ')}.`
  const short = (at: number) => rows[at].method.split(',')[0]
  return {
    id: 'baselines',
    title: `${name} beside the baselines`,
    caption: `${name} on ${where}; further right is better.`,
    alt,
    svg: draw(alt, {
      height: 60 + 26 * rows.length,
      marginLeft: 120,
      marginTop: 8,
      color: { type: 'identity' },
      x: { label: name, grid: true, ticks: 5, nice: true, tickFormat: tick },
      y: {
        type: 'band',
        label: null,
        domain: rows.map((_, at) => at),
        tickFormat: at => short(Number(at)),
        tickSize: 0,
      },
      marks: [
        ruleY(points, {
          y: 'at',
          x1: Math.min(0, ...points.map(({ value }) => value)),
          x2: 'value',
          stroke: point => seriesColour(point.at === rows.length - 1 ? 0 : 7),
          strokeWidth: 2,
        }),
        dot(points, { x: 'value', y: 'at', r: 5, fill: point => seriesColour(point.at === rows.length - 1 ? 0 : 7) }),
      ],
    }),
    data: {
      header: ['method', 'objective', ...Object.keys(rows[0].metrics)],
      rows: rows.map(row => [
        row.method,
        row.objective,
        ...Object.keys(rows[0].metrics).map(key => row.metrics[key] ?? null),
      ]),
    },
  }
}
