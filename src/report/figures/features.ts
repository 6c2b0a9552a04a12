/**
 * The features: importance by permutation, and the weight that the network puts on each.
 * @module
 */
import { barX, dot, ruleX, ruleY } from '@observablehq/plot'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, tick } from '../figure.ts'
import type { FeatureSummary } from '../inspection.ts'

const MOST = 20

/** Rise of the mean loss when a feature is shuffled, with the spread over repeats; null without rows. */
export function importanceFigure(features: readonly FeatureSummary[], repeats: number): Figure | null {
  const known = features.flatMap(({ name, importance }) =>
    importance === null ? [] : [{ name, ...importance.loss, changes: importance }],
  )
  if (known.length === 0) return null
  const rows = known
    .map((row, at) => ({ ...row, at, low: row.mean - row.spread, high: row.mean + row.spread }))
    .sort((a, b) => b.mean - a.mean || a.at - b.at)
  const shown = rows.slice(0, MOST)
  const alt = `Importance by permutation of ${rows.length} features; first come ${rows
    .slice(0, 3)
    .map(row => `${row.name} (${figure(row.mean, 3)})`)
    .join(', ')}.`
  const others = Object.keys(known[0].changes).filter(name => name !== 'loss')
  return {
    id: 'importance',
    title: 'Importance of the features',
    caption: `How much the mean loss rises when the feature is shuffled among the rows: mean of ${repeats} shuffles, with one standard deviation each way.${
      shown.length < rows.length ? ` The ${shown.length} largest of ${rows.length}.` : ''
    } Features that say the same share theirs.`,
    alt,
    svg: draw(alt, {
      height: 55 + 18 * shown.length,
      marginLeft: 120,
      marginTop: 8,
      x: { label: 'rise of the mean loss', grid: true, ticks: 4, tickFormat: tick, nice: true },
      y: { type: 'band', label: null, domain: shown.map(row => row.at), tickFormat: nameOf(known), tickSize: 0 },
      marks: [
        barX(shown, { x: 'mean', y: 'at', fill: COLOURS.first, fillOpacity: 0.8, insetTop: 2, insetBottom: 2 }),
        ...(repeats > 1 ? [ruleY(shown, { y: 'at', x1: 'low', x2: 'high', stroke: 'currentColor' })] : []),
        ruleX([0], { stroke: COLOURS.quiet }),
      ],
    }),
    data: {
      header: ['feature', 'loss_rise', 'loss_spread', ...others.flatMap(name => [`${name}_change`, `${name}_spread`])],
      rows: rows.map(row => [
        row.name,
        row.mean,
        Number.isFinite(row.spread) ? row.spread : null,
        ...others.flatMap(name => {
          const { mean, spread } = row.changes[name]
          return [mean, Number.isFinite(spread) ? spread : null]
        }),
      ]),
    },
  }
}

/** Weight of the network on each feature. */
export function featureWeightsFigure(features: readonly FeatureSummary[]): Figure {
  const rows = features
    .map(({ name, weight, share }, at) => ({ name, weight, share, at }))
    .sort((a, b) => b.weight - a.weight || a.at - b.at)
  const shown = rows.slice(0, MOST)
  const alt = `Weight on each of ${rows.length} features; first come ${rows
    .slice(0, 3)
    .map(row => `${row.name} (${figure(100 * row.share, 3)} %)`)
    .join(', ')}.`
  return {
    id: 'feature-weights',
    title: 'Weight on the features',
    caption: `The sum over neurons of output weight times hidden weights, on standardised columns: a bound on how fast the output can change along the feature. No weight means that the feature is not used.${
      shown.length < rows.length ? ` The ${shown.length} largest of ${rows.length}.` : ''
    }`,
    alt,
    svg: draw(alt, {
      height: 55 + 18 * shown.length,
      marginLeft: 120,
      marginTop: 8,
      x: { label: 'weight', grid: true, ticks: 4, tickFormat: tick, nice: true },
      y: { type: 'band', label: null, domain: shown.map(row => row.at), tickFormat: nameOf(features), tickSize: 0 },
      marks: [
        ruleY(shown, { y: 'at', x1: 0, x2: 'weight', stroke: COLOURS.first, strokeWidth: 2 }),
        dot(shown, { x: 'weight', y: 'at', r: 4, fill: COLOURS.first }),
      ],
    }),
    data: { header: ['feature', 'weight', 'share'], rows: rows.map(row => [row.name, row.weight, row.share]) },
  }
}

/** Names may look alike when shortened: drawings go by index. */
function nameOf(features: readonly { readonly name: string }[]): (at: unknown) => string {
  return at => shorten(features[Number(at)].name, 15)
}
