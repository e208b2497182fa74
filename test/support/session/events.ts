/** Asserting on the events of a turn. */
import { assert } from "@effect/vitest"
import type { Entry, Reader } from "../server/BreakglassServer.ts"

export type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>

export const kinds = (events: ReadonlyArray<Entry>) => events.map(({ kind }) => kind)

export const all = <K extends Entry["kind"]>(events: ReadonlyArray<Entry>, kind: K): ReadonlyArray<Of<K>> =>
  events.filter((event): event is Of<K> => event.kind === kind)

export const one = <K extends Entry["kind"]>(events: ReadonlyArray<Entry>, kind: K): Of<K> => {
  const [first, ...more] = all(events, kind)
  assert.isEmpty(more, `no second ${kind} in ${kinds(events).join(" ")}`)
  if (first === undefined) throw new Error(`no ${kind} in ${kinds(events).join(" ")}`)
  return first
}

/** How the turn ended: one `turn_end`, last, and what explains it directly before it. */
export const outcome = (events: ReadonlyArray<Entry>) => {
  const end = one(events, "turn_end")
  assert.strictEqual(events.at(-1), end)
  assert.strictEqual(events[0]?.kind, "user")
  const explained = events.filter(({ kind }) => kind === "cancelled" || kind === "error")
  assert.isAtMost(explained.length, 1)
  assert.deepStrictEqual(
    explained,
    events.slice(-2, -1).filter((event) => explained.includes(event))
  )
  assert.strictEqual(explained.length, end.outcome === "completed" ? 0 : 1, kinds(events).join(" "))
  return end.outcome
}

/** Why it ended so. */
export const why = (events: ReadonlyArray<Entry>) => one(events, "error").error

export const notices = (events: ReadonlyArray<Entry>) => all(events, "notice").map(({ code }) => code)

export const said = (events: ReadonlyArray<Entry>) => all(events, "text").map(({ text }) => text)

/** Follows a turn to its end. */
export const toEnd = async (reader: Reader) => {
  await reader.until((frame) => frame.event === "message" && frame.data.includes('"kind":"turn_end"'))
  await reader.close()
  return reader.events()
}
