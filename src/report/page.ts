/**
 * The page: sections in the order in which people ask. What is proved, how it went, how well it predicts, what is inside, what
 * was done to the data, and how to use it.
 * @module
 */
import { type Html, html, trusted } from '../display/html.ts'
import { duration, figure, METRIC_NAMES, moreIsBetter } from '../display/words.ts'
import { networkKind } from '../models/networks/network.ts'
import { columnsHtml } from './columns.ts'
import { byImportance } from './inspection.ts'
import { loadingSnippets } from './loading.ts'
import { type Cell, codeHtml, figuresHtml, tableHtml } from './parts.ts'
import type { ReportContent } from './report.ts'
import { STYLE } from './style.ts'

interface Section {
  readonly id: string
  readonly title: string
  readonly body: Html
}

/** Neurons in the table. */
const MOST_NEURONS = 15
/** The largest weights that are named for each. */
const MOST_WEIGHTS = 3

/** The page as text. */
export function pageOf(content: ReportContent): string {
  const { model } = content
  const title = `${model.target.name}, predicted from ${model.training.source}`
  const sections = [
    training(content),
    lambda(content),
    predictions(content),
    baselines(content),
    neurons(content),
    features(content),
    dependence(content),
    columns(content),
    loading(content),
    about(content),
  ].filter(section => section !== null)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="nadir ${model.madeBy}">
<title>${title} – report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${summary(content)}
</header>
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${sections.map(
  ({ id, title: name, body }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${name}</h2>
${body}</section>
`,
)}</main>
<footer><p>Made by nadir ${model.madeBy}. Everything on this page is in this one file.</p></footer>
</body>
</html>
`.html
}

function summary({ model, verdict = null }: ReportContent): Html {
  const { certificate, training: run, network } = model
  const facts: [string, string][] = [
    ['Objective', figure(certificate.primal, 7)],
    ['Lower bound', figure(certificate.dual, 7)],
    ['Relative gap', figure(certificate.relativeGap, 2)],
    ['Scope of the proof', certificate.scope],
    ['Lambda', `${figure(model.lambda, 4)} (${figure(model.lambda / model.lambdaMax, 2)} lambdaMax)`],
    ['Network', `${networkKind(network)}, ${network.hidden.rows} neurons`],
    ['Loss', model.loss.name],
    ['Trained on', `${run.rows} rows, ${model.encoding.length} features`],
    ['Ended', ENDED[run.status]],
    ['Took', `${duration(run.seconds)}, ${run.iterations} steps`],
    ['Solver', run.solver],
    ['Seed', String(run.seed)],
  ]
  return html`<div class="proof"><p>${certificate.statement}</p>
<p>${
    verdict === null
      ? 'This is what was saved with the model. To check it: nadir certify, with the rows of training.'
      : verdict.valid
        ? 'Checked for this report: independent code recomputed both numbers from the weights and the rows, and they hold.'
        : `The saved certificate does NOT hold for these weights and rows: ${verdict.problems.join('; ')}.`
  }</p></div>
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

const ENDED: Record<ReportContent['model']['training']['status'], string> = {
  solved: 'solved',
  'max-iterations': 'at the limit of steps',
  'max-time': 'at the limit of time',
  aborted: 'interrupted',
  stalled: 'no step went further',
}

function training({ figures, folder }: ReportContent): Section {
  return {
    id: 'training',
    title: 'Training',
    body:
      figures.training.length > 0
        ? figuresHtml(figures.training, folder)
        : html`<p>The steps were not recorded with this model. A run folder has them.</p>`,
  }
}

function lambda({ figures, folder, model, trace }: ReportContent): Section {
  const largest = html`<p>Lambda is ${figure(model.lambda, 4)}. From lambdaMax = ${figure(model.lambdaMax, 4)} on the best network over the patterns of the start is a constant.</p>`
  return {
    id: 'lambda',
    title: 'Lambda',
    body: html`${largest}${
      trace.validation === null &&
      html`<p>${
        trace.curve.length > 0
          ? 'It was given, not chosen by cross-validation.'
          : 'How it was chosen was not recorded with this model.'
      }</p>`
    }${figuresHtml(figures.lambda, folder)}`,
  }
}

function predictions({ figures, folder, shown, test = null, onTraining }: ReportContent): Section {
  if (shown === null)
    return { id: 'predictions', title: 'Predictions', body: html`<p>No rows were given to predict on.</p>` }
  const where =
    test !== null
      ? `These rows were kept out of training: ${shown.source}, ${shown.rows.x.rows} rows.`
      : onTraining
        ? `These are the rows of training: ${shown.source}, ${shown.rows.x.rows} rows. On new rows a network does worse; nadir score measures how much.`
        : `These rows are not those of training: ${shown.source}, ${shown.rows.x.rows} rows.`
  return {
    id: 'predictions',
    title: 'Predictions',
    body: html`<p>${where}</p>${figuresHtml(figures.predictions, folder)}`,
  }
}

function baselines({ figures, folder, methods, model, test = null, data }: ReportContent): Section {
  const body =
    methods.length === 0
      ? html`<p>${
          data === null
            ? 'Baselines need the rows of training.'
            : 'Baselines must be trained on the rows of training, and these are others.'
        }</p>`
      : html`<p>Trained on the same rows.${
          methods.length > 3 &&
          ` The local search descends on a ReLU network’s objective with the same lambda${model.network.kind === 'relu' && model.network.activation === undefined ? `, so its objective can be set beside the lower bound ${figure(model.certificate.dual, 7)}` : ''}.`
        }</p>
${methodTable('On the rows of training', methods, row => row.metrics)}${
  test !== null && methodTable('On rows kept out of training', methods, row => row.test ?? {})
}${figuresHtml([figures.baselines], folder)}`
  return { id: 'baselines', title: 'Beside the baselines', body }
}

function methodTable(
  caption: string,
  methods: ReportContent['methods'],
  metricsOf: (row: ReportContent['methods'][number]) => Readonly<Record<string, number>>,
): Html {
  const names = Object.keys(metricsOf(methods[methods.length - 1]))
  const best = (name: string) => {
    const values = methods.map(row => metricsOf(row)[name])
    return moreIsBetter(name) ? Math.max(...values) : Math.min(...values)
  }
  return tableHtml({
    caption: `${caption} (★ is best)`,
    header: ['Method', 'Objective', ...names.map(name => METRIC_NAMES[name] ?? name)],
    rows: methods.map((row, k) => ({
      own: k === methods.length - 1,
      cells: [
        { text: row.method },
        { text: row.objective === null ? '' : figure(row.objective, 6), number: true },
        ...names.map((name): Cell => {
          const value = metricsOf(row)[name]
          return { text: figure(value, 4), number: true, best: value === best(name) }
        }),
      ],
    })),
  })
}

function neurons({ figures, folder, inspection, model }: ReportContent): Section {
  const all = inspection.neurons
  if (all.length === 0)
    return { id: 'neurons', title: 'Neurons', body: html`<p>There are none: the network is a constant.</p>` }
  const shown = byImportance(all).slice(0, MOST_NEURONS)
  const { target } = model
  const several = target.kind === 'classes' && model.network.offset.length > 1
  return {
    id: 'neurons',
    title: 'Neurons',
    body: html`${figuresHtml(figures.neurons, folder)}${tableHtml({
      caption:
        shown.length < all.length
          ? `The ${shown.length} that matter most of ${all.length}`
          : `All ${all.length} neurons`,
      header: [
        'Neuron',
        ...(several ? ['Class'] : []),
        'Sign',
        'Norm',
        'Awake',
        'Importance',
        'Largest hidden weights (raw in brackets)',
      ],
      rows: shown.map(neuron => ({
        cells: [
          { text: String(neuron.neuron), number: true },
          ...(several && target.kind === 'classes' ? [{ text: target.labels[neuron.output] }] : []),
          { text: neuron.sign < 0 ? '−' : '+' },
          { text: figure(neuron.norm, 3), number: true },
          { text: neuron.active === null ? '' : `${figure(100 * neuron.active, 3)} %`, number: true },
          { text: neuron.importance === null ? '' : figure(neuron.importance, 3), number: true },
          { text: largestWeights(neuron, inspection.columns) },
        ],
      })),
    })}`,
  }
}

function largestWeights(
  { standardised, raw }: { readonly standardised: Float64Array; readonly raw: Float64Array },
  names: readonly string[],
): string {
  return [...standardised.keys()]
    .filter(j => standardised[j] !== 0)
    .sort((a, b) => Math.abs(standardised[b]) - Math.abs(standardised[a]) || a - b)
    .slice(0, MOST_WEIGHTS)
    .map(j => `${names[j]} ${figure(standardised[j], 3)} (${figure(raw[j], 3)})`.replaceAll(' ', '\u00a0'))
    .join(', ')
}

function features({ figures, folder, inspection }: ReportContent): Section {
  const { rows, repeats, seed } = inspection
  return {
    id: 'features',
    title: 'Features',
    body: html`<p>${
      rows === null
        ? 'Importance needs rows, and none were given.'
        : `Importance from ${rows.used < rows.given ? `${rows.used} of the ${rows.given}` : `the ${rows.given}`} rows, ${repeats} shuffles, seed ${seed}.`
    }</p>${figuresHtml(figures.features, folder)}`,
  }
}

function dependence({ figures, folder, inspection }: ReportContent): Section | null {
  if (figures.dependence.length === 0) return null
  return {
    id: 'dependence',
    title: 'Partial dependence',
    body: html`<p>The mean prediction as one feature changes and all else stays as it is, for the ${figures.dependence.length} features that matter most${
      figures.dependence.length < inspection.features.length ? ` of ${inspection.features.length}` : ''
    }. Numbers run from the 5th to the 95th percentile.</p>${figuresHtml(figures.dependence, folder)}`,
  }
}

function columns({ model, notes = [] }: ReportContent): Section {
  return {
    id: 'columns',
    title: 'What was done to the columns',
    body: html`${columnsHtml(model)}${
      notes.length > 0 && html`<ul class="notes">${notes.map(note => html`<li>${note}</li>`)}</ul>`
    }`,
  }
}

function loading({ model, path }: ReportContent): Section {
  return {
    id: 'use',
    title: 'Using the model',
    body: html`${loadingSnippets(model, path).map(({ title, code }) => codeHtml(title, code))}`,
  }
}

function about({ model }: ReportContent): Section {
  const { certificate } = model
  return {
    id: 'limits',
    title: 'What this does and does not say',
    body: html`<ul class="notes">
<li>The certificate is about the training objective on the rows of training: mean ${model.loss.name} loss plus lambda times weight decay, on standardised data. It is no promise of accuracy on new rows.</li>
<li>Its scope is ${certificate.scope}, by ${certificate.oracle}. The sentence at the top says what that covers; nothing beyond it is claimed.</li>
<li>Importance and partial dependence describe this network on these rows. They are not causes.</li>
<li>The same data, options and seed give the same network again.</li>
</ul>`,
  }
}
