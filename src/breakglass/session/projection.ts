/** What a session's row says, from its events and from nothing else; pure. */
import type { Event } from "../../contract/Event.ts"
import type { Derived, StoredSession } from "../../core/journal/types.ts"
import type { TurnMetadata } from "../../core/turn/EventSink.ts"

export type SessionEvent = Event & { readonly metadata?: Metadata }

/** What is stored with an event and no reader is sent. */
export interface Metadata extends TurnMetadata {
  /** Of `user`: the marker of the turn that it begins. */
  readonly turn?: string
  /** Of `user`: the id that its client chose. */
  readonly prompt_id?: string
  /** What the row said after this event; the events up to it do not say it (`migrations.ts`). */
  readonly snapshot?: Readonly<Record<keyof Projected, string | number | null>>
}

export type Projected = Pick<StoredSession, "title" | "cli_id" | "cli_opened" | "open_turn" | "unfinished">

/** The first conversation of a session has the session's own id. */
export const empty = (session: string): Projected => ({
  title: "",
  cli_id: session,
  cli_opened: false,
  open_turn: null,
  unfinished: false
})

export const after = (before: Projected, event: SessionEvent): Projected => {
  const { metadata = {} } = event
  if (metadata.snapshot !== undefined) return recorded(metadata.snapshot)
  switch (event.kind) {
    case "user": {
      const title = before.title === "" ? titled(event.text) : before.title
      return { ...before, title, open_turn: metadata.turn ?? before.open_turn }
    }
    case "session":
      return { ...before, cli_id: event.session_id, cli_opened: true }
    case "notice":
      return metadata.conversation === undefined
        ? before
        : { ...before, cli_id: metadata.conversation, cli_opened: false }
    case "turn_end":
      return { ...before, open_turn: null, unfinished: metadata.unfinished ?? before.unfinished }
    default:
      return before
  }
}

/** For the log: what follows from these events, and what of it is stored with them. */
export const project = (
  before: Projected,
  events: ReadonlyArray<SessionEvent>
): { readonly projected: Projected; readonly derived: Derived } => {
  const projected = events.reduce(after, before)
  return {
    projected,
    derived: {
      columns: projected === before ? {} : columns(projected),
      prompt_ids: events.flatMap(({ metadata }) => metadata?.prompt_id ?? []),
      // A turn without an end would be a lie.
      beyondQuota: events.some(({ kind }) => kind === "turn_end")
    }
  }
}

const columns = (projected: Projected) => ({
  ...projected,
  cli_opened: Number(projected.cli_opened),
  unfinished: Number(projected.unfinished)
})

const recorded = (row: NonNullable<Metadata["snapshot"]>): Projected => ({
  title: String(row.title),
  cli_id: String(row.cli_id),
  cli_opened: row.cli_opened !== 0,
  open_turn: row.open_turn === null ? null : String(row.open_turn),
  unfinished: row.unfinished !== 0
})

/** A session is called what was first asked of it. */
const titled = (text: string): string => {
  const line = text.trim().split("\n", 1)[0] ?? ""
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
