/** Damaged files: seeded changes of bytes, the same for the same seed. */
import { fold, key, uniforms } from '../../src/random/index.ts'

/** One to eight changes: bits flipped, bytes overwritten, ends cut off, stretches repeated or taken out. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draws = uniforms(fold(key(seed), 'mutation'), 64)
  let at = 0
  const upTo = (count: number) => Math.floor(draws[at++] * count)
  let out = Uint8Array.from(bytes)
  const changes = 1 + upTo(8)
  for (let change = 0; change < changes && out.length > 0; change++) {
    const place = upTo(out.length)
    const length = 1 + upTo(12)
    switch (upTo(6)) {
      case 0:
        out[place] ^= 1 << upTo(8)
        break
      case 1:
        out[place] = upTo(256)
        break
      case 2:
        // The largest varints: lengths that lie.
        out.fill(0xff, place, Math.min(out.length, place + length))
        break
      case 3:
        if (change === 0) out = out.slice(0, place)
        break
      case 4:
        out = Uint8Array.from([...out.subarray(0, place + length), ...out.subarray(place)])
        break
      default:
        out = Uint8Array.from([...out.subarray(0, place), ...out.subarray(place + length)])
    }
  }
  return out
}
