/**
 * Do I get the same random numbers when I draw only a part of them, or draw something else in between?
 */
import assert from 'node:assert/strict'
import { fold, key, normals } from 'nadir/random'

// One seed, one key a purpose.
const root = key(2026)
const gates = fold(root, 'gates')
const split = fold(root, 'split')

// All at once, or two workers with half each: the same bits.
const all = normals(gates, 1000)
const first = normals(gates, 500)
normals(split, 77)
const second = normals(gates, 500, { from: 500 })
assert.deepEqual([...first, ...second], [...all])

// Another purpose is another stream.
assert.notDeepEqual(normals(split, 1000), all)

const mean = all.reduce((sum, z) => sum + z, 0) / all.length
assert.ok(Math.abs(mean) < 4 / Math.sqrt(all.length), 'a mean within four standard errors of zero')
console.log(`1000 normal numbers, drawn whole or in halves: equal bits, mean ${mean.toFixed(4)}`)
