/** The VM's own controls. Works when the chat does not. What scrolls is above; the way back and the safe verbs are under the thumb. */
import "./PowerSheet.css"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import type { AppState } from "../shell/AppModel.ts"
import { resetIsLeft } from "./advice.ts"
import { later } from "../shell/later.ts"
import { current } from "../link/link.ts"
import { latest } from "./power.ts"
import { runningNow } from "./disabledReason.ts"
import { visible } from "../text/revealHidden.ts"
import { stayAwake } from "./wake.ts"
import { DangerVerb } from "./DangerVerb.tsx"
import { DemoBanner } from "../components/DemoBanner.tsx"
import { RunView } from "./RunView.tsx"
import { SafeVerb } from "./SafeVerb.tsx"
import { doctorOpen, VmLine } from "./VmLine.tsx"

export const PowerSheet = ({ app }: { readonly app: AppState }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = app.sheetOpen.value
  const busy = app.power.current.value !== undefined
  useLayoutEffect(() => {
    if (open) {
      dialog.current?.showModal()
      // What a stream that is current has told is not asked for.
      if (!current(app.power.link.value)) void app.power.refresh()
    } else dialog.current?.close()
  }, [open])
  useEffect(() => (open && busy ? stayAwake() : undefined), [open, busy])
  const close = () => {
    app.sheetOpen.value = false
    doctorOpen.value = false
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
  const { Doctor, Screen } = later.value ?? {}
  const target = visible(app.target.value)
  const power = app.power.power.value
  const first = latest(power)
  const reset = resetIsLeft(first)
  const others = power.operations.filter((run) => run !== first).slice(0, 10)
  return (
    <div class="inside">
      <div class="above" tabIndex={-1}>
        {app.info.value?.demo === true && <DemoBanner />}
        <div class="row head">
          <div>
            <h2 id="sheet-title">{target}: VM controls</h2>
            <VmLine app={app} />
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
        {first !== undefined && <RunView key={first.op_id} app={app} run={first} />}
        {reset && <DangerVerb app={app} verb="reset" />}
        {Doctor !== undefined && <Doctor app={app} />}
        {Screen !== undefined && <Screen app={app} />}
        {others.length > 0 && (
          <details class="fold">
            <summary>Other operations</summary>
            {others.map((run) => (
              <RunView key={run.op_id} app={app} run={run} />
            ))}
          </details>
        )}
        <details class="fold danger" open>
          <summary>More power actions</summary>
          <DangerVerb app={app} verb="stop" />
          {!reset && <DangerVerb app={app} verb="reset" />}
        </details>
      </div>
      <div class="reachable">
        <p class="cost">
          <strong>Cutting power to {target}</strong> loses everything in memory and every unsaved file.{" "}
          {runningNow(app)}
        </p>
        <DangerVerb app={app} verb="cycle" />
        <div class="safe-verbs" role="group" aria-label="Loses nothing">
          <SafeVerb app={app} verb="start" />
          <SafeVerb app={app} verb="forensics" />
          <SafeVerb app={app} verb="status" />
        </div>
      </div>
    </div>
  )
}
