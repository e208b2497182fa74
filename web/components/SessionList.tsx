/** Every session the server holds, newest activity first. On a phone it is the home screen; beside the chat when there is room. */
import { addressOf, type AppState } from "../AppModel.ts"
import type { SessionRow } from "../api.ts"
import { visible } from "../visible.ts"
import { age } from "../words.ts"
import { Mark } from "./Mark.tsx"

export const SessionList = ({ app }: { readonly app: AppState }) => {
  const { rows, problem, creating } = app.sessions
  const create = async () => {
    const id = await app.sessions.create()
    if (id !== undefined) location.hash = addressOf(id)
  }
  return (
    <nav class="sessions" aria-label="Sessions">
      <div class="row">
        <h2>Sessions</h2>
        <button type="button" class="button" disabled={creating.value} onClick={() => void create()}>
          New session
        </button>
      </div>
      {problem.value !== "" && !app.signedOut.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {rows.value === undefined ? (
        <p class="quiet">{problem.value === "" ? "Asking the server…" : "The list is not known."}</p>
      ) : rows.value.length === 0 ? (
        <p class="quiet">None yet. Your first message starts one.</p>
      ) : (
        <ul>
          {rows.value.map((row) => (
            <li key={row.session_id}>
              <Row row={row} app={app} />
            </li>
          ))}
        </ul>
      )}
    </nav>
  )
}

const Row = ({ row, app }: { readonly row: SessionRow; readonly app: AppState }) => (
  <a href={addressOf(row.session_id)} aria-current={app.route.value === row.session_id ? "page" : undefined}>
    <span class="title">{row.title === "" ? "Untitled session" : visible(row.title)}</span>
    <span class="meta">
      {row.turn_active ? (
        <>
          <Mark tone="busy" /> Working
        </>
      ) : (
        <>{age(app.now.value - Date.parse(row.last_event_at))} ago</>
      )}
    </span>
  </a>
)
