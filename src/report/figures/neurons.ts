/**
 * The neurons: what each looks at (weights by column), and where and how much it counts.
 * @module
 */
import { cell, dot } from '@observablehq/plot'
import { figure, shorten } from '../../display/words.ts'
import type { NeuronSummary } from '../../models/inspection/neurons.ts'
import { COLOURS, draw, type Figure, tick } from '../figure.ts'
import { byImportance } from '../inspection.ts'

const MOST_NEURONS = 20
const MOST_COLUMNS = 20

/** A map of standardised weights: a column of it is a neuron, a row a column of the data. Null without neurons. */
export function neuronWeightsFigure(neurons: readonly NeuronSummary[], names: readonly string[]): Figure | null {
  if (neurons.length === 0) return null
  const shown = byImportance(neurons).slice(0, MOST_NEURONS)
  // The part of each neuron in the output, per standard deviation: u and v alone have no scale of their own.
  const part = (neuron: NeuronSummary, j: number) => {
    const size = Math.hypot(...neuron.standardised, neuron.bias.standardised)
    return size === 0 ? 0 : (neuron.sign * neuron.norm * neuron.standardised[j]) / size
  }
  const strength = names.map((_, j) => shown.reduce((sum, neuron) => sum + Math.abs(part(neuron, j)), 0))
  const columns = [...strength.keys()].sort((a, b) => strength[b] - strength[a] || a - b).slice(0, MOST_COLUMNS)
  const cells = shown.flatMap((neuron, at) =>
    columns.map(j => ({ at, neuron: neuron.neuron, column: j, weight: part(neuron, j) })),
  )
  const largest = cells.reduce((most, { weight }) => Math.max(most, Math.abs(weight)), 0) || 1
  const alt = `Weights of ${shown.length} of ${neurons.length} neurons on ${columns.length} of ${names.length} columns; the largest is ${figure(largest, 3)}. Most weight is on ${columns
    .slice(0, 3)
    .map(j => names[j])
    .join(', ')}.`
  return {
    id: 'neuron-weights',
    title: 'What the neurons look at',
    caption: `Output weight times hidden weights, on standardised columns. A column of the map is a neuron${
      shown.length < neurons.length ? ` (the ${shown.length} that matter most of ${neurons.length})` : ''
    }, a row of it a column of the data${columns.length < names.length ? ` (the ${columns.length} heaviest of ${names.length})` : ''}. The stronger the colour, the larger the weight.`,
    alt,
    legend: [
      { label: 'raises the output', colour: COLOURS.positive },
      { label: 'lowers it', colour: COLOURS.negative },
    ],
    svg: draw(alt, {
      height: 60 + 16 * columns.length,
      marginLeft: 120,
      marginTop: 8,
      x: {
        type: 'band',
        label: 'neuron',
        domain: shown.map((_, at) => at),
        tickFormat: at => (shown.length <= 10 || Number(at) % 2 === 0 ? String(shown[Number(at)].neuron) : ''),
        tickSize: 0,
      },
      y: { type: 'band', label: null, domain: columns, tickFormat: j => shorten(names[Number(j)], 15), tickSize: 0 },
      marks: [
        cell(cells, { x: 'at', y: 'column', fill: COLOURS.grid, fillOpacity: 0.35, inset: 0.5 }),
        cell(cells, {
          x: 'at',
          y: 'column',
          inset: 0.5,
          fill: ({ weight }) => (weight < 0 ? COLOURS.negative : COLOURS.positive),
          fillOpacity: ({ weight }) => Math.abs(weight) / largest,
        }),
      ],
      color: { type: 'identity' },
      opacity: { type: 'identity' },
    }),
    data: {
      header: ['neuron', 'column', 'weight_in_output_standardised', 'hidden_standardised', 'hidden_raw'],
      rows: neurons.flatMap(neuron =>
        names.map((name, j) => [neuron.neuron, name, part(neuron, j), neuron.standardised[j], neuron.raw[j]]),
      ),
    },
  }
}

/** Share of rows on which a neuron is awake, against its importance; null without rows. */
export function neuronActivityFigure(neurons: readonly NeuronSummary[]): Figure | null {
  const known = neurons.flatMap(({ neuron, active, importance, sign, norm }) =>
    active === null || importance === null ? [] : [{ neuron, active, importance, sign, norm }],
  )
  if (known.length === 0) return null
  const top = known.reduce((best, each) => (each.importance > best.importance ? each : best))
  const always = known.filter(({ active }) => active === 1).length
  const alt = `Importance of ${known.length} neurons against the share of rows on which each is awake; ${always} are awake on every row. Neuron ${top.neuron} matters most: ${figure(top.importance, 3)} at ${figure(100 * top.active, 3)} % of the rows.`
  return {
    id: 'neuron-activity',
    title: 'Where the neurons are awake, and what they are worth',
    caption:
      'One point a neuron: the share of the rows on which it is awake, and how much the mean loss rises when its part is replaced by its mean. A neuron that is awake on every row is a linear model there.',
    alt,
    legend: [
      { label: 'positive output weight', colour: COLOURS.positive },
      { label: 'negative', colour: COLOURS.negative },
    ],
    svg: draw(alt, {
      x: { label: 'share of rows awake', domain: [0, 1], grid: true, ticks: 5 },
      y: { label: 'importance', grid: true, ticks: 5, tickFormat: tick, nice: true },
      color: { type: 'identity' },
      marks: [
        dot(known, {
          x: 'active',
          y: 'importance',
          r: 4,
          fillOpacity: 0.7,
          fill: ({ sign }) => (sign < 0 ? COLOURS.negative : COLOURS.positive),
        }),
      ],
    }),
    data: {
      header: ['neuron', 'share_awake', 'importance', 'sign', 'norm'],
      rows: known.map(each => [each.neuron, each.active, each.importance, each.sign, each.norm]),
    },
  }
}
