/** The list of sessions, so that a second device finds the running one. The last list is saved for a page without a network. */
import { createModel, signal } from "@preact/signals"
import type { Answer, SessionPage, SessionRow } from "../link/api.ts"
import { parsed } from "../link/parsed.ts"
import { recall, remember } from "../link/storage.ts"

export interface SessionsTransport {
  readonly sessions: (before: string | undefined, archived: boolean) => Promise<Answer<SessionPage>>
  readonly archive: (id: string, archived: boolean) => Promise<Answer<unknown>>
  readonly remove: (id: string) => Promise<Answer<unknown>>
  readonly create: () => Promise<Answer<{ readonly session_id: string }>>
  readonly exported: (id: string) => Promise<Answer<string>>
}

type Rows = ReadonlyArray<SessionRow>

const keptRows = 30

export const SessionsModel = createModel((transport: SessionsTransport) => {
  const rows = signal<Rows | undefined>(parsed<Rows, Rows>(recall("sessions"), (kept) => kept))
  /** The list is the server's, received since the page was opened; not the saved one. */
  const fresh = signal(false)
  const problem = signal("")
  /** Why the last Send did nothing, until the next one. */
  const unsent = signal("")
  const creating = signal(false)
  /** Whether there are more sessions than are shown. */
  const more = signal(false)
  /** Pages that are shown. A refresh asks for all of them: a session may have moved to another page. */
  let pages = 1
  let asked = 0

  /** So many pages, each session once. */
  const list = async (archived: boolean, pages: number): Promise<Answer<Required<SessionPage>>> => {
    const found = new Map<string, SessionRow>()
    let next: string | null = null
    do {
      const answer = await transport.sessions(next ?? undefined, archived)
      if (!answer.ok) return answer
      // A session may have moved to the next page between two requests.
      for (const row of answer.value.sessions) found.set(row.session_id, row)
      next = answer.value.next ?? null
    } while (--pages > 0 && next !== null)
    return { ok: true, value: { sessions: [...found.values()], next } }
  }

  const refresh = async (): Promise<void> => {
    const mine = ++asked
    const answer = await list(false, pages)
    if (mine !== asked) return
    fresh.value = answer.ok
    problem.value = answer.ok ? "" : answer.detail
    if (!answer.ok) return
    const { sessions, next } = answer.value
    rows.value = sessions
    more.value = next !== null
    remember("sessions", JSON.stringify(sessions.slice(0, keptRows)))
  }

  const showMore = (): Promise<void> => {
    pages++
    return refresh()
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

  // As long as the page lives.
  const look = () => {
    if (document.visibilityState === "visible") void refresh()
  }
  setInterval(look, 15_000)
  document.addEventListener("visibilitychange", look)
  window.addEventListener("online", look)

  const { archive, remove, exported } = transport
  return { rows, fresh, problem, unsent, creating, more, list, refresh, showMore, create, archive, remove, exported }
})

export type Sessions = InstanceType<typeof SessionsModel>
