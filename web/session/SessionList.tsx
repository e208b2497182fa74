/** Every session the server holds, newest activity first. On a phone it is the home screen; beside the chat when there is room. */
import "./SessionList.css"
import type { SessionRow } from "../link/api.ts"
import { addressOf } from "../shell/address.ts"
import type { AppState } from "../shell/AppModel.ts"
import { later } from "../shell/later.ts"
import { worksIn } from "../shell/status.ts"
import { visible } from "../text/revealHidden.ts"
import { age } from "../text/format.ts"
import { Mark } from "../components/Mark.tsx"

export const SessionList = ({ app }: { readonly app: AppState }) => {
  const { rows, problem, creating, fresh, more } = app.sessions
  const { Archived, Who } = later.value ?? {}
  const create = async () => {
    const id = await app.sessions.create()
    if (id !== undefined) location.hash = addressOf(id)
  }
  return (
    <nav class="sessions" aria-label="Sessions">
      <div class="row">
        <h2 id="sessions" tabIndex={-1}>
          Sessions
        </h2>
        <button type="button" class="button" aria-disabled={creating.value} onClick={() => void create()}>
          New session
        </button>
      </div>
      {problem.value !== "" && !app.signedOut.value && (
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
          <ul class={fresh.value ? "" : "kept"}>
            {rows.value.map((row) => (
              <li key={row.session_id}>
                <Row row={row} app={app} />
              </li>
            ))}
          </ul>
          {fresh.value && more.value && (
            <button type="button" class="button" onClick={() => void app.sessions.showMore()}>
              Show more
            </button>
          )}
        </>
      )}
      {fresh.value && Archived !== undefined && <Archived app={app} />}
      {Who !== undefined && <Who app={app} />}
    </nav>
  )
}

export const Row = ({ row, app }: { readonly row: SessionRow; readonly app: AppState }) => {
  const { Export, PutAway } = later.value ?? {}
  const title = row.title === "" ? "Untitled session" : visible(row.title)
  const since = app.serverNow.value - Date.parse(row.last_event_at ?? row.created_at)
  return (
    <div class="session">
      <a href={addressOf(row.session_id)} aria-current={app.route.value === row.session_id ? "page" : undefined}>
        <span class="title">{title}</span>
        <span class="meta">
          {app.sessions.fresh.value && worksIn(app, row) ? (
            <>
              <Mark tone="busy" /> Working
            </>
          ) : (
            <>{age(since)} ago</>
          )}
        </span>
      </a>
      {app.sessions.fresh.value && row.last_event_id !== null && !row.archived && Export !== undefined && (
        <Export app={app} row={row} title={title} />
      )}
      {app.sessions.fresh.value && PutAway !== undefined && <PutAway app={app} row={row} title={title} />}
    </div>
  )
}
