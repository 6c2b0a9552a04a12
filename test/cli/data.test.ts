/**
 * Data as users have them: several files, SQL, .npz, dates, odd tables; and what predict answers to columns that are not those of
 * training.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasDuckdb, parseModel, writeNpy } from '../../src/formats/index.ts'
import { streamTable } from '../../src/formats/readTable.ts'
import { nadir, objectOf, type Ran } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-data-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content)
  return at(name)
}
const FAST = ['--model', 'gated', '--patterns', '20', '--lambda', '0.05max', '--backend', 'wasm', '--threads', '1']
const duck = await hasDuckdb()

/** A table as people keep them: unicode headers, quotes, dates, truth values, missing cells of several spellings, codes with zeros in front. */
const HEADER = '"größe, cm",день,member,code,ville,价格'
const LINES = Array.from({ length: 60 }, (_, i) => {
  const size = i % 7 === 3 ? ['', 'NA', 'null'][i % 3] : (150 + ((7 * i) % 50)).toString()
  const day = new Date(Date.UTC(2024, 0, 1 + 3 * i)).toISOString().slice(0, 10)
  const city = ['"Saint-Étienne, Loire"', 'Paris', '"l""Isle"'][i % 3]
  return `${size},${day},${i % 4 === 0 ? 'True' : 'False'},0${i % 5},${city},${(20 + i / 3 + (i % 4 === 0 ? 5 : 0) + (i % 3)).toFixed(2)}`
})
const csv = (lines: readonly string[], header = HEADER) => `${header}\n${lines.join('\n')}\n`
const predictions = (ran: Ran) => ran.out.trim().split('\n').slice(1)

let fitted: Ran
beforeAll(async () => {
  put('messy.csv', csv(LINES))
  fitted = await nadir(['fit', at('messy.csv'), ...FAST, '--out', at('m.json'), '--json'])
})

