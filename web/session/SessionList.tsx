/** Every session the server holds, newest activity first. On a phone it is the home screen; beside the chat when there is room. */
import "./SessionList.css"
import type { ReadonlySignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { Mark } from "../components/Mark.tsx"
import { later } from "../later.ts"
import { addressOf } from "../link/address.ts"
import type { SessionRow } from "../link/api.ts"
import { age } from "../text/format.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { type OpenSession, worksIn } from "./agentState.ts"
import type { Sessions } from "./SessionsModel.ts"

interface RowContext {
  readonly sessions: Sessions
  readonly open: ReadonlySignal<OpenSession | undefined>
  readonly serverNow: ReadonlySignal<number>
}

interface Props extends RowContext {
  readonly signedOut: ReadonlySignal<boolean>
  readonly children: ComponentChildren
}

export const SessionList = ({ signedOut, children, ...context }: Props) => {
  const { rows, problem, creating, fresh, more, create, showMore } = context.sessions
  const Archived = later.value?.Archived
  const begin = async () => {
    const id = await create()
    if (id !== undefined) location.hash = addressOf(id)
  }
  const draw = (row: SessionRow) => (
    <li key={row.session_id}>
      <Row row={row} {...context} />
    </li>
  )
  return (
    <nav class="sessions" aria-label="Sessions">
      <div class="row">
        <h2 id="sessions" tabIndex={-1}>
          Sessions
        </h2>
        <button type="button" class="button" aria-disabled={creating.value} onClick={() => void begin()}>
          New session
        </button>
      </div>
      {problem.value !== "" && !signedOut.value && (
        <p class="problem" role="status">
          {problem.value}
        </p>
      )}
      {rows.value === undefined ? (
        <p class="quiet">{problem.value === "" ? "Loading…" : "The list could not be loaded."}</p>
      ) : rows.value.length === 0 ? (
        <p class="quiet">None yet. Your first message starts one.</p>
      ) : (
        <>
          {!fresh.value && <p class="quiet">Saved list, may be out of date.</p>}
          <ul class={fresh.value ? "" : "offline-copy"}>{rows.value.map(draw)}</ul>
          {fresh.value && more.value && (
            <button type="button" class="button" onClick={() => void showMore()}>
              Show more
            </button>
          )}
        </>
      )}
      {fresh.value && Archived !== undefined && <Archived sessions={context.sessions} draw={draw} />}
      {children}
    </nav>
  )
}

const Row = ({ row, sessions, open, serverNow }: RowContext & { readonly row: SessionRow }) => {
  const { Export, RemoveSession } = later.value ?? {}
  const title = row.title === "" ? "Untitled session" : revealHidden(row.title)
  const fresh = sessions.fresh.value
  const working = fresh && worksIn(open.value, row)
  const isOpen = open.value?.id === row.session_id
  return (
    <div class="session">
      <a href={addressOf(row.session_id)} aria-current={isOpen ? "page" : undefined}>
        <span class="title">{title}</span>
        <span class="meta">
          {working ? (
            <>
              <Mark tone="busy" /> Working
            </>
          ) : (
            <>{age(serverNow.value - Date.parse(row.last_event_at ?? row.created_at))} ago</>
          )}
        </span>
      </a>
      {fresh && row.last_event_id !== null && !row.archived && Export !== undefined && (
        <Export sessions={sessions} row={row} title={title} />
      )}
      {fresh && RemoveSession !== undefined && (
        <RemoveSession sessions={sessions} row={row} title={title} working={working} isOpen={isOpen} />
      )}
    </div>
  )
}
