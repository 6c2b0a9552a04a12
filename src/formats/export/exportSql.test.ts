/**
 * What the text of an SQL expression must look like for databases stricter than the one that the laws run.
 */
import { describe, expect, it } from 'vitest'
import { drawnModel } from '../../../test/oracles/savedModels.ts'
import { parseDelimited } from '../../data/delimited.ts'
import { datasetOf } from '../../data/index.ts'
import { exportSql } from './exportSql.ts'

const lines = Array.from(
  { length: 40 },
  (_, i) => `${i * i - 7},${['red', 'blue', ''][i % 3]},${['p', 'q', 'r'][i % 3]}`,
)
const data = datasetOf(parseDelimited(`a,colour,y\n${lines.join('\n')}\n`, { source: 'x' }))
const text = exportSql(drawnModel(data, { kind: 'gated', loss: 'multinomial', neurons: 1000, shared: true }), {
  className: 'q',
})

describe('the expression', () => {
  it('keeps every exponential in the range where PostgreSQL raises no error', () => {
    expect(text.match(/EXP\(-?/g)).toHaveLength(2)
    expect(text.match(/EXP\(-?GREATEST\(-700e0, LEAST\(700e0, /g)).toHaveLength(2)
  })

  it('has doubles only, and no remark after the first line', () => {
    const body = text.slice(text.indexOf('\n') + 1)
    expect(body).not.toContain('--')
    const numbers = body.match(/(?<![\w."])\d[\w.]*(-\d+)?/g) ?? []
    expect(numbers.length).toBeGreaterThan(5000)
    expect(numbers.filter(number => !/^\d+(\.\d+)?e-?\d+$/.test(number))).toEqual([])
  })

  it('adds at most 16 terms on one level', () => {
    const sums = [0]
    let most = 0
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '(') sums.push(1)
      else if (text[i] === ')') most = Math.max(most, sums.pop() ?? 0)
      else if (text.startsWith(' + ', i)) sums[sums.length - 1]++
    }
    expect(most).toBe(16)
  })
})
