/**
 * Partial dependence: the mean prediction as one feature changes, a figure for each of the features that matter most.
 * @module
 */
import { dot, line, ruleX } from '@observablehq/plot'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, seriesColour, tick } from '../figure.ts'
import type { Dependence } from '../inspection.ts'

/** A line over a number; dots over categories and missing cells. `index` makes the name of its file. */
export function dependenceFigure(dependence: Dependence, { index }: { readonly index: number }): Figure {
  const { feature, outputs, grid, values, label } = dependence
  const points = grid.flatMap(({ at }, row) =>
    outputs.map((_, series) => ({ at, series, value: values.data[row * values.cols + series] })),
  )
  const numeric = points.filter(
    (point): point is (typeof points)[number] & { at: number } => typeof point.at === 'number',
  )
  const named = points.filter(point => typeof point.at === 'string')
  const range = (series: number) => {
    const own = points.filter(point => point.series === series).map(({ value }) => value)
    return `from ${figure(Math.min(...own), 3)} to ${figure(Math.max(...own), 3)}`
  }
  const alt = `Partial dependence on ${feature}: ${outputs.map((name, k) => `${name} ${range(k)}`).join('; ')}.`
  const y = { label, grid: true, ticks: 5, tickFormat: tick, nice: true }
  return {
    id: `dependence-${index + 1}`,
    title: `As ${shorten(feature, 40)} changes`,
    caption:
      numeric.length > 0
        ? `Mean prediction with ${shorten(feature, 40)} set to each value in every row.${named.length > 0 ? ' The dashed lines are the level where it is missing.' : ''}`
        : `Mean prediction with ${shorten(feature, 40)} set to each category in every row.`,
    alt,
    ...(outputs.length > 1 && {
      legend: outputs.map((name, k) => ({ label: shorten(name, 30), colour: seriesColour(k) })),
    }),
    svg:
      numeric.length > 0
        ? draw(alt, {
            x: { label: shorten(feature, 40), ticks: 5, tickFormat: tick },
            y,
            color: { type: 'identity' },
            marks: [
              ...named.map(({ series, value }) =>
                line(
                  numeric.filter(point => point.series === series),
                  { x: 'at', y: () => value, stroke: seriesColour(series), strokeDasharray: '4 3' },
                ),
              ),
              line(numeric, {
                x: 'at',
                y: 'value',
                z: 'series',
                stroke: point => seriesColour(point.series),
                strokeWidth: 2,
              }),
              ...(grid.length <= 12
                ? [dot(numeric, { x: 'at', y: 'value', r: 3, fill: point => seriesColour(point.series) })]
                : []),
            ],
          })
        : drawCategories(alt, dependence),
    data: {
      header: [feature, ...outputs],
      rows: grid.map(({ at }, row) => [at, ...values.data.subarray(row * values.cols, (row + 1) * values.cols)]),
    },
  }
}

/** Categories downwards, so that their names have room. */
function drawCategories(alt: string, { outputs, grid, values, label }: Dependence): string {
  const points = grid.flatMap((_, row) =>
    outputs.map((_, series) => ({ row, series, value: values.data[row * values.cols + series] })),
  )
  return draw(alt, {
    height: 55 + Math.max(18, 30 - grid.length) * grid.length,
    marginLeft: 120,
    marginTop: 8,
    color: { type: 'identity' },
    x: { label, grid: true, ticks: 4, tickFormat: tick, nice: true },
    y: {
      type: 'band',
      label: null,
      domain: grid.map((_, row) => row),
      tickFormat: row => shorten(String(grid[row].at), 15),
      tickSize: 0,
    },
    marks: [
      ruleX(grid.length > 0 ? [] : [0], { stroke: COLOURS.quiet }),
      dot(points, { x: 'value', y: 'row', r: 4, fill: point => seriesColour(point.series) }),
    ],
  })
}
