/**
 * What was done to the columns of the table before the network saw them.
 * @module
 */
import { columnGroups } from '../data/featureGrid.ts'
import { listed } from '../data/suggest.ts'
import type { Html } from '../display/html.ts'
import { figure } from '../display/words.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { tableHtml } from './parts.ts'

/** A table with a row for each feature, and one for the target. */
export function columnsHtml(model: SavedModel): Html {
  const { encoding, standardisation: s, target } = model
  const groups = columnGroups(encoding)
  const scaled = (j: number) =>
    s.constant.includes(j)
      ? 'the same in every row, so not used'
      : `(x − ${figure(s.mean[j], 4)}) / ${figure(s.scale[j], 4)}`
  const rows = encoding.map((feature, k) => {
    const { columns } = groups[k]
    if (feature.kind === 'number' || feature.kind === 'date')
      return [
        feature.column,
        feature.kind,
        `${feature.kind === 'date' ? 'x days since 1970-01-01: ' : ''}${scaled(columns[0])}${feature.indicator ? `. Missing cells: ${figure(feature.mean, 4)} goes in, and a column says where` : ''}`,
      ]
    if (feature.kind === 'boolean')
      return [
        feature.column,
        'truth value',
        `0 for "${feature.falseText}", 1 for "${feature.trueText}", then ${scaled(columns[0])}`,
      ]
    return [
      feature.column,
      'category',
      `${columns.length} columns of 0 and 1, each standardised: ${listed(feature.categories)}${feature.missing ? ', and one for missing cells' : ''}. Others become zeros`,
    ]
  })
  const own =
    target.kind === 'number'
      ? [target.name, 'target, number', `(y − ${figure(s.centre[0], 4)}) / ${figure(s.spread[0], 4)}`]
      : [target.name, 'target, classes', listed(target.labels, 20)]
  return tableHtml({
    caption: `The ${encoding.length} columns used, and the target`,
    header: ['Column', 'Kind', 'What the network sees'],
    rows: [...rows, own].map(cells => ({ cells: cells.map(text => ({ text })) })),
  })
}
