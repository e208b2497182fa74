/**
 * Prompts that were written and are not in the log yet, oldest first. Each keeps its id for ever, so asking twice runs
 * once. What follows a turn that did not complete is held: it was written for another state of things.
 */
import type { Outcome } from "../../src/contract/Event.ts"

export interface Waiting {
  readonly prompt_id: string
  readonly text: string
  readonly model: string
  /** `unsure`: it was sent and no answer came. `failed`: the server refused it, for `reason`. */
  readonly state: "waiting" | "sending" | "unsure" | "failed"
  readonly reason: string
  /** The log's last id when it was written, or last let go. */
  readonly since: number
  /** The log's last id when the server said a turn was running; -2 when it never did. */
  readonly refusedAt: number
}

export type Outbox = ReadonlyArray<Waiting>

/** What decides whether a prompt may be sent. */
export interface SendGate {
  readonly last: number
  readonly running: boolean
  readonly ended: { readonly id: number; readonly outcome: Outcome } | undefined
  /** The log has been read to its end. */
  readonly current: boolean
  readonly signedOut: boolean
}

export const written = (text: string, model: string, prompt_id: string, since: number): Waiting => ({
  prompt_id,
  text,
  model,
  state: "waiting",
  reason: "",
  since,
  refusedAt: -2
})

/** Why it waits for the operator, or undefined. */
export const held = (item: Waiting, { ended }: SendGate): Outcome | undefined =>
  item.state === "waiting" && ended !== undefined && ended.outcome !== "completed" && ended.id > item.since
    ? ended.outcome
    : undefined

/** The one to send now. The order is the order of writing: a held or refused prompt holds the ones after it. */
export const due = (outbox: Outbox, gate: SendGate): Waiting | undefined => {
  const [head] = outbox
  if (head === undefined || gate.running || gate.signedOut || held(head, gate) !== undefined) return undefined
  if (head.state === "unsure") return gate.current ? head : undefined
  return head.state === "waiting" && head.refusedAt !== gate.last ? head : undefined
}

export const change = (outbox: Outbox, id: string, by: Partial<Waiting>): Outbox =>
  outbox.map((item) => (item.prompt_id === id ? { ...item, ...by } : item))

export const without = (outbox: Outbox, id: string): Outbox => outbox.filter((item) => item.prompt_id !== id)

/** The log has a prompt with these words: one that was on its way has arrived. */
export const arrived = (outbox: Outbox, text: string, id: number): Outbox => {
  const found = outbox.find(
    (item) => (item.state === "sending" || item.state === "unsure") && item.text === text && id > item.since
  )
  return found === undefined ? outbox : without(outbox, found.prompt_id)
}

/** As it was saved. It is unknown whether a prompt that was being sent when the page closed has arrived: `unsure`. */
export const restored = (kept: string): Outbox => {
  try {
    const value: unknown = JSON.parse(kept)
    if (!Array.isArray(value)) return []
    return (value as Outbox).map((item) => (item.state === "sending" ? { ...item, state: "unsure" } : item))
  } catch {
    return []
  }
}
