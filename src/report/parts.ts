/**
 * Parts of the page: figures with caption and legend, tables, blocks of code.
 * @module
 */

import { type Html, html, trusted } from '../display/html.ts'
import type { Figure } from './figure.ts'

/** A figure, with the name of the file of its numbers. */
export function figureHtml(figure: Figure, folder: string | null): Html {
  const legend = figure.legend ?? []
  return html`<figure id="figure-${figure.id}">
<h3>${figure.title}</h3>${
    legend.length > 0 &&
    html`
<ul class="legend">${legend.map(
      ({ label, colour, dashed }) =>
        html`<li><svg viewBox="0 0 22 10" aria-hidden="true"><line x1="0" y1="5" x2="22" y2="5" stroke-width="4"${
          dashed === true && html` stroke-dasharray="6 3"`
        } style="stroke:${colour}"></line></svg>${label}</li>`,
    )}</ul>`
  }
${trusted(figure.svg)}
<figcaption>${figure.caption}${folder !== null && html` Numbers: <code>${folder}/${figure.id}.csv</code>.`}</figcaption>
</figure>
`
}

/** Figures side by side where there is room. */
export function figuresHtml(figures: readonly (Figure | null)[], folder: string | null): Html {
  const present = figures.filter(figure => figure !== null)
  return html`${present.length > 0 && html`<div class="figures">${present.map(figure => figureHtml(figure, folder))}</div>`}`
}

/** A cell: text, or a number already written, which stands to the right. */
export interface Cell {
  readonly text: string
  readonly number?: boolean
  readonly best?: boolean
}

/** A table that scrolls by itself where it is too wide. The first cell of a row names it. */
export function tableHtml(table: {
  readonly caption: string
  readonly header: readonly string[]
  readonly rows: readonly { readonly cells: readonly Cell[]; readonly own?: boolean }[]
}): Html {
  const numeric = table.header.map((_, j) => table.rows.every(({ cells }) => cells[j].number === true))
  const kind = (j: number) => (numeric[j] ? 'number' : 'name')
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${table.caption}"><table>
<caption>${table.caption}</caption>
<thead><tr>${table.header.map((name, j) => html`<th scope="col" class="${kind(j)}">${name}</th>`)}</tr></thead>
<tbody>${table.rows.map(
    ({ cells, own }) =>
      html`<tr${own === true && html` class="own"`}>${cells.map((cell, j) =>
        j === 0
          ? html`<th scope="row" class="${kind(j)}">${cell.text}</th>`
          : html`<td class="${kind(j)}${cell.best === true && ' best'}">${cell.text}</td>`,
      )}</tr>
`,
  )}</tbody>
</table></div>
`
}

/** Code to copy. */
export function codeHtml(title: string, code: string): Html {
  return html`<h3>${title}</h3>
<pre tabindex="0" aria-label="${title}"><code>${code}</code></pre>
`
}
