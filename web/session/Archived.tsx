/** The sessions that were taken off the list: read, put back or deleted here. Asked for when it is opened, as the list is. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Answer, SessionPage, SessionRow } from "../link/api.ts"
import type { ComponentChildren } from "preact"
import { revealHidden } from "../text/revealHidden.ts"
import type { Sessions } from "./SessionsModel.ts"

interface Props {
  readonly sessions: Sessions
  readonly draw: (row: SessionRow) => ComponentChildren
}

export const Archived = ({ sessions, draw }: Props) => {
  const open = useSignal(false)
  const pages = useSignal(1)
  const answer = useSignal<Answer<Required<SessionPage>> | undefined>(undefined)
  // What leaves the list comes here, and what leaves here goes there: it is asked again when the list was.
  useEffect(() => {
    if (!open.value) return
    let wanted = true
    void sessions.list(true, pages.value).then((said) => {
      if (wanted) answer.value = said
    })
    return () => {
      wanted = false
    }
  }, [open.value, pages.value, sessions.rows.value])
  const said = answer.value
  return (
    <details
      class="fold"
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open
      }}
    >
      <summary class="quiet">Archived</summary>
      {said === undefined && <p class="quiet">Loading…</p>}
      {said?.ok === false && (
        <p class="problem">The archived sessions could not be loaded. {revealHidden(said.detail)}</p>
      )}
      {said?.ok === true && said.value.sessions.length === 0 && <p class="quiet">None.</p>}
      {said?.ok === true && <ul>{said.value.sessions.map(draw)}</ul>}
      {said?.ok === true && said.value.next !== null && (
        <button type="button" class="button" onClick={() => pages.value++}>
          Show more
        </button>
      )}
    </details>
  )
}
