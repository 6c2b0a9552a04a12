/**
 * The style of the page: light, dark and paper, from 320 px up. Text and its background differ by 4.5 to 1 at least, marks in
 * drawings by 3 to 1.
 * @module
 */

const LIGHT = `
  --page: #ffffff; --panel: #f5f6f8; --text: #1b1f24; --soft: #525a64; --grid: #d5d9df; --edge: #d5d9df;
  --first: #1c62b0; --second: #b8480f; --third: #2c7a4b; --quiet: #6b737d; --accent: #1c62b0;
  --series-0: #1c62b0; --series-1: #b8480f; --series-2: #2c7a4b; --series-3: #7a4cab;
  --series-4: #a8326e; --series-5: #6d6a10; --series-6: #0d7584; --series-7: #6b737d;`

const DARK = `
  --page: #14171b; --panel: #1e2329; --text: #e8eaed; --soft: #a9b1bb; --grid: #3b424b; --edge: #3b424b;
  --first: #6fb1f5; --second: #f4935a; --third: #67c48d; --quiet: #97a0ab; --accent: #8cc2fa;
  --series-0: #6fb1f5; --series-1: #f4935a; --series-2: #67c48d; --series-3: #bd97ea;
  --series-4: #ef84b8; --series-5: #cfc95a; --series-6: #58c8d6; --series-7: #97a0ab;`

/** The style sheet. */
export const STYLE: string = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main, header, footer, nav { max-width: 68rem; margin: 0 auto; padding: 0 16px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.6rem 0 .3rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.6rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--edge); }
h3 { font-size: 1rem; margin: 0 0 .2rem; }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .8rem 0 0; padding: 0; list-style: none; }
.soft, figcaption, footer { color: var(--soft); }
.proof { background: var(--panel); border: 1px solid var(--edge); border-left: 5px solid var(--accent); border-radius: 6px; padding: .8rem 1rem; margin: 1rem 0; }
.proof p { margin: 0 0 .4rem; max-width: none; font-size: 1.08rem; }
.proof p:last-child { margin: 0; font-size: .95rem; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.6rem, 1fr)); gap: .7rem 1.2rem; margin: 1rem 0; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: 1.8rem 2.2rem; align-items: start; margin: 1rem 0; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { display: block; width: 100%; max-width: 30rem; height: auto; font-family: inherit; }
figure svg text { white-space: pre; }
figcaption { font-size: .88rem; line-height: 1.45; margin-top: .3rem; }
figcaption code { font-size: .95em; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .1rem 0 .2rem; padding: 0; list-style: none; font-size: .85rem; }
.legend svg { width: 22px; height: 10px; max-width: none; display: inline-block; margin-right: .4rem; vertical-align: middle; }
.scroll { overflow-x: auto; margin: 1rem 0; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .32rem .9rem .32rem 0; border-bottom: 1px solid var(--edge); overflow-wrap: normal; }
th { font-weight: 600; }
td.name, th.name { max-width: 24rem; overflow-wrap: break-word; }
th.name:first-child { min-width: 6.5rem; max-width: 13rem; }
td.name:last-child { min-width: 14rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.own td, tr.own th { font-weight: 700; }
.best::after { content: " ★"; color: var(--accent); }
pre { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; font-size: .84rem; line-height: 1.45; overflow-wrap: normal; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre:focus-visible { outline: 2px solid var(--accent); }
ul.notes { padding-left: 1.2rem; max-width: 46rem; }
footer { margin-top: 3rem; padding-bottom: 2rem; font-size: .88rem; }
@media print {
  body { font-size: 10.5pt; }
  nav { display: none; }
  .figures { grid-template-columns: 1fr 1fr; gap: 1rem 1.4rem; }
  h2 { break-after: avoid; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
}
`
