/**
 * The ROC curve, one for each class against the others (one alone where there are two).
 * @module
 */
import { line, lineY } from '@observablehq/plot'
import { auc } from '../../data/metrics.ts'
import { rocCurve } from '../../data/roc.ts'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, seriesColour, thinned } from '../figure.ts'

/** Scores of one class, larger where it is likelier. */
export interface ClassScores {
  readonly label: string
  /** 1 for rows of the class, else 0. */
  readonly truth: Float64Array
  readonly scores: Float64Array
}

/** Curves with the area under each; null when no class is there with and without. */
export function rocFigure(classes: readonly ClassScores[], weights: Float64Array | null): Figure | null {
  const curves = classes.flatMap(({ label, truth, scores }) => {
    const points = rocCurve(truth, scores, weights)
    const area = auc(truth, scores, weights ?? new Float64Array(truth.length).fill(1))
    return points.length > 0 ? [{ label, points, area }] : []
  })
  if (curves.length === 0) return null
  const alt = `ROC ${curves.length > 1 ? 'curves' : 'curve'}; area under it: ${curves.map(({ label, area }) => `${figure(area, 4)} for ${label}`).join(', ')}.`
  return {
    id: 'roc',
    title: curves.length > 1 ? 'ROC curves, each class against the others' : 'ROC curve',
    caption:
      'Share of the class that is found against share of the others taken for it, as the threshold falls. On the dashed diagonal one might as well toss a coin.',
    alt,
    legend: curves.map(({ label, area }, k) => ({
      label: `${shorten(label, 30)}: area ${figure(area, 4)}`,
      colour: seriesColour(k),
    })),
    svg: draw(alt, {
      height: 320,
      x: { label: 'share of the others', domain: [0, 1], grid: true, ticks: 5 },
      y: { label: 'share of the class', domain: [0, 1], grid: true, ticks: 5 },
      marks: [
        lineY([0, 1], { x: [0, 1], stroke: COLOURS.quiet, strokeDasharray: '4 3' }),
        ...curves.map(({ points }, k) =>
          line(thinned(points), { x: 'falsePositive', y: 'truePositive', stroke: seriesColour(k), strokeWidth: 2 }),
        ),
      ],
    }),
    data: {
      header: ['class', 'threshold', 'false_positive_rate', 'true_positive_rate'],
      rows: curves.flatMap(({ label, points }) =>
        points.map(point => [
          label,
          Number.isFinite(point.threshold) ? point.threshold : null,
          point.falsePositive,
          point.truePositive,
        ]),
      ),
    },
  }
}
