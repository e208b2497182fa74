/** Whether the agent works, here and in other sessions, as far as it is known. */
import type { SessionRow } from "../link/api.ts"
import type { Status } from "../components/Mark.tsx"
import type { Stamp } from "../../src/contract/Event.ts"
import { stopwatch } from "../text/format.ts"

/** The open session, as its own log says. */
export interface OpenSession {
  readonly id: string
  /** Its log has been read to its end. */
  readonly current: boolean
  /** The turn that runs: its first event. */
  readonly turn: Stamp | undefined
}

export interface AgentKnowledge {
  readonly open: OpenSession | undefined
  readonly rows: ReadonlyArray<SessionRow> | undefined
  /** The server itself said so, in this life of the page. */
  readonly fresh: boolean
  readonly serverNow: number
  /** Since when the server has not been heard; "" while it is. */
  readonly unheard: string
}

/** The open session's log knows; of the others the list knows, which is some seconds old. */
export const worksIn = (open: OpenSession | undefined, row: SessionRow): boolean =>
  open?.id === row.session_id && open.current ? open.turn !== undefined : row.turn_active

const idle: Status = { tone: "off", word: "Idle", age: "" }

export const agentState = ({ open, rows, fresh, serverNow, unheard }: AgentKnowledge): Status => {
  const unknown: Status = { tone: "unknown", word: "Unknown", age: unheard }
  if (open !== undefined) {
    if (!open.current) return unknown
    if (open.turn === undefined) return idle
    return { tone: "busy", word: "Working", age: stopwatch(serverNow - Date.parse(open.turn.at)) }
  }
  if (rows === undefined || !fresh) return unknown
  const active = rows.filter((row) => worksIn(open, row)).length
  return active === 0 ? idle : { tone: "busy", word: `${active} working`, age: "" }
}

/** What a power cut would end. */
export const interruptionWarning = (known: AgentKnowledge): string => {
  if (known.open?.turn !== undefined) return "The agent is working: its commands on the VM are cut off too."
  const active = known.rows?.some((row) => worksIn(known.open, row)) === true
  if (active) return "The agent is working in another session."
  return agentState(known).tone === "off" ? "The agent is idle." : "It is unknown whether the agent is working."
}
