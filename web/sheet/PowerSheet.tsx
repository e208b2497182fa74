/** The VM's own controls. Works when the chat does not. What scrolls is above; the way back and the safe verbs are under the thumb. */
import "./PowerSheet.css"
import type { ReadonlySignal } from "@preact/signals"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { DemoBanner } from "../components/DemoBanner.tsx"
import { later } from "../later.ts"
import type { Api } from "../link/api.ts"
import { current } from "../link/link.ts"
import { resetIsLeft } from "../power/advice.ts"
import type { Controls } from "../power/ControlsModel.ts"
import { latest, type Run } from "../power/power.ts"
import type { PowerState } from "../power/PowerModel.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { DangerVerb } from "./DangerVerb.tsx"
import { RunView } from "./RunView.tsx"
import { SafeVerb } from "./SafeVerb.tsx"
import { type Sheet, VmLine } from "./VmLine.tsx"

interface Props {
  readonly sheet: Sheet
  readonly power: PowerState
  readonly controls: Controls
  readonly demo: ReadonlySignal<boolean>
  readonly now: ReadonlySignal<number>
  readonly screen: Api["screen"]
  readonly doctor: Api["doctor"]
}

export const PowerSheet = (props: Props) => {
  const { sheet, power } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const open = sheet.open.value
  const busy = power.current.value !== undefined
  useLayoutEffect(() => {
    if (open) {
      dialog.current?.showModal()
      // A current stream has said it already.
      if (!current(power.link.value)) void power.refresh()
    } else dialog.current?.close()
  }, [open])
  const stayAwake = later.value?.stayAwake
  useEffect(() => (open && busy ? stayAwake?.() : undefined), [open, busy, stayAwake])
  const close = () => {
    sheet.open.value = false
    sheet.doctor.value = false
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
      {open && (
        <div class="inside">
          <Above {...props} close={close} />
          <Reachable controls={props.controls} />
        </div>
      )}
    </dialog>
  )
}

const Above = ({
  sheet,
  power,
  controls,
  demo,
  now,
  screen,
  doctor,
  close
}: Props & { readonly close: () => void }) => {
  const { Doctor, OtherOperations, Screen } = later.value ?? {}
  const target = controls.target.value
  const first = latest(power.power.value)
  const reset = resetIsLeft(first)
  const draw = (run: Run) => <RunView key={run.op_id} run={run} serverNow={controls.serverNow} />
  return (
    <div class="above" tabIndex={-1}>
      {demo.value && <DemoBanner />}
      <div class="row head">
        <div>
          <h2 id="sheet-title">{revealHidden(target)}: VM controls</h2>
          <VmLine vm={controls.vm} sheet={sheet} />
        </div>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
      {power.problem.value !== "" && (
        <p class="problem" role="alert">
          {power.problem.value}
        </p>
      )}
      {first !== undefined && draw(first)}
      {reset && <DangerVerb controls={controls} verb="reset" />}
      {Doctor !== undefined && <Doctor open={sheet.doctor} doctor={doctor} />}
      {Screen !== undefined && <Screen target={target} now={now} screen={screen} />}
      {OtherOperations !== undefined && (
        <OtherOperations runs={power.power.value.operations.filter((run) => run !== first)} draw={draw} />
      )}
      <details class="fold danger" open>
        <summary>More power actions</summary>
        <DangerVerb controls={controls} verb="stop" />
        {!reset && <DangerVerb controls={controls} verb="reset" />}
      </details>
    </div>
  )
}

const Reachable = ({ controls }: { readonly controls: Controls }) => (
  <div class="reachable">
    <p class="cost">
      <strong>Cutting power to {revealHidden(controls.target.value)}</strong> loses everything in memory and every
      unsaved file. {controls.interruption.value}
    </p>
    <DangerVerb controls={controls} verb="cycle" />
    <div class="safe-verbs" role="group" aria-label="Loses nothing">
      <SafeVerb controls={controls} verb="start" />
      <SafeVerb controls={controls} verb="forensics" />
      <SafeVerb controls={controls} verb="status" />
    </div>
  </div>
)
