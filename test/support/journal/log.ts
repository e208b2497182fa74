/** Reading a log in a test. */
import { assert } from "@effect/vitest"
import type { Entry } from "../server/BreakglassServer.ts"

export const kinds = (events: ReadonlyArray<Entry>) => events.map(({ kind }) => kind)
/** The only event of its kind. */
export const one = <K extends Entry["kind"]>(events: ReadonlyArray<Entry>, kind: K) => {
  const found = events.filter((event): event is Extract<Entry, { kind: K }> => event.kind === kind)
  assert.strictEqual(found.length, 1, `exactly one ${kind} in ${kinds(events).join(" ")}`)
  return found[0] as Extract<Entry, { kind: K }>
}