describe('a messy table', () => {
  it('is read as people mean it, and said how', () => {
    expect([fitted.code, fitted.err]).toEqual([
      0,
      expect.stringContaining('note: column "день" holds dates: taken as days since 1970-01-01.'),
    ])
    const { encoding, target } = parseModel(readFileSync(at('m.json'), 'utf8'), 'm')
    expect(target).toEqual({ kind: 'number', name: '价格' })
    expect(encoding.map(({ kind, column }) => [column, kind])).toEqual([
      ['größe, cm', 'number'],
      ['день', 'date'],
      ['member', 'boolean'],
      ['code', 'number'],
      ['ville', 'category'],
    ])
    expect(encoding[4]).toMatchObject({ categories: ['Paris', 'Saint-Étienne, Loire', 'l"Isle'] })
  })

  it('predicts the same in any order of columns, from parts, and from standard input', async () => {
    const whole = await nadir(['predict', at('m.json'), at('messy.csv')])
    expect(predictions(whole)).toHaveLength(60)
    const turned = LINES.map(line => line.replace(/^([^,]*),([^,]*),(.*)$/, '$2,$1,$3'))
    put('turned.csv', csv(turned, 'день,"größe, cm",member,code,ville,价格'))
    expect((await nadir(['predict', at('m.json'), at('turned.csv')])).out).toBe(whole.out)
    put('one.csv', csv(LINES.slice(0, 25)))
    put('two.csv', csv(LINES.slice(25)))
    expect((await nadir(['predict', at('m.json'), at('one.csv'), at('two.csv')])).out).toBe(whole.out)
    expect((await nadir(['predict', at('m.json'), '-'], { stdin: csv(LINES) })).out).toBe(whole.out)
    const said = objectOf(await nadir(['predict', at('m.json'), at('messy.csv'), '--json']))
    expect((said.predictions as number[]).map(String)).toEqual(predictions(whole))
  })

  it.each([
    [
      'a category never seen',
      ['170,2024-03-01,True,01,Lyon,1'],
      0,
      'column "ville" holds "Lyon", never seen in training: coded as none of the known categories.',
    ],
    [
      'a missing number',
      [',2024-03-01,True,,Paris,1'],
      0,
      'column "code" has 1 missing cell(s) and had none in training: filled with the training mean.',
    ],
    ['a missing date', ['170,,True,01,Paris,1'], 0, 'column "день" has 1 missing cell(s) and had none in training'],
    ['another case of truth', ['170,2024-03-01,TRUE,01,Paris,1'], 0, ''],
    [
      'a text where numbers were',
      ['170,2024-03-01,True,01,Paris,1', 'tall,2024-03-01,True,01,Paris,1'],
      2,
      'column "größe, cm" must hold numbers, as in training; got "tall" in row 2 of p.csv.',
    ],
    [
      'a number that is none',
      ['170,2024-03-01,True,01,Paris,1', 'nan,2024-03-01,True,01,Paris,1'],
      2,
      'got NaN in row 2, column "größe, cm" of p.csv.',
    ],
    [
      'a date in other words',
      ['170,1 March,True,01,Paris,1'],
      2,
      'column "день" must hold dates such as 2024-05-17, as in training; got "1 March" in row 1 of p.csv.',
    ],
  ])('predict: %s', async (_, lines, code, message) => {
    put('p.csv', csv(lines))
    const ran = await nadir(['predict', at('m.json'), at('p.csv'), '--out', at('out.csv')])
    expect([ran.code, ran.err]).toEqual([code, message === '' ? '' : expect.stringContaining(message)])
    if (code === 0) expect(readFileSync(at('out.csv'), 'utf8').trim().split('\n')).toHaveLength(2)
    rmSync(at('out.csv'), { force: true })
  })

  it('predict: extra columns are ignored with a note, a lacking one is an error, and nothing is written', async () => {
    put('more.csv', csv(['x,170,2024-03-01,True,01,Paris'], 'id,"größe, cm",день,member,code,ville'))
    const more = await nadir(['predict', at('m.json'), at('more.csv')])
    expect([more.code, more.err]).toEqual([0, 'note: ignored, since the model does not use them: "id".\n'])
    put('less.csv', csv(['170,2024-03-01,True,Paris'], '"größe, cm",день,member,ville'))
    const less = await nadir(['predict', at('m.json'), at('less.csv'), '--out', at('never.csv')])
    expect([less.code, less.err]).toEqual([
      2,
      expect.stringContaining('the model needs column "code", which less.csv does not have.'),
    ])
    expect(readdirSync(folder).filter(name => name.includes('never'))).toEqual([])
  })

  it('is exported with its dates', async () => {
    await nadir(['export', at('m.json'), '--out', at('m.mjs')])
    const { predict } = (await import(/* @vite-ignore */ pathToFileURL(at('m.mjs')).href)) as {
      predict(row: object): number
    }
    const ours = predictions(await nadir(['predict', at('m.json'), at('messy.csv')])).map(Number)
    LINES.slice(0, 9).forEach((line, i) => {
      const [size, day, member, code] = line.split(',')
      const row = {
        'größe, cm': size,
        день: day,
        member,
        code,
        ville: ['Saint-Étienne, Loire', 'Paris', 'l"Isle'][i % 3],
      }
      expect(predict(row)).toBe(ours[i])
      expect(predict({ ...row, день: new Date(`${day}T00:00Z`) })).toBe(ours[i])
      expect(() => predict({ ...row, день: '17.5.2024' })).toThrow(
        'column "день" must hold dates such as 2024-05-17; got 17.5.2024.',
      )
    })
    if (!duck) return
    const { out } = await nadir(['export', at('m.json'), '--format', 'sql'])
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const result = await connection.runAndReadAll(
      `SELECT ${out.replace(/^--.*\n/, '')} FROM read_csv('${at('messy.csv')}', nullstr = ['', 'NA', 'null'])`,
    )
    result.getRows().forEach((row, i) => {
      expect(Math.abs(Number(row[0]) - ours[i])).toBeLessThan(1e-9 * Math.abs(ours[i]))
    })
    connection.closeSync()
  })
})

describe('several files', () => {
  it('are one table; a lacking column is an error', async () => {
    put('one.csv', csv(LINES.slice(0, 25)))
    put('two.csv', csv(LINES.slice(25)))
    const ran = await nadir(['fit', at('one.csv'), at('two.csv'), ...FAST, '--out', at('both.json'), '--json'])
    expect(objectOf(ran).objective).toBe(objectOf(fitted).objective)
    expect((await nadir(['certify', at('both.json'), at('one.csv'), at('two.csv')])).code).toBe(0)
    // Columns go by name here too.
    put(
      'turned.csv',
      csv(
        LINES.slice(25).map(line => line.replace(/^([^,]*),([^,]*),(.*)$/, '$2,$1,$3')),
        'день,"größe, cm",member,code,ville,价格',
      ),
    )
    const turned = await nadir(['fit', at('one.csv'), at('turned.csv'), ...FAST, '--out', at('turned.json'), '--json'])
    expect(objectOf(turned).objective).toBe(objectOf(fitted).objective)
    put('other.csv', 'a,y\n1,2\n')
    const refused = await nadir(['fit', at('one.csv'), at('other.csv')])
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('files read together must have the same columns; other.csv lacks "größe, cm"'),
    ])
  })
})

