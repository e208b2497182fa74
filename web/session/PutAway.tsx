/** A session taken off the list, or deleted for good: never by one tap, and not while the agent works in it. */
import "../power/ConfirmDialog.css"
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { Refusal } from "../link/answer.ts"
import type { SessionRow } from "../link/api.ts"
import type { AppState } from "../shell/AppModel.ts"
import { worksIn } from "../shell/status.ts"

interface Props {
  readonly app: AppState
  readonly row: SessionRow
  readonly title: string
}

export const PutAway = ({ app, row, title }: Props) => {
  const open = useSignal(false)
  const name = row.archived ? "Delete" : "Remove"
  return (
    <>
      {row.archived && <Restore app={app} row={row} title={title} />}
      <button
        type="button"
        class="link"
        aria-label={`${name} ${title}`}
        aria-haspopup="dialog"
        onClick={() => {
          open.value = true
        }}
      >
        {name}
      </button>
      {open.value && (
        <Ask
          app={app}
          row={row}
          title={title}
          onClosed={() => {
            open.value = false
          }}
        />
      )}
    </>
  )
}

/** It loses nothing, so it is not asked twice. */
const Restore = ({ app, row, title }: Props) => (
  <button
    type="button"
    class="link"
    aria-label={`Restore ${title}`}
    onClick={() => void putAway(app, row.session_id, "restore")}
  >
    Restore
  </button>
)

const done = { archive: "archived", restore: "restored", remove: "deleted" }

const putAway = async (app: AppState, id: string, how: keyof typeof done): Promise<void> => {
  const answer = await app.sessions.putAway(id, how)
  // Deleted from another device is deleted.
  const gone = answer.ok || answer.status === 404
  if (!gone) app.sessions.problem.value = undone(answer, done[how])
  if (gone && how === "remove" && app.route.value === id) location.hash = ""
}

const undone = ({ status, detail }: Refusal, what: string) =>
  status === 0
    ? `${detail} Whether the session was ${what} is not known: the list shows it.`
    : `${detail} The session was not ${what}.`

const Ask = ({ app, row, title, onClosed }: Props & { readonly onClosed: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const cancel = useRef<HTMLButtonElement>(null)
  const busy = useSignal(false)
  const works = worksIn(app, row)
  const name = `remove-${row.session_id}`
  useLayoutEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
    cancel.current?.focus()
  }, [])
  // Not by taking it out of the page: a dialog that closes gives the focus back.
  const close = () => dialog.current?.close()
  const put = async (how: "archive" | "remove") => {
    if (busy.value) return
    busy.value = true
    await putAway(app, row.session_id, how)
    close()
  }
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={name} onClose={onClosed}>
      <h2 id={name}>
        {row.archived ? "Delete" : "Remove"}: <b>{title}</b>
      </h2>
      {works ? (
        <p>The agent works in this session. Stop it first.</p>
      ) : (
        <p>
          {!row.archived && "Archive takes it off this list and keeps everything. "}
          Delete removes all that was said in it, for everyone, and cannot be undone:{" "}
          {row.archived && "restore it and "}
          export it first if you need it.
        </p>
      )}
      <div class="row buttons">
        <button type="button" class="button" ref={cancel} onClick={close}>
          Cancel
        </button>
        {!works && (
          <>
            {!row.archived && (
              <button type="button" class="button" aria-disabled={busy.value} onClick={() => void put("archive")}>
                Archive
              </button>
            )}
            <button type="button" class="button deadly" aria-disabled={busy.value} onClick={() => void put("remove")}>
              Delete for good
            </button>
          </>
        )}
      </div>
    </dialog>
  )
}
