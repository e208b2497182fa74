/** A row of the table: what is measured together, and each figure of it with what is wanted of it. */
import type { Started } from "../server/Server.ts"

export interface Figure {
  readonly what: string
  readonly unit: string
  readonly better: "less" | "more"
  /** So many times what the bare server shows in the same run, or a value of its own in the figure's unit. */
  readonly wanted: { readonly times: number } | { readonly value: number }
  /** In the figure's unit: a difference that one run shows against another of the same code. */
  readonly noise?: number
}

/** What a row measures with. Every server it starts is ended when it is done. */
export interface Run {
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<Started>
  /** So many, at the scale that was asked for; one at least. */
  readonly scaled: (count: number) => number
}

export interface Row {
  /** What `npm run bench -- NAME` takes. */
  readonly name: string
  readonly figures: Readonly<Record<string, Figure>>
  readonly measure: (run: Run) => Promise<Readonly<Record<string, number>>>
}

export const row = <Key extends string>(
  name: string,
  figures: Readonly<Record<Key, Figure>>,
  measure: (run: Run) => Promise<Readonly<Record<Key, number>>>
): Row => ({ name, figures, measure })

/** Samples of one figure, one a round, of the server under measure and of the bare one. */
export interface Measured {
  /** `row.figure`: its name among the kept ratios. */
  readonly key: string
  readonly figure: Figure
  readonly ours: ReadonlyArray<number>
  readonly bare: ReadonlyArray<number>
}
