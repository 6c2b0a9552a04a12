/**
 * How training went: the gap, and objective and bound together, against steps and against time.
 * @module
 */
import { dot, lineY, ruleY } from '@observablehq/plot'
import { duration, figure } from '../../display/words.ts'
import { COLOURS, draw, type Figure, thinned, tick } from '../figure.ts'

/** [seconds, objective, relative gap] of a step. */
export type CurvePoint = readonly [number, number, number]

interface Point {
  readonly iteration: number
  readonly seconds: number
  readonly objective: number
  /** objective − gap·|objective|; null where there was no bound yet. */
  readonly bound: number | null
  readonly gap: number | null
}

/** Four figures of a run's steps; none when it recorded none. */
export function trainingFigures(curve: readonly CurvePoint[], asked: number): Figure[] {
  const points = curve
    .map(([seconds, objective, gap], k): Point => {
      const bound = objective - gap * Math.abs(objective)
      return {
        iteration: k + 1,
        seconds,
        objective,
        bound: Number.isFinite(bound) ? bound : null,
        gap: Number.isFinite(gap) ? gap : null,
      }
    })
    .filter(point => Number.isFinite(point.objective))
  if (points.length === 0) return []
  return [gapFigure(points, 'iteration', asked), gapFigure(points, 'seconds', asked)].concat([
    objectiveFigure(points, 'iteration'),
    objectiveFigure(points, 'seconds'),
  ])
}

const AGAINST = { iteration: 'step', seconds: 'seconds' } as const

function gapFigure(points: readonly Point[], against: 'iteration' | 'seconds', asked: number): Figure {
  const seen = points.filter(point => point.gap !== null && point.gap > 0)
  const last = points[points.length - 1]
  const ticks = decades([asked, ...seen.map(({ gap }) => gap ?? asked)])
  const alt = `Relative gap against ${AGAINST[against]}: after ${last.iteration} steps and ${duration(last.seconds)} it is ${last.gap === null ? 'unknown' : figure(last.gap, 3)}; asked for was ${figure(asked, 3)}.`
  return {
    id: against === 'iteration' ? 'gap-by-step' : 'gap-by-time',
    title: `Gap against ${against === 'iteration' ? 'steps' : 'time'}`,
    caption:
      'Objective less bound, as a part of the objective, on a logarithmic scale; the dashed line is the gap asked for. It may rise where patterns were added and a larger program began.',
    alt,
    svg: draw(alt, {
      x: { label: AGAINST[against], nice: true, ...(against === 'iteration' && { tickFormat: whole }) },
      y: {
        type: 'log',
        label: 'relative gap',
        tickFormat: powerOfTen,
        domain: ticks.domain,
        ticks: ticks.at,
        grid: true,
      },
      marks: [
        ruleY([asked], { stroke: COLOURS.quiet, strokeDasharray: '4 3' }),
        lineY(thinned(seen), { x: against, y: 'gap', stroke: COLOURS.first, strokeWidth: 2 }),
        ...(seen.length <= 60 ? [dot(seen, { x: against, y: 'gap', r: 2.5, fill: COLOURS.first })] : []),
      ],
    }),
    data: {
      header: [against === 'iteration' ? 'step' : 'seconds', 'relative_gap'],
      rows: points.map(point => [point[against], point.gap]),
    },
  }
}

function objectiveFigure(points: readonly Point[], against: 'iteration' | 'seconds'): Figure {
  const last = points[points.length - 1]
  // Early bounds may be tiny or negative: on a logarithmic scale they would leave no room for the rest.
  const floor = last.objective / 30
  const bounded = points.filter(point => point.bound !== null && point.bound >= floor)
  const alt = `Objective and lower bound against ${AGAINST[against]}: in the end ${figure(last.objective)} and ${last.bound === null ? 'no bound' : figure(last.bound)}.`
  return {
    id: against === 'iteration' ? 'objective-by-step' : 'objective-by-time',
    title: `Objective and bound against ${against === 'iteration' ? 'steps' : 'time'}`,
    caption:
      'The objective of the best point so far (above) and the largest lower bound (below), on a logarithmic scale; bounds far below are not drawn. The best possible network over the patterns used lies between the lines; where patterns were added, the bound begins anew.',
    alt,
    legend: [
      { label: 'objective', colour: COLOURS.first },
      { label: 'bound', colour: COLOURS.second, dashed: true },
    ],
    svg: draw(alt, {
      x: { label: AGAINST[against], nice: true, ...(against === 'iteration' && { tickFormat: whole }) },
      y: { type: 'log', label: 'objective', tickFormat: tick, ticks: 5, grid: true },
      marks: [
        lineY(thinned(points), { x: against, y: 'objective', stroke: COLOURS.first, strokeWidth: 2 }),
        lineY(thinned(bounded), {
          x: against,
          y: 'bound',
          stroke: COLOURS.second,
          strokeWidth: 2,
          strokeDasharray: '6 3',
        }),
        ...(points.length <= 60
          ? [
              dot(points, { x: against, y: 'objective', r: 2.5, fill: COLOURS.first }),
              dot(bounded, { x: against, y: 'bound', r: 2.5, fill: COLOURS.second }),
            ]
          : []),
      ],
    }),
    data: {
      header: [against === 'iteration' ? 'step' : 'seconds', 'objective', 'bound'],
      rows: points.map(point => [point[against], point.objective, point.bound]),
    },
  }
}

/** The powers of ten around the values, and where to mark them: not at each where there are many. */
function decades(values: readonly number[]): { readonly domain: number[]; readonly at: number[] } {
  const exponents = values.map(value => Math.log10(value))
  const low = Math.floor(exponents.reduce((a, b) => Math.min(a, b)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(exponents.reduce((a, b) => Math.max(a, b)) - 1e-9))
  const step = Math.ceil((high - low + 1) / 8)
  return {
    domain: [10 ** low, 10 ** high],
    at: Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => 10 ** (low + k * step)),
  }
}

function powerOfTen(value: number): string {
  return `1e${Math.round(Math.log10(value))}`
}

/** Steps are whole: no tick between them. */
function whole(value: number): string {
  return Number.isInteger(value) ? String(value) : ''
}
