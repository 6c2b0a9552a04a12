import { describe, expect, it } from 'vitest'
import { readHtml } from '../../test/oracles/html.ts'
import { html } from './html.ts'
import { JUPYTER_DISPLAY, notebookChart, notebookTable, showing } from './notebook.ts'

const problemsOf = (piece: { html: string } | null) => readHtml(`<!doctype html>${piece?.html ?? 'none'}`).problems
const pointsOf = (piece: { html: string } | null) =>
  [...(piece?.html ?? '').matchAll(/ points="([^"]*)"/g)].map(match =>
    match[1].split(' ').map(point => point.split(',').map(Number)),
  )

describe('showing', () => {
  const plain = { value: 3 }
  const shown = showing({ value: 3 }, ({ value }) => ({ html: html`<b>${`${value} < 4`}</b>`, plain: `${value}` }))
  const bundleOf = (name: PropertyKey) => Reflect.get(shown, name) as () => unknown

  it('answers the kernels of Deno and IJavascript with HTML and words', () => {
    const bundle = { 'text/html': '<b>3 &lt; 4</b>', 'text/plain': '3' }
    expect(bundleOf(Symbol.for('Jupyter.display'))()).toEqual(bundle)
    expect(bundleOf('_toMime')()).toEqual(bundle)
    expect(JUPYTER_DISPLAY).toBe(Symbol.for('Jupyter.display'))
  })

  it('leaves no trace in prints, copies, JSON and messages', () => {
    expect(Object.keys(shown)).toEqual(['value'])
    expect(Object.getOwnPropertySymbols({ ...shown })).toEqual([])
    expect(JSON.stringify(shown)).toBe(JSON.stringify(plain))
    expect(structuredClone(shown)).toStrictEqual(plain)
    expect(shown).toStrictEqual(plain)
  })
})

describe('notebookTable', () => {
  it('escapes texts and rounds numbers', () => {
    const table = notebookTable(['a<b', 'n'], [['"x" & y', 1.23456789]], 3)
    expect(problemsOf(table)).toEqual([])
    expect(table.html).toContain('a&lt;b')
    expect(table.html).toContain('<td>&quot;x&quot; &amp; y</td><td>1.23</td>')
  })
})

describe('notebookChart', () => {
  const axes = { x: 'step', y: 'gap' }

  it('draws the least below and the greatest above, from left to right', () => {
    const chart = notebookChart(
      [
        {
          label: 'a',
          points: [
            [1, 5],
            [2, 1],
            [3, 9],
          ],
        },
      ],
      axes,
    )
    expect(problemsOf(chart)).toEqual([])
    const [[first, second, third]] = pointsOf(chart)
    expect([first[0] < second[0], second[0] < third[0]]).toEqual([true, true])
    // In SVG y grows downwards.
    expect([second[1] > first[1], first[1] > third[1]]).toEqual([true, true])
    expect(chart?.html).toContain('aria-label="gap against step"')
  })

  it('spaces logarithmic axes evenly by factor, and leaves out what has no logarithm', () => {
    const chart = notebookChart(
      [
        {
          label: 'a',
          points: [
            [1, 100],
            [10, 10],
            [100, 1],
            [1000, 0],
          ],
        },
      ],
      {
        ...axes,
        logX: true,
        logY: true,
      },
    )
    const [points] = pointsOf(chart)
    expect(points).toHaveLength(3)
    expect(points[1][0] - points[0][0]).toBeCloseTo(points[2][0] - points[1][0], 0)
    expect(points[1][1] - points[0][1]).toBeCloseTo(points[2][1] - points[1][1], 0)
  })

  it('names several lines, and draws nothing where there is nothing to join', () => {
    const chart = notebookChart(
      [
        {
          label: 'one',
          points: [
            [0, 1],
            [1, 1],
          ],
        },
        {
          label: 'two',
          points: [
            [0, 1],
            [1, 1],
          ],
          dashed: true,
        },
        {
          label: 'lost',
          points: [
            [0, Number.NaN],
            [1, Infinity],
          ],
        },
      ],
      axes,
    )
    expect(chart?.html).toContain('gap against step: one, two (dashed)')
    expect(pointsOf(chart)).toHaveLength(2)
    expect(pointsOf(chart).flat(2).every(Number.isFinite)).toBe(true)
    expect(notebookChart([{ label: 'a', points: [[1, 1]] }], axes)).toBeNull()
  })
})
