/**
 * Calibration: the share that came true, against the probability given.
 * @module
 */
import { dot, line, lineY } from '@observablehq/plot'
import { calibrationBins } from '../../data/calibration.ts'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, seriesColour } from '../figure.ts'

/** Probabilities of one class. */
export interface ClassProbabilities {
  readonly label: string
  /** 1 for rows of the class, else 0. */
  readonly truth: Float64Array
  readonly probability: Float64Array
}

/** Ten bins of equal width for each class. */
export function calibrationFigure(classes: readonly ClassProbabilities[], weights: Float64Array | null): Figure {
  const curves = classes.map(({ label, truth, probability }) => ({
    label,
    bins: calibrationBins(truth, probability, { weights }),
  }))
  const worst = curves
    .flatMap(({ bins }) => bins)
    .reduce((most, bin) => Math.max(most, Math.abs(bin.predicted - bin.observed)), 0)
  const alt = `Calibration in ten bins for ${classes.map(({ label }) => label).join(', ')}; the largest distance from the diagonal is ${figure(worst, 2)}.`
  return {
    id: 'calibration',
    title: 'Calibration',
    caption:
      'Of the rows that were given about that probability, the share that came true. Points are as large as their bin is full; on the diagonal the probabilities mean what they say.',
    alt,
    legend: curves.map(({ label }, k) => ({ label: shorten(label, 30), colour: seriesColour(k) })),
    svg: draw(alt, {
      height: 320,
      x: { label: 'probability given', domain: [0, 1], grid: true, ticks: 5 },
      y: { label: 'share that came true', domain: [0, 1], grid: true, ticks: 5 },
      r: { range: [2, 7] },
      marks: [
        lineY([0, 1], { x: [0, 1], stroke: COLOURS.quiet, strokeDasharray: '4 3' }),
        ...curves.flatMap(({ bins }, k) => [
          line(bins, { x: 'predicted', y: 'observed', stroke: seriesColour(k), strokeWidth: 1.5 }),
          dot(bins, { x: 'predicted', y: 'observed', r: 'weight', fill: seriesColour(k) }),
        ]),
      ],
    }),
    data: {
      header: ['class', 'low', 'high', 'weight', 'mean_probability', 'share_true'],
      rows: curves.flatMap(({ label, bins }) =>
        bins.map(bin => [label, bin.low, bin.high, bin.weight, bin.predicted, bin.observed]),
      ),
    },
  }
}
