/** What the journal is given and gives: settings, events as they are stored, sessions, operations. */

/** How large the journal may grow, in bytes. */
export interface Quota {
  readonly session: number
  readonly total: number
}

export interface DiskSettings {
  /** Absolute. One server at a time has it. */
  readonly directory: string
  readonly quota: Quota
}

export interface JournalSettings extends DiskSettings {
  /** The entry of the thread that waits for the disk; it calls `serve`. */
  readonly worker: URL
}

/** What else is done on the journal's disk, in its thread: the HOME of each turn, and what the CLI keeps of a conversation. */
export interface Homes {
  /** `former` is where the CLI kept its configuration when turns had the server's HOME. */
  readonly openHome: (turn: string, conversation: string, former: string) => void
  /** Removes it. Returns why the agent's memory of the turn is not kept; null when it is. */
  readonly closeHome: (turn: string, conversation: string) => string | null
  /** Removes what a server that was killed has left. */
  readonly removeHomes: () => void
  /** Deletes what the CLI remembers of a conversation. */
  readonly forget: (conversation: string) => void
}

/** An event ready to be stored. */
export interface Row {
  readonly id: number
  readonly at: string
  readonly json: string
  /** What was cut from it, served on demand. */
  readonly full: string | null
  /** JSON that is stored with it and that no reader is sent. */
  readonly metadata?: string
}

/** The newest event of a log; nulls when it has none. */
export interface Last {
  readonly id: number | null
  readonly at: string | null
}

export interface StoredSession {
  readonly id: string
  readonly title: string
  readonly created_at: string
  /** The CLI's conversation, and whether it has ever been opened (then it must be resumed). */
  readonly cli_id: string
  readonly cli_opened: boolean
  /** The marker of a turn that has no `turn_end` yet. */
  readonly open_turn: string | null
  /** A turn was killed before the CLI could record what it had done: the model is told at the next prompt. */
  readonly unfinished: boolean
  /** Left out of the list. */
  readonly archived: boolean
  readonly last_event_id: number | null
  readonly last_event_at: string | null
}

/** What follows from events and is stored with them, in one transaction. What it means is not the journal's. */
export interface Derived {
  /** Columns of the session whose log it is. */
  readonly columns?: Readonly<Record<string, string | number | null>>
  readonly prompt_ids?: ReadonlyArray<string>
  readonly operation?: { readonly op_id: string; readonly verb: string }
  /** Stored also when the quota is used up. */
  readonly beyondQuota?: boolean
}

/** Which page of the list of sessions: the one after `before`, the `next` of the page before it. */
export interface ListQuery {
  readonly limit: number
  readonly before: string | null
  readonly archived: boolean
}

export interface Page {
  readonly rows: ReadonlyArray<StoredSession>
  readonly next: string | null
}

/** `json` is the newest event about it; null when that was lost. */
export interface KeptOperation {
  readonly verb: string
  readonly at: string
  readonly json: string | null
}
