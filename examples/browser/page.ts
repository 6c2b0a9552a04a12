/**
 * The page: takes a CSV, has a worker train on it, and shows objective, bound and proof as they come.
 */
import { parseDelimited } from 'nadir/data'
import type { Order, Reply } from './messages.ts'

const get = <T extends HTMLElement>(id: string) => document.getElementById(id) as T
const [form, target, stop, bar] = [
  get<HTMLFormElement>('form'),
  get<HTMLSelectElement>('target'),
  get<HTMLButtonElement>('stop'),
  get<HTMLProgressElement>('bar'),
]
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
let file = { name: '', text: '' }

async function take(chosen: File | undefined): Promise<void> {
  if (chosen === undefined) return
  get('error').textContent = ''
  try {
    file = { name: chosen.name, text: await chosen.text() }
    const { columns, rows } = parseDelimited(file.text, { source: file.name })
    target.replaceChildren(...columns.map(({ name }) => new Option(name)))
    target.selectedIndex = columns.length - 1
    get('state').textContent = `${file.name}: ${rows} rows, ${columns.length} columns`
    form.hidden = false
  } catch (error) {
    form.hidden = true
    get('error').textContent = error instanceof Error ? error.message : String(error)
  }
}

function show(reply: Reply): void {
  if (reply.kind === 'progress') {
    bar.value = Math.max(0, -Math.log10(reply.gap))
    get('state').textContent = `objective ${reply.objective.toPrecision(6)}, at least ${reply.bound.toPrecision(6)}`
    return
  }
  stop.disabled = true
  bar.hidden = true
  if (reply.kind === 'error') {
    get('error').textContent = reply.message
    return
  }
  get('state').textContent = `${reply.status} after ${reply.seconds.toFixed(2)} s`
  get('statement').textContent = reply.statement
  const rows = [['neurons', reply.neurons], ...Object.entries(reply.metrics)] as [string, number][]
  get('result').replaceChildren(
    ...rows.map(([name, value]) => {
      const row = document.createElement('tr')
      for (const text of [name, String(Number(value.toPrecision(4)))])
        row.appendChild(document.createElement('td')).textContent = text
      return row
    }),
  )
  const save = get<HTMLAnchorElement>('save')
  save.href = URL.createObjectURL(new Blob([reply.weights], { type: 'application/json' }))
  save.hidden = false
}

worker.onmessage = ({ data }: MessageEvent<Reply>) => show(data)
worker.onerror = ({ message }) => show({ kind: 'error', message })

const drop = get('drop')
drop.ondragover = event => {
  event.preventDefault()
  drop.className = 'over'
}
drop.ondragleave = () => {
  drop.className = ''
}
drop.ondrop = event => {
  event.preventDefault()
  drop.className = ''
  void take(event.dataTransfer?.files[0])
}
get<HTMLInputElement>('file').onchange = ({ target }) => void take((target as HTMLInputElement).files?.[0])
form.onsubmit = event => {
  event.preventDefault()
  for (const id of ['error', 'statement']) get(id).textContent = ''
  get('result').replaceChildren()
  stop.disabled = false
  bar.hidden = false
  const order: Order = {
    ...file,
    target: target.value,
    model: get<HTMLSelectElement>('model').value as Order['model'],
    lambdaFraction: Number(get<HTMLInputElement>('lambda').value),
  }
  worker.postMessage(order)
}
stop.onclick = () => worker.postMessage('stop')
