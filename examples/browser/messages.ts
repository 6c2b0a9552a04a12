/**
 * What the page and its worker say to each other.
 */
export interface Order {
  readonly text: string
  readonly name: string
  readonly target: string
  readonly model: 'relu' | 'gated'
  readonly lambdaFraction: number
}

export type Request = Order | 'stop'

export type Reply =
  | { readonly kind: 'progress'; readonly objective: number; readonly bound: number; readonly gap: number }
  | {
      readonly kind: 'done'
      readonly statement: string
      readonly status: string
      readonly neurons: number
      readonly seconds: number
      readonly metrics: Readonly<Record<string, number>>
      /** Weights as JSON. */
      readonly weights: string
    }
  | { readonly kind: 'error'; readonly message: string }
