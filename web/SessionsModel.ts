/** The list of sessions, so that a second device finds the running one. The last list is kept for a page without a network. */
import { createModel, signal } from "@preact/signals"
import type { Answer, SessionRow } from "./api.ts"
import { parsed } from "./parsed.ts"
import { recall, remember } from "./storage.ts"

export interface SessionsTransport {
  readonly sessions: () => Promise<Answer<{ readonly sessions: ReadonlyArray<SessionRow> }>>
  readonly create: () => Promise<Answer<{ readonly session_id: string }>>
  readonly exported: (id: string) => Promise<Answer<string>>
}

type Rows = ReadonlyArray<SessionRow>

const keptRows = 30

export const SessionsModel = createModel((transport: SessionsTransport) => {
  const rows = signal<Rows | undefined>(parsed<Rows, Rows>(recall("sessions"), (kept) => kept))
  /** Whether the server itself said so, in this life of the page. */
  const fresh = signal(false)
  const problem = signal("")
  const creating = signal(false)
  let asked = 0

  const refresh = async (): Promise<void> => {
    const mine = ++asked
    const answer = await transport.sessions()
    if (mine !== asked) return
    fresh.value = answer.ok
    if (answer.ok) {
      rows.value = answer.value.sessions
      remember("sessions", JSON.stringify(answer.value.sessions.slice(0, keptRows)))
      problem.value = ""
    } else problem.value = answer.detail
  }

  /** The new session's id, or undefined with the reason in `problem`. */
  const create = async (not?: string): Promise<string | undefined> => {
    if (creating.value) return undefined
    creating.value = true
    const answer = await transport.create()
    creating.value = false
    if (answer.ok) return answer.value.session_id
    const so = answer.status === 0 ? "Whether a session was made is not known." : "No session was made."
    problem.value = `${not ?? so} ${answer.detail}`
    return undefined
  }

  /** The incident as Markdown, or undefined with the reason in `problem`. */
  const exported = async (id: string): Promise<string | undefined> => {
    const answer = await transport.exported(id)
    if (answer.ok) return answer.value
    problem.value = `Nothing was exported. ${answer.detail}`
    return undefined
  }

  // As long as the page lives.
  const look = () => {
    if (document.visibilityState === "visible") void refresh()
  }
  setInterval(look, 15_000)
  document.addEventListener("visibilitychange", look)
  window.addEventListener("online", look)

  return { rows, fresh, problem, creating, refresh, create, exported }
})

export type Sessions = InstanceType<typeof SessionsModel>