describe.runIf(duck)('--sql', () => {
  it('reads the rows of a query over the files', async () => {
    put('one.csv', csv(LINES.slice(0, 30)))
    put('two.csv', csv(LINES.slice(30)))
    const query =
      'SELECT "größe, cm" AS size, CAST(день AS DATE) AS day, member = \'True\' AS member, "价格" AS price FROM data WHERE ville <> \'Paris\';'
    const ran = await nadir([
      'fit',
      at('one.csv'),
      at('two.csv'),
      '--sql',
      query,
      '--target',
      'price',
      ...FAST,
      '--out',
      at('sql.json'),
      '--json',
    ])
    expect(ran.code).toBe(0)
    expect(objectOf(ran)).toMatchObject({ rows: 40, target: { kind: 'number', name: 'price' } })
    const kinds = parseModel(readFileSync(at('sql.json'), 'utf8'), 'sql').encoding.map(({ column, kind }) => [
      column,
      kind,
    ])
    expect(kinds).toEqual([
      ['size', 'number'],
      ['day', 'date'],
      ['member', 'boolean'],
    ])
    expect((await nadir(['certify', at('sql.json'), at('one.csv'), at('two.csv'), '--sql', query])).code).toBe(0)
    const scored = objectOf(
      await nadir(['score', at('sql.json'), at('one.csv'), at('two.csv'), '--sql', query, '--json']),
    )
    expect(scored.metrics).toEqual(objectOf(ran).metrics)
    expect(
      predictions(await nadir(['predict', at('sql.json'), at('one.csv'), at('two.csv'), '--sql', query])),
    ).toHaveLength(40)
  })

  it.each([
    [
      'SELECT * FROM dta',
      'sql: the query over one.csv was refused: Catalog Error: Table with name dta does not exist!',
    ],
    ['DROP TABLE x', 'was refused'],
    ['SELECT * FROM data WHERE false', 'gives no rows. Check its conditions.'],
  ])('refuses %s', async (query, message) => {
    put('one.csv', csv(LINES))
    const ran = await nadir(['fit', at('one.csv'), '--sql', query, '--out', at('never.json')])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('arrays', () => {
  it('.npz trains on X and y, and predicts from a bare X', async () => {
    const x = writeNpy({ shape: [40, 2], data: Float64Array.from({ length: 80 }, (_, i) => Math.sin(i)) })
    const y = writeNpy({ shape: [40], data: Float64Array.from({ length: 40 }, (_, i) => Math.abs(Math.sin(2 * i))) })
    put('d.npz', zipSync({ 'X.npy': x, 'y.npy': y }))
    put('X.npy', x)
    const ran = await nadir(['fit', at('d.npz'), ...FAST, '--out', at('npz.json'), '--json'])
    expect(objectOf(ran)).toMatchObject({ status: 'solved', features: 2, target: { kind: 'number', name: 'y' } })
    const ours = await nadir(['predict', at('npz.json'), at('X.npy')])
    expect(predictions(ours)).toHaveLength(40)
    expect((await nadir(['predict', at('npz.json'), at('d.npz')])).out).toBe(ours.out)
    // From a pipe there is no ending to go by.
    expect((await nadir(['predict', at('npz.json'), '-'], { stdin: readFileSync(at('d.npz')) })).out).toBe(ours.out)
  })
  it.each([
    [
      'a.arrow',
      'ARROW1\0\0rest',
      'data: a.arrow is an Arrow file, which is not read. Save it as CSV, Parquet, JSON or .npy.',
    ],
    ['a.feather', 'FEA1rest', 'a.feather is a Feather file, which is not read.'],
    ['a.xlsx', 'PK\u0003\u0004rest', 'a.xlsx is a zip archive (.xlsx …), which is not read.'],
  ])('%s is answered by a sentence', async (name, content, message) => {
    put(name, content)
    const ran = await nadir(['fit', at(name)])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('rows held out', () => {
  it('--valid judges by another file', async () => {
    put('train.csv', csv(LINES.slice(0, 45)))
    put('valid.csv', csv(LINES.slice(45)))
    const ran = objectOf(
      await nadir(['fit', at('train.csv'), '--valid', at('valid.csv'), ...FAST, '--out', at('v.json'), '--json']),
    )
    const scored = objectOf(await nadir(['score', at('v.json'), at('valid.csv'), '--json']))
    expect(ran.validation).toEqual({ source: 'valid.csv', rows: 15, metrics: scored.metrics })
  })
  it('--valid-fraction draws them by the seed, and certify leaves them out again', async () => {
    const flags = ['--valid-fraction', '0.3', '--seed', '5', ...FAST]
    const ran = objectOf(await nadir(['fit', at('messy.csv'), ...flags, '--out', at('part.json'), '--json']))
    expect([ran.rows, ran.validation]).toEqual([
      42,
      expect.objectContaining({ source: '18 rows held out of messy.csv', rows: 18 }),
    ])
    const other = objectOf(
      await nadir(['fit', at('messy.csv'), ...flags, '--seed', '6', '--out', at('part6.json'), '--json']),
    )
    // The mean of the training rows tells which they are, whatever patterns the seed draws.
    expect(other.baseline).not.toEqual(ran.baseline)
    const checked = await nadir(['certify', at('part.json'), at('messy.csv'), '--json'])
    expect([checked.code, objectOf(checked)]).toEqual([
      0,
      expect.objectContaining({ recheck: expect.objectContaining({ valid: true }) }),
    ])
    expect(checked.err).toContain('the 18 rows that --valid-fraction 0.3 held out at training are left out again.')
  })
})

describe.runIf(duck)('reading in parts', () => {
  it('gives the rows of the whole, numbers of rows counted through', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i},${i === 4500 ? 'x' : i},0${i % 7}`)
    put('long.csv', csv(lines, 'a,b,c'))
    const starts: number[] = []
    const a: number[] = []
    const c: (string | number | null)[] = []
    for await (const table of streamTable(at('long.csv'), { most: 2000, numbers: new Set(['a', 'b']) })) {
      starts.push(table.firstRow ?? 0)
      a.push(...(table.columns[0].values as Float64Array))
      c.push(...table.columns[2].values)
      // A stray text makes a text of its part only; what else stands there is not lost.
      const stray = (table.firstRow ?? 0) + table.rows > 4500
      expect(table.columns[1].kind).toBe(stray && (table.firstRow ?? 0) <= 4500 ? 'text' : 'number')
    }
    expect(starts.length).toBeGreaterThan(1)
    expect(starts[0]).toBe(0)
    expect(a).toEqual(lines.map((_, i) => i))
    expect(c).toEqual(lines.map((_, i) => `0${i % 7}`))
  })
})

describe('columns left out', () => {
  it('--exclude keeps them from the features, also from a file', async () => {
    const ran = objectOf(
      await nadir(['fit', at('messy.csv'), '--exclude', 'ville,code', ...FAST, '--out', at('less.json'), '--json']),
    )
    expect(ran.features).toBe(4)
    put('exclude.yaml', 'exclude: ["größe, cm", ville]\n')
    const file = await nadir([
      'fit',
      at('messy.csv'),
      '--config',
      at('exclude.yaml'),
      ...FAST,
      '--out',
      at('l.json'),
      '--json',
    ])
    expect(objectOf(file).features).toBe(3)
    const wrong = await nadir(['fit', at('messy.csv'), '--exclude', 'vile'])
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringContaining('column to leave out, "vile" is not a column of messy.csv. Did you mean "ville"?'),
    ])
  })
  it('a column of names is told of it; dates in other ways are noted', async () => {
    put('names.csv', `name,a,y\n${Array.from({ length: 120 }, (_, i) => `n${i},${i % 9},${i / 7}`).join('\n')}\n`)
    const ran = await nadir(['fit', at('names.csv')])
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringContaining(
        '"name" has 120 in 120 rows of names.csv. Leave it out with --exclude, or group its values.',
      ),
    ])
    put(
      'eu.csv',
      `when,a,y\n${Array.from({ length: 40 }, (_, i) => `${10 + (i % 9)}/03/2024,${i % 9},${i / 7}`).join('\n')}\n`,
    )
    const noted = await nadir(['fit', at('eu.csv'), ...FAST, '--out', at('eu.json')])
    expect(noted.err).toContain(
      'column "when" looks like dates, and is taken as 9 categories: dates are read when they are written as 2024-05-17.',
    )
  })
})
