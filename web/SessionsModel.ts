/** The list of sessions, so that a second device finds the running one. */
import { createModel, effect, signal } from "@preact/signals"
import type { Answer, SessionRow } from "./api.ts"

export interface SessionsTransport {
  readonly sessions: () => Promise<Answer<{ readonly sessions: ReadonlyArray<SessionRow> }>>
  readonly create: () => Promise<Answer<{ readonly session_id: string }>>
}

export const SessionsModel = createModel((transport: SessionsTransport) => {
  const rows = signal<ReadonlyArray<SessionRow> | undefined>(undefined)
  const problem = signal("")
  const creating = signal(false)

  const refresh = async (): Promise<void> => {
    const answer = await transport.sessions()
    if (answer.ok) {
      rows.value = answer.value.sessions
      problem.value = ""
    } else problem.value = answer.detail
  }

  /** The new session's id, or undefined with the reason in `problem`. */
  const create = async (): Promise<string | undefined> => {
    if (creating.value) return undefined
    creating.value = true
    const answer = await transport.create()
    creating.value = false
    if (answer.ok) {
      void refresh()
      return answer.value.session_id
    }
    problem.value = `No session was made. ${answer.detail}`
    return undefined
  }

  effect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void refresh()
    }
    const timer = setInterval(look, 15_000)
    document.addEventListener("visibilitychange", look)
    window.addEventListener("online", look)
    return () => {
      clearInterval(timer)
      document.removeEventListener("visibilitychange", look)
      window.removeEventListener("online", look)
    }
  })

  return { rows, problem, creating, refresh, create }
})

export type Sessions = InstanceType<typeof SessionsModel>
