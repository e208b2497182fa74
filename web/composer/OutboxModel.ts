/** Sends waiting prompts, one at a time, when the session can take them. Saved on this device until the log has them. */
import { createModel, effect, signal, untracked, type ReadonlySignal } from "@preact/signals"
import type { Answer, Prompt } from "../link/api.ts"
import { backoff } from "../link/link.ts"
import { arrived, change, due, type Outbox, type SendGate, restored, type Waiting, without, written } from "./outbox.ts"
import { following, recall, remember } from "../link/storage.ts"
import { uuid } from "../link/uuid.ts"

export interface OutboxTransport {
  readonly key: string
  readonly gate: ReadonlySignal<SendGate>
  readonly prompt: (prompt: Prompt) => Promise<Answer<unknown>>
}

export const OutboxModel = createModel(({ key, gate, prompt }: OutboxTransport) => {
  const outbox = signal<Outbox>(restored(recall(key)))
  let attempts = 0
  let timer = 0

  const keep = (next: Outbox) => {
    if (next === outbox.peek()) return
    outbox.value = next
    remember(key, next.length === 0 ? "" : JSON.stringify(next))
  }

  const deliver = async (item: Waiting): Promise<void> => {
    keep(change(outbox.peek(), item.prompt_id, { state: "sending", reason: "" }))
    const { prompt_id, text, model } = item
    // The turn that refuses it may have ended before the refusal comes.
    const { last } = gate.peek()
    const answer = await prompt({ prompt: text, model, prompt_id })
    if (answer.ok) attempts = 0
    keep(answer.ok ? without(outbox.peek(), prompt_id) : change(outbox.peek(), prompt_id, unsent(answer, last)))
  }

  effect(() => {
    const item = due(outbox.value, gate.value)
    if (item === undefined) return
    const send = () => {
      attempts = item.state === "unsure" ? attempts + 1 : 0
      void deliver(item)
    }
    if (item.state === "unsure" && attempts > 0) {
      timer = window.setTimeout(send, backoff(attempts, Math.random()))
      return () => clearTimeout(timer)
    }
    untracked(send)
    return
  })
  // Another tab of this device may have sent it, or written one.
  effect(() =>
    following(key, (kept) => {
      outbox.value = restored(kept)
    })
  )

  return {
    outbox,
    queue: (text: string, model: string) => keep([...outbox.peek(), written(text, model, uuid(), gate.peek().last)]),
    /** Takes it out, for the box or for good. */
    remove: (id: string) => keep(without(outbox.peek(), id)),
    /** The operator says: send it now. */
    release: (id: string) =>
      keep(change(outbox.peek(), id, { state: "waiting", reason: "", since: gate.peek().last, refusedAt: -2 })),
    /** The log has these words, as that event. */
    arrived: (text: string, id: number) => keep(arrived(outbox.peek(), text, id))
  }
})

export type OutboxState = InstanceType<typeof OutboxModel>

const unsent = (answer: Answer<unknown> & { readonly ok: false }, last: number): Partial<Waiting> => {
  if (answer.status === 0) return { state: "unsure", reason: answer.detail }
  if (answer.status === 409) return { state: "waiting", refusedAt: last }
  if (answer.signedOut) return { state: "waiting" }
  return { state: "failed", reason: answer.detail }
}
