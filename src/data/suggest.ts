/**
 * Did you mean …? The nearest name to a mistyped one.
 * @module
 */

/**
 * Edit distance between a and b: insertions, deletions, replacements and swaps of neighbours cost 1 each (upper and lower
 * case differ by 1/10, so a slip of case is the nearest). O(|a|·|b|). Source: F. Damerau, 1964 (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const p = a[i - 1]
      const q = b[j - 1]
      const replace = p === q ? 0 : p.toLowerCase() === q.toLowerCase() ? 0.1 : 1
      let best = Math.min(previous[j - 1] + replace, previous[j] + 1, current[j - 1] + 1)
      if (i > 1 && j > 1 && p === b[j - 2] && a[i - 2] === q && p !== q) best = Math.min(best, before[j - 2] + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length]
}

/** The candidate nearest to `name`, or null when none is nearer than about 40 % of its length (at least one slip allowed). */
export function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let least = Math.max(1, 0.4 * name.length) + 1e-9
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** ‘Did you mean "x"?’ or a list of what there is: the last sentence of a message about an unknown name. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  if (near !== null) return `Did you mean "${near}"?`
  return candidates.length === 0 ? 'There are none.' : `There are: ${listed(candidates)}.`
}

/** The first few names in quotes, and how many more. */
export function listed(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).map(name => `"${name}"`)
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
