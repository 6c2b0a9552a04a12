import { expect, it, describe as suite } from 'vitest'
import type { Progress } from '../solvers/solve.ts'
import type { Io } from './io.ts'
import { describe, progressLine, secondsLeft } from './progress.ts'

const step = (seconds: number, relativeGap: number, objective = 2): Progress => ({
  iteration: 1,
  seconds,
  objective,
  bound: 1.9,
  relativeGap,
  active: 12,
  phase: 'newton',
  solver: 's',
})

function fakeIo(terminal: boolean): Io & { text: string } {
  const io = {
    text: '',
    out: () => {},
    err: (text: string) => {
      io.text += text
    },
    terminal,
    colour: false,
    env: {},
    onInterrupt: () => () => {},
    exit: () => {},
  }
  return io
}

suite('secondsLeft', () => {
  it('is exact on a gap that loses a constant factor a second', () => {
    const points = Array.from({ length: 11 }, (_, t): [number, number] => [t, Math.log(0.5 ** t)])
    expect(secondsLeft(points, 0.5 ** 16)).toBeCloseTo(6, 9)
  })
  it('looks at the later half only', () => {
    const points: [number, number][] = [...Array.from({ length: 10 }, (_, t): [number, number] => [t, 0])]
    for (let t = 10; t < 20; t++) points.push([t, -(t - 10)])
    expect(secondsLeft(points, Math.exp(-14))).toBeCloseTo(5, 9)
  })
  it('says nothing when the gap does not fall, hardly falls, or too little is known', () => {
    const line = (slope: number) => Array.from({ length: 8 }, (_, t): [number, number] => [t, slope * t])
    expect(secondsLeft(line(1), 1e-6)).toBeNull()
    expect(secondsLeft(line(-1e-9), 1e-6)).toBeNull()
    expect(secondsLeft(line(-1).slice(0, 2), 1e-6)).toBeNull()
  })
})

suite('describe', () => {
  it('shows objective, bound, gap, active neurons, phase and the time left', () => {
    const points = Array.from({ length: 7 }, (_, t): [number, number] => [t, Math.log(10) * (-t / 2)])
    expect(describe(step(6, 1e-3, 0.123456789), 1e-4, points)).toBe(
      '6.00 s  objective 0.123457  bound 1.9  gap 1.0e-3  12 active  newton  ~2.00 s to 1e-4',
    )
  })
  it('shows dashes before there is a bound, and no time left beyond the goal', () => {
    expect(describe({ ...step(0.5, Infinity), bound: -Infinity }, 1e-4, [])).toBe(
      '0.50 s  objective 2  bound —  gap —  12 active  newton',
    )
    expect(
      describe(step(6, 1e-5), 1e-4, [
        [1, 0],
        [2, -1],
        [3, -2],
        [4, -3],
        [5, -4],
        [6, -5],
      ]),
    ).not.toContain('to 1e-4')
  })
})

suite('progressLine', () => {
  it('redraws one line on a terminal and takes it away', () => {
    const io = fakeIo(true)
    const line = progressLine(io, { gap: 1e-4 })
    line.update(step(0.2, 0.1))
    line.update(step(0.25, 0.1))
    line.update(step(0.4, 0.1))
    line.end()
    expect(io.text.split('\r\u001b[K')).toHaveLength(4)
    expect(io.text).not.toContain('\n')
  })
  it('prints a plain line every five seconds otherwise, with the best objective so far', () => {
    const io = fakeIo(false)
    const line = progressLine(io, { gap: 1e-4 })
    for (let t = 1; t <= 12; t++) line.update(step(t, 0.1, t === 2 ? 1.5 : 3))
    line.end()
    expect(io.text.split('\n').filter(text => text.includes('objective 1.5'))).toHaveLength(2)
    expect(io.text.endsWith('\n')).toBe(true)
    expect(io.text).not.toContain('\u001b')
  })
  it('is silent when asked to be', () => {
    const io = fakeIo(false)
    progressLine(io, { gap: 1e-4, quiet: true }).update(step(9, 0.1))
    expect(io.text).toBe('')
  })
})
