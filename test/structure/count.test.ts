/** The counts that .ci/run prints come from reports, and nothing broken counts as nothing. */
import { describe, expect, it } from 'vitest'
import { countOf } from '../../tools/count.ts'

const file = (status: string, ...tests: string[]): object => ({
  status,
  assertionResults: tests.map(each => ({ status: each })),
})

describe('countOf', () => {
  it('adds up over files', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed', 'pending')] }
    expect(countOf(JSON.stringify(report))).toEqual({ passed: 3, failed: 1 })
  })

  it('counts a file that did not load as a failure', () => {
    expect(countOf(JSON.stringify({ testResults: [file('failed')] }))).toEqual({ passed: 0, failed: 1 })
  })

  it('counts a report without tests as a failure', () => {
    for (const report of ['', 'not json', '{}', '{"testResults":[]}'])
      expect(countOf(report)).toEqual({ passed: 0, failed: 1 })
  })
})
