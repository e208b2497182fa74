/** A session taken off the list, or deleted for good: never by one tap, and not while the agent works in it. */
import "../components/dialog.css"
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { Refusal } from "../link/answer.ts"
import type { SessionRow } from "../link/api.ts"
import type { Sessions } from "./SessionsModel.ts"

interface Props {
  readonly sessions: Sessions
  readonly row: SessionRow
  readonly title: string
  /** The agent works in it. */
  readonly working: boolean
  readonly isOpen: boolean
}

export const RemoveSession = (props: Props) => {
  const { row, title } = props
  const asking = useSignal(false)
  const name = row.archived ? "Delete" : "Remove"
  return (
    <>
      {row.archived && <Restore {...props} />}
      <button
        type="button"
        class="link"
        aria-label={`${name} ${title}`}
        aria-haspopup="dialog"
        onClick={() => {
          asking.value = true
        }}
      >
        {name}
      </button>
      {asking.value && <Ask {...props} onClosed={() => (asking.value = false)} />}
    </>
  )
}

/** It loses nothing, so it is not asked twice. */
const Restore = (props: Props) => (
  <button
    type="button"
    class="link"
    aria-label={`Restore ${props.title}`}
    onClick={() => void change(props, "restore")}
  >
    Restore
  </button>
)

const done = { archive: "archived", restore: "restored", remove: "deleted" }

const change = async ({ sessions, row, isOpen }: Props, how: keyof typeof done): Promise<void> => {
  const id = row.session_id
  const answer = await (how === "remove" ? sessions.remove(id) : sessions.archive(id, how === "archive"))
  await sessions.refresh()
  // Deleted from another device is deleted.
  const gone = answer.ok || answer.status === 404
  if (!gone) sessions.problem.value = undone(answer, done[how])
  if (gone && how === "remove" && isOpen) location.hash = ""
}

const undone = ({ status, detail }: Refusal, what: string) =>
  status === 0
    ? `${detail} Whether the session was ${what} is not known: the list shows it.`
    : `${detail} The session was not ${what}.`

const Ask = ({ onClosed, ...props }: Props & { readonly onClosed: () => void }) => {
  const { row, title, working } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const cancel = useRef<HTMLButtonElement>(null)
  const busy = useSignal(false)
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
    await change(props, how)
    close()
  }
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={name} onClose={onClosed}>
      <h2 id={name}>
        {row.archived ? "Delete" : "Remove"}: <b>{title}</b>
      </h2>
      {working ? (
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
        {!working && (
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
