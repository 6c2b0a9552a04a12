/**
 * Counts passed and failed tests over vitest's JSON reports: `tsx tools/count.ts report.json …` prints two numbers.
 *
 * A file that could not even be loaded counts as one failure, and so does a report that is missing, empty or unreadable.
 * @module
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** Passed and failed tests. */
export interface Count {
  readonly passed: number
  readonly failed: number
}

/** The counts of one report, as text. */
export function countOf(report: string): Count {
  let parsed: unknown
  try {
    parsed = JSON.parse(report)
  } catch {
    return { passed: 0, failed: 1 }
  }
  const { testResults } = parsed as { testResults?: { status: string; assertionResults: { status: string }[] }[] }
  if (!Array.isArray(testResults) || testResults.length === 0) return { passed: 0, failed: 1 }
  let passed = 0
  let failed = 0
  for (const file of testResults) {
    const failures = file.assertionResults.filter(test => test.status === 'failed').length
    passed += file.assertionResults.filter(test => test.status === 'passed').length
    failed += file.status === 'failed' ? Math.max(1, failures) : failures
  }
  return { passed, failed }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const counts = process.argv.slice(2).map(path => {
    try {
      return countOf(readFileSync(path, 'utf8'))
    } catch {
      return { passed: 0, failed: 1 }
    }
  })
  const sum = (pick: (count: Count) => number): number => counts.reduce((total, count) => total + pick(count), 0)
  process.stdout.write(`${sum(count => count.passed)} ${sum(count => count.failed)}\n`)
}
