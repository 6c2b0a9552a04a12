/**
 * The regularisation path: loss, weights of the features and neurons as lambda falls to the model's own.
 * @module
 */
import { dot, line, lineY, ruleX } from '@observablehq/plot'
import { figure, shorten } from '../../display/words.ts'
import { COLOURS, draw, type Figure, seriesColour, tick } from '../figure.ts'
import type { LambdaPath, LambdaPoint } from '../lambdaPath.ts'

/** Features drawn, one colour each. */
const MOST = 7

/** Three figures; none where the path has no two points. */
export function pathFigures(
  path: LambdaPath | null,
  { names, lambda }: { readonly names: readonly string[]; readonly lambda: number },
): Figure[] {
  if (path === null || path.points.length < 2) return []
  const { points, complete } = path
  const along = { type: 'log', label: 'lambda', tickFormat: tick, ticks: 4, domain: domainOf(points, lambda) } as const
  const chosen = ruleX([lambda], { stroke: COLOURS.quiet, strokeDasharray: '4 3' })
  const till = complete ? '' : ' It was stopped before the lambda of the model.'
  return [lossFigure(points), weightsFigure(points), neuronsFigure(points)]

  function lossFigure(rows: readonly LambdaPoint[]): Figure {
    const held = rows.flatMap(({ lambda: at, heldOutLoss }) => (heldOutLoss === null ? [] : [{ at, heldOutLoss }]))
    const last = rows[rows.length - 1]
    const least = held.length > 0 ? held.reduce((a, b) => (b.heldOutLoss < a.heldOutLoss ? b : a)) : null
    const alt = `Mean loss along the path: ${figure(rows[0].trainingLoss, 3)} at lambda ${figure(rows[0].lambda, 3)} and ${figure(last.trainingLoss, 3)} at ${figure(last.lambda, 3)} on the rows of training${
      least === null ? '' : `; least on rows kept out, ${figure(least.heldOutLoss, 3)}, at ${figure(least.at, 3)}`
    }.`
    return {
      id: 'path-loss',
      title: 'Loss along the path',
      caption: `Mean loss without penalty of the best networks over the patterns of this one, from the constant down to its lambda (dashed).${
        least === null ? ' Rows kept out (--test) would show where it begins to overfit.' : ''
      }${till}`,
      alt,
      ...(least !== null && {
        legend: [
          { label: 'rows of training', colour: COLOURS.first },
          { label: 'rows kept out', colour: COLOURS.second },
        ],
      }),
      svg: draw(alt, {
        x: along,
        y: { label: 'mean loss', grid: true, ticks: 5, tickFormat: tick, nice: true },
        marks: [
          chosen,
          lineY(rows, { x: 'lambda', y: 'trainingLoss', stroke: COLOURS.first, strokeWidth: 2 }),
          dot(rows, { x: 'lambda', y: 'trainingLoss', r: 2.5, fill: COLOURS.first }),
          lineY(held, { x: 'at', y: 'heldOutLoss', stroke: COLOURS.second, strokeWidth: 2 }),
          dot(held, { x: 'at', y: 'heldOutLoss', r: 2.5, fill: COLOURS.second }),
        ],
      }),
      data: {
        header: ['lambda', 'objective', 'bound', 'training_loss', 'held_out_loss'],
        rows: rows.map(row => [row.lambda, row.objective, row.bound, row.trainingLoss, row.heldOutLoss]),
      },
    }
  }

  function weightsFigure(rows: readonly LambdaPoint[]): Figure {
    const last = rows[rows.length - 1].weights
    const order = [...names.keys()].sort((a, b) => last[b] - last[a] || a - b)
    const shown = order.filter(k => rows.some(({ weights }) => weights[k] > 0)).slice(0, MOST)
    const drawn = shown.flatMap((k, series) =>
      rows.map(({ lambda: at, weights }) => ({ at, series, weight: weights[k] })),
    )
    const alt = `Weight on the features along the path. In the end first come ${shown
      .slice(0, 3)
      .map(k => `${names[k]} (${figure(last[k], 3)})`)
      .join(', ')}.`
    return {
      id: 'path-weights',
      title: 'Weight on the features along the path',
      caption: `Those that enter early explain most.${shown.length < names.length ? ` ${shown.length} of ${names.length} features are drawn, the heaviest in the end.` : ''}${till}`,
      alt,
      legend: shown.map((k, series) => ({ label: shorten(names[k], 24), colour: seriesColour(series) })),
      svg: draw(alt, {
        x: along,
        y: { label: 'weight', grid: true, ticks: 5, tickFormat: tick, nice: true },
        color: { type: 'identity' },
        marks: [
          chosen,
          line(drawn, { x: 'at', y: 'weight', z: 'series', stroke: row => seriesColour(row.series), strokeWidth: 1.8 }),
        ],
      }),
      data: {
        header: ['lambda', ...names],
        rows: rows.map(row => [row.lambda, ...row.weights]),
      },
    }
  }

  function neuronsFigure(rows: readonly LambdaPoint[]): Figure {
    const last = rows[rows.length - 1]
    const alt = `Neurons along the path: ${rows[0].neurons} at lambda ${figure(rows[0].lambda, 3)}, ${last.neurons} at ${figure(last.lambda, 3)}.`
    return {
      id: 'path-neurons',
      title: 'Neurons along the path',
      caption: `Neurons of the best network that are not zero.${till}`,
      alt,
      svg: draw(alt, {
        x: along,
        y: { label: 'neurons', grid: true, ticks: 5, tickFormat: tick, nice: true },
        marks: [
          chosen,
          lineY(rows, { x: 'lambda', y: 'neurons', stroke: COLOURS.first, strokeWidth: 2, curve: 'step' }),
          dot(rows, { x: 'lambda', y: 'neurons', r: 2.5, fill: COLOURS.first }),
        ],
      }),
      data: { header: ['lambda', 'neurons'], rows: rows.map(row => [row.lambda, row.neurons]) },
    }
  }
}

function domainOf(points: readonly LambdaPoint[], lambda: number): [number, number] {
  const all = [lambda, ...points.map(point => point.lambda)]
  return [Math.min(...all), Math.max(...all)]
}
