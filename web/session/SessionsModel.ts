/** The list of sessions, so that a second device finds the running one. The last list is kept for a page without a network. */
import { createModel, signal } from "@preact/signals"
import type { Answer, SessionPage, SessionRow } from "../link/api.ts"
import { parsed } from "../link/parsed.ts"
import { recall, remember } from "../link/storage.ts"

export interface SessionsTransport {
  readonly sessions: (before?: string) => Promise<Answer<SessionPage>>
  readonly archive: (id: string) => Promise<Answer<unknown>>
  readonly remove: (id: string) => Promise<Answer<unknown>>
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
  /** Why the last Send did nothing, until the next one. */
  const unsent = signal("")
  const creating = signal(false)
  /** Where more of the list begins, when there is more. */
  const next = signal<string | undefined>(undefined)
  /** Pages that are shown: asked for again, all of them are, for what was on one may be on another by now. */
  let pages = 1
  let asked = 0

  const refresh = async (): Promise<void> => {
    const mine = ++asked
    const found: Array<SessionRow> = []
    let before: string | undefined
    for (let page = 0; page < pages && (page === 0 || before !== undefined); page++) {
      const answer = await transport.sessions(before)
      if (mine !== asked) return
      fresh.value = answer.ok
      if (!answer.ok) {
        problem.value = answer.detail
        return
      }
      found.push(...answer.value.sessions)
      before = answer.value.next ?? undefined
    }
    // Between two pages one may have moved from the one to the other.
    rows.value = [...new Map(found.map((row) => [row.session_id, row])).values()]
    next.value = before
    remember("sessions", JSON.stringify(found.slice(0, keptRows)))
    problem.value = ""
  }

  const more = (): Promise<void> => {
    pages++
    return refresh()
  }

  const putAway = async (id: string, how: "archive" | "remove"): Promise<Answer<unknown>> => {
    const answer = await transport[how](id)
    await refresh()
    return answer
  }

  /** The new session's id, or undefined with the reason in `problem`. */
  const create = async (toSend = false): Promise<string | undefined> => {
    if (creating.value) return undefined
    creating.value = true
    unsent.value = ""
    const answer = await transport.create()
    creating.value = false
    if (answer.ok) return answer.value.session_id
    const what = answer.status === 0 ? "Whether a session was made is not known." : "No session was made."
    problem.value = `${what} ${answer.detail}`
    if (toSend) unsent.value = `Not sent. ${problem.value}`
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

  return { rows, fresh, problem, unsent, creating, next, refresh, more, create, exported, putAway }
})

export type Sessions = InstanceType<typeof SessionsModel>
