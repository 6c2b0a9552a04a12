/**
 * Networks, paths and cross-validations as HTML, for notebooks. The certificate's sentence always comes first.
 * @module
 */
import { certificateHtml } from '../certificates/showCertificate.ts'
import { html } from '../display/html.ts'
import { notebookChart, notebookTable, showing } from '../display/notebook.ts'
import { duration, figure } from '../display/words.ts'
import type { CrossValidation } from './crossValidate.ts'
import type { Fitted } from './fitted.ts'
import type { Path } from './path.ts'

/** A network: certificate, how it was trained, and gap against steps. */
export function showingFitted(fitted: Fitted): Fitted {
  return showing(fitted, ({ certificate, network, lambda, lambdaMax, curve, notes, ...run }) => {
    const chart = notebookChart(
      [{ label: 'relative gap', points: curve.map(([, , gap], k) => [k + 1, gap] as const) }],
      { x: 'step', y: 'relative gap', logY: true },
    )
    return {
      html: html`${certificateHtml(certificate)}${notebookTable(
        ['network', 'lambda', 'of lambdaMax', 'ended', 'steps', 'time', 'solver', 'seed'],
        [
          [
            `${network.kind === 'relu' ? 'ReLU' : 'gated ReLU'}, ${network.hidden.rows} neurons`,
            lambda,
            lambda / lambdaMax,
            run.status,
            run.iterations,
            duration(run.seconds),
            run.solver,
            run.seed,
          ],
        ],
        4,
      )}${chart}${notes.length > 0 && html`<ul>${notes.map(note => html`<li>${note}</li>`)}</ul>`}`,
      plain: certificate.statement,
    }
  })
}

/** A path: objective and bound along it, and a row for each lambda. */
export function showingPath(path: Path): Path {
  return showing(path, ({ fits, lambdaMax, complete }) => {
    const { scope } = fits[fits.length - 1].certificate
    const covers = `Every row carries its own certificate; scope of the last: ${scope}.${complete ? '' : ' It was stopped: smaller lambdas were not reached.'}`
    return {
      html: html`<p>${covers}</p>${notebookChart(
        [
          { label: 'objective', points: fits.map(fit => [fit.lambda, fit.certificate.primal] as const) },
          { label: 'bound', points: fits.map(fit => [fit.lambda, fit.certificate.dual] as const), dashed: true },
        ],
        { x: 'lambda', y: 'objective', logX: true },
      )}${notebookTable(
        ['lambda', 'of lambdaMax', 'objective', 'bound', 'relative gap', 'neurons'],
        fits.map(({ lambda, certificate, network }) => [
          lambda,
          lambda / lambdaMax,
          certificate.primal,
          certificate.dual,
          certificate.relativeGap,
          network.hidden.rows,
        ]),
      )}`,
      plain: `${fits.length} networks from lambda ${figure(fits[0].lambda)} to ${figure(fits[fits.length - 1].lambda)}. ${covers}`,
    }
  })
}

/** A cross-validation: held-out loss along the path, with the two usual choices marked. */
export function showingValidation(validation: CrossValidation): CrossValidation {
  return showing(validation, ({ lambdas, mean, standardError, lambdaMin, lambdaOneStandardError, folds }) => {
    const choice = `Least mean held-out loss at lambda ${figure(lambdaMin, 4)}; within one standard error of it from ${figure(lambdaOneStandardError, 4)} down (${folds} folds).`
    const at = (shift: number) => lambdas.map((lambda, k) => [lambda, mean[k] + shift * standardError[k]] as const)
    const marked = (lambda: number) =>
      [lambda === lambdaMin && 'least', lambda === lambdaOneStandardError && 'one standard error']
        .filter(mark => mark !== false)
        .join(', ')
    return {
      html: html`<p>${choice}</p>${notebookChart(
        [
          { label: 'mean', points: at(0) },
          { label: 'a standard error above', points: at(1), dashed: true },
          { label: 'below', points: at(-1), dashed: true },
        ],
        { x: 'lambda', y: 'held-out loss', logX: true },
      )}${notebookTable(
        ['lambda', 'held-out loss', 'standard error', ''],
        lambdas.map((lambda, k) => [lambda, mean[k], standardError[k], marked(lambda)]),
      )}`,
      plain: choice,
    }
  })
}
