/**
 * The path of lambdas and the choice among them: held-out loss with its standard error over the folds.
 * @module
 */
import { dot, lineY, ruleX } from '@observablehq/plot'
import { figure } from '../../display/words.ts'
import type { CrossValidation } from '../../models/crossValidate.ts'
import { COLOURS, draw, type Figure, tick } from '../figure.ts'

/** Held-out loss along the path, with the chosen lambda; null when lambda was given. */
export function lambdaFigure(validation: CrossValidation | null, lambda: number): Figure | null {
  if (validation === null) return null
  const { lambdas, mean, standardError, lambdaMin, lambdaOneStandardError, folds } = validation
  const rows = lambdas.map((value, k) => ({
    lambda: value,
    mean: mean[k],
    low: mean[k] - standardError[k],
    high: mean[k] + standardError[k],
  }))
  const spread = rows.filter(row => Number.isFinite(row.low))
  const alt = `Held-out loss of ${folds} folds at ${lambdas.length} lambdas: least at ${figure(lambdaMin, 3)}; within one standard error of it from ${figure(lambdaOneStandardError, 3)} down. Chosen: ${figure(lambda, 3)}.`
  return {
    id: 'lambda-choice',
    title: 'The choice of lambda',
    caption: `Mean loss on the rows left out, over ${folds} folds, with one standard error each way. Full line: the chosen lambda, ${figure(lambda, 3)}. Dashed: the largest within one standard error of the least, ${figure(lambdaOneStandardError, 3)}.`,
    alt,
    svg: draw(alt, {
      x: { type: 'log', label: 'lambda', tickFormat: tick, ticks: 4 },
      y: { label: 'held-out loss', grid: true, tickFormat: tick, ticks: 5 },
      marks: [
        ruleX([lambdaOneStandardError], { stroke: COLOURS.quiet, strokeDasharray: '4 3' }),
        ruleX([lambda], { stroke: COLOURS.second, strokeWidth: 1.5 }),
        ruleX(spread, { x: 'lambda', y1: 'low', y2: 'high', stroke: COLOURS.first }),
        lineY(rows, { x: 'lambda', y: 'mean', stroke: COLOURS.first }),
        dot(rows, { x: 'lambda', y: 'mean', r: 3, fill: COLOURS.first }),
      ],
    }),
    data: {
      header: ['lambda', 'mean_loss', 'standard_error'],
      rows: lambdas.map((value, k) => [value, mean[k], Number.isFinite(standardError[k]) ? standardError[k] : null]),
    },
  }
}
