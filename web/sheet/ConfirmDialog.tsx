/** The same press without holding: two steps, each opening with the focus on Cancel. */
import "../components/dialog.css"
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import { labels } from "../power/verbs.ts"
import { revealHidden } from "../text/revealHidden.ts"

interface Props {
  readonly target: string
  /** What the agent is doing that this would end. */
  readonly interruption: string
  readonly verb: "cycle" | "reset" | "stop"
  readonly onConfirm: () => void
  readonly onClosed: () => void
}

export const ConfirmDialog = ({ target: name, interruption, verb, onConfirm, onClosed }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const cancel = useRef<HTMLButtonElement>(null)
  const step = useSignal(1)
  const target = revealHidden(name)
  const { title, lost } = labels[verb]
  useLayoutEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
    cancel.current?.focus()
  }, [step.value])
  // Not by taking it out of the page: a dialog that closes gives the focus back.
  const close = () => dialog.current?.close()
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby={`confirm-${verb}`}
      onClose={onClosed}
      onKeyDown={(event) => {
        // A held key must not walk through the steps.
        if (event.repeat && event.key !== "Tab") event.preventDefault()
      }}
    >
      <h2 id={`confirm-${verb}`}>
        {title}: <b>{target}</b>
      </h2>
      <p class="quiet">Step {step.value} of 2</p>
      {step.value === 1 ? (
        <Costs lost={lost} interruption={interruption} />
      ) : (
        <p>
          This {verb === "stop" ? "powers off" : "restarts"} <b>{target}</b> now. It cannot be undone.
        </p>
      )}
      <div class={`row buttons step-${step.value}`}>
        <button type="button" class="button" ref={cancel} onClick={close}>
          Cancel
        </button>
        {step.value === 1 ? (
          <button key="on" type="button" class="button" onClick={() => (step.value = 2)}>
            Continue
          </button>
        ) : (
          <button
            key="confirm"
            type="button"
            class="button deadly"
            onClick={() => {
              close()
              onConfirm()
            }}
          >
            {title} ({verb})
          </button>
        )}
      </div>
    </dialog>
  )
}

const Costs = ({ lost, interruption }: { readonly lost: string; readonly interruption: string }) => (
  <dl>
    <dt>Lost</dt>
    <dd>{lost}</dd>
    <dt>Running now</dt>
    <dd>{interruption}</dd>
    <dt>Before that</dt>
    <dd>Evidence is saved (20 s at most).</dd>
  </dl>
)
