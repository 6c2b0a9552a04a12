/**
 * What every penalty checks when it is made.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'

/**
 * @throws DomainError when beta is not a number > 0; ShapeError when size is not a positive whole number.
 */
export function checkPenalty(who: string, size: number, beta = 1): void {
  if (!Number.isInteger(size) || size < 1)
    throw new ShapeError(`${who}: size must be a positive whole number; got ${size}. Count the variables.`)
  if (!(beta > 0 && beta < Infinity))
    throw new DomainError(`${who}: beta must be a positive number; got ${beta}. Leave the penalty out instead of 0.`)
}
