/** What is being written, for which session and which model: kept on this device until it is sent. */
import { computed, createModel, effect, signal, type ReadonlySignal } from "@preact/signals"
import type { Info } from "../link/api.ts"
import { recall, remember } from "../link/storage.ts"

export interface DraftTransport {
  readonly info: ReadonlySignal<Pick<Info, "models" | "default_model"> | undefined>
  /** The open session's id. */
  readonly route: ReadonlySignal<string | undefined>
  readonly session: ReadonlySignal<{ readonly send: (text: string, model: string) => void } | undefined>
  /** Makes a session; undefined when none was made. */
  readonly create: () => Promise<string | undefined>
  readonly open: (id: string) => void
}

export const DraftModel = createModel(({ info, route, session, create, open }: DraftTransport) => {
  const draft = signal("")
  const starting = signal(false)
  const chosen = signal(recall("model"))
  const models = computed(() => info.value?.models ?? ["sonnet", "opus", "haiku"])
  const model = computed(() =>
    models.value.includes(chosen.value) ? chosen.value : (info.value?.default_model ?? "sonnet")
  )
  effect(() => {
    draft.value = recall(keyOf(route.value))
  })

  const write = (text: string): void => {
    draft.value = text
    remember(keyOf(route.peek()), text)
  }

  /** Opens a session for what is written; false when none was made. */
  const begin = async (text: string): Promise<boolean> => {
    starting.value = true
    const id = await create()
    starting.value = false
    if (id === undefined) return false
    // Text that was typed while the session was made becomes its draft.
    const now = recall(keyOf(undefined))
    remember(keyOf(id), now.startsWith(text) ? now.slice(text.length).trimStart() : now)
    remember(keyOf(undefined), "")
    open(id)
    return true
  }

  return {
    draft,
    write,
    starting,
    models,
    model,
    choose: (name: string) => {
      chosen.value = name
      remember("model", name)
    },
    /** Hands the draft to the session's outbox; makes the session when none is open, and keeps the draft when it cannot. */
    send: async (): Promise<void> => {
      const text = draft.peek()
      if (text.trim() === "" || starting.peek()) return
      const home = route.peek() === undefined
      if (home && !(await begin(text))) return
      session.peek()?.send(text, model.peek())
      if (!home) write("")
    },
    /** Puts a prompt back into the box, before what is in it. */
    again: (prompt: string): void => {
      if (draft.peek() !== prompt) write([prompt, draft.peek()].filter(Boolean).join("\n\n"))
      document.getElementById("message")?.focus()
    }
  }
})

export type Draft = InstanceType<typeof DraftModel>

const keyOf = (id: string | undefined): string => `draft:${id ?? "new"}`
