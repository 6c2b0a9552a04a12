/**
 * Predicted against true values, for regression.
 * @module
 */
import { dot, lineY } from '@observablehq/plot'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, thinned, tick } from '../figure.ts'

/** One point a row; on the diagonal the prediction is right. */
export function predictedTrueFigure(
  y: Float64Array,
  predicted: Float64Array,
  { target, rmse }: { readonly target: string; readonly rmse: number },
): Figure {
  const rows = Array.from(y, (value, i) => ({ true: value, predicted: predicted[i] }))
  const all = [...y, ...predicted]
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))]
  const alt = `Predicted against true ${target} of ${rows.length} rows, from ${figure(low, 3)} to ${figure(high, 3)}; the root mean square error is ${figure(rmse, 3)}.`
  const shown = thinned(rows)
  return {
    id: 'predicted-true',
    title: 'Predicted against true',
    caption: `One point a row${shown.length < rows.length ? ` (${shown.length} of ${rows.length} drawn)` : ''}; on the line the prediction is right. Root mean square error ${figure(rmse, 4)}.`,
    alt,
    svg: draw(alt, {
      height: 320,
      x: {
        label: `true ${shorten(target, 24)}`,
        domain: [low, high],
        nice: true,
        grid: true,
        ticks: 5,
        tickFormat: tick,
      },
      y: {
        label: `predicted ${shorten(target, 24)}`,
        domain: [low, high],
        nice: true,
        grid: true,
        ticks: 6,
        tickFormat: tick,
      },
      marks: [
        lineY(
          [low, high].map(value => ({ value })),
          { x: 'value', y: 'value', stroke: COLOURS.quiet, strokeDasharray: '4 3' },
        ),
        dot(shown, { x: 'true', y: 'predicted', r: 2.5, fill: COLOURS.first, fillOpacity: 0.55 }),
      ],
    }),
    data: { header: ['true', 'predicted'], rows: rows.map(row => [row.true, row.predicted]) },
  }
}
