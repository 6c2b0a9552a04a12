/**
 * The confusion matrix: true classes in the rows, predicted ones in the columns.
 * @module
 */
import { cell, text } from '@observablehq/plot'
import { confusionMatrix } from '../../data/confusion.ts'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure } from '../figure.ts'

/** More classes than this do not fit into a drawing with figures in its cells. */
const MOST_CLASSES = 12

/** Counts (or sums of weights), shaded by their share of the row; null when there are too many classes to draw. */
export function confusionFigure(
  y: Float64Array,
  predicted: Float64Array,
  { labels, weights }: { readonly labels: readonly string[]; readonly weights: Float64Array | null },
): Figure | null {
  const classes = labels.length
  if (classes > MOST_CLASSES) return null
  const matrix = confusionMatrix(y, predicted, { classes, weights })
  const cells = labels.flatMap((_, a) => {
    const row = matrix.data.subarray(a * classes, (a + 1) * classes)
    const total = row.reduce((sum, value) => sum + value, 0)
    return Array.from(row, (weight, b) => ({ truth: a, predicted: b, weight, share: total > 0 ? weight / total : 0 }))
  })
  const right = cells.filter(({ truth, predicted: guess }) => truth === guess)
  const alt = `Confusion matrix: ${right.map(({ truth, weight, share }) => `${labels[truth]} right ${figure(weight, 4)} times (${figure(100 * share, 3)} %)`).join('; ')}.`
  // Names may look alike when shortened: the drawing goes by index.
  const name = (k: number) => shorten(labels[k], classes > 6 ? 5 : 9)
  return {
    id: 'confusion',
    title: 'Confusion matrix',
    caption: `True class in the rows, predicted class in the columns; ${weights === null ? 'rows counted' : 'weights summed'}, shaded by the share of the true class.`,
    alt,
    svg: draw(alt, {
      height: 60 + Math.min(52, 240 / Math.min(classes, 6)) * classes,
      marginLeft: 72,
      marginTop: 42,
      marginBottom: 8,
      padding: 0.04,
      x: {
        type: 'band',
        axis: 'top',
        label: 'predicted',
        domain: labels.map((_, k) => k),
        tickFormat: name,
        tickSize: 0,
      },
      y: { type: 'band', label: 'true', domain: labels.map((_, k) => k), tickFormat: name, tickSize: 0 },
      marks: [
        cell(cells, { x: 'predicted', y: 'truth', fill: COLOURS.grid, fillOpacity: 0.5 }),
        cell(cells, { x: 'predicted', y: 'truth', fill: COLOURS.first, fillOpacity: ({ share }) => 0.55 * share }),
        text(cells, {
          x: 'predicted',
          y: 'truth',
          text: ({ weight }) => figure(weight, 4),
          fill: 'currentColor',
          fontWeight: 600,
        }),
      ],
    }),
    data: {
      header: ['true', 'predicted', weights === null ? 'rows' : 'weight'],
      rows: cells.map(({ truth, predicted: guess, weight }) => [labels[truth], labels[guess], weight]),
    },
  }
}
