/** The VM's own controls. Works when the chat does not; the dangerous verbs are farthest from the thumb. */
import { useEffect, useRef } from "preact/hooks"
import type { Verb } from "../../src/contract/Pve.ts"
import type { AppState } from "../AppModel.ts"
import { vmOf } from "../states.ts"
import { visible } from "../visible.ts"
import { DangerVerb } from "./DangerVerb.tsx"
import { DemoBanner } from "./DemoBanner.tsx"
import { Mark } from "./Mark.tsx"
import { RunView } from "./RunView.tsx"
import { SafeVerb } from "./SafeVerb.tsx"

const dangerous = ["stop", "reset", "cycle"] as const satisfies ReadonlyArray<Verb>
const safe = ["start", "forensics", "status"] as const satisfies ReadonlyArray<Verb>

export const PowerSheet = ({ app }: { readonly app: AppState }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = app.sheetOpen.value
  useEffect(() => {
    if (open) {
      dialog.current?.showModal()
      void app.power.refresh()
    } else dialog.current?.close()
  }, [open])
  const close = () => {
    app.sheetOpen.value = false
  }
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="sheet-title"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close()
      }}
    >
      {open && <Inside app={app} close={close} />}
    </dialog>
  )
}

const Inside = ({ app, close }: { readonly app: AppState; readonly close: () => void }) => {
  const vm = vmOf(app)
  const target = app.info.value?.target
  const latest = app.power.latest.value
  const why = reason(app)
  return (
    <div class="inside">
      <DemoBanner app={app} />
      <div class="row head">
        <div>
          <h2 id="sheet-title">{target === undefined ? "VM" : visible(target)}</h2>
          <p class="vm-line">
            <Mark tone={vm.tone} />
            {visible(vm.text)}
          </p>
        </div>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
      {app.power.problem.value !== "" && (
        <p class="problem" role="alert">
          {app.power.problem.value}
        </p>
      )}
      {latest !== undefined && <RunView app={app} run={latest} />}
      <section class="danger" aria-label="Cuts power">
        <h3>These end everything that runs on {target === undefined ? "the VM" : visible(target)}</h3>
        {dangerous.map((verb) => (
          <DangerVerb key={verb} app={app} verb={verb} why={why} />
        ))}
      </section>
      <section class="safe" aria-label="Loses nothing">
        <h3>These lose nothing</h3>
        <div class="safe-verbs">
          {safe.map((verb) => (
            <SafeVerb key={verb} app={app} verb={verb} why={verb === "start" ? why : readable(app)} />
          ))}
        </div>
      </section>
    </div>
  )
}

/** Why a verb cannot be pressed now, or "". */
const reason = (app: AppState): string => {
  const run = app.power.current.value
  if (app.info.value === undefined) return "The server has not said which VM this is yet."
  if (run !== undefined && run.verb !== "status")
    return `${run.verb} is running, by ${visible(run.actor)}. Wait for it to end.`
  return readable(app)
}

const readable = (app: AppState): string =>
  app.signedOut.value ? "Sign in first." : app.power.asking.value === undefined ? "" : "Asking the server…"
