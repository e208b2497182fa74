/** A verb that ends the running system: held for 1.5 s, or confirmed in two steps. */
import "./verbs.css"
import { useSignal } from "@preact/signals"
import { later, loadLater } from "../later.ts"
import type { Controls } from "../power/ControlsModel.ts"
import { labels } from "../power/verbs.ts"
import { HoldButton } from "../components/HoldButton.tsx"

interface Props {
  readonly controls: Controls
  readonly verb: "cycle" | "reset" | "stop"
}

export const DangerVerb = ({ controls, verb }: Props) => {
  const confirming = useSignal(false)
  const ConfirmDialog = later.value?.ConfirmDialog
  const { title, effect } = labels[verb]
  const why = controls.disabled.value(verb)
  // What was free when the finger came down may not be when its time is over.
  const fire = () => {
    if (controls.disabled.peek()(verb) === "") void controls.operate(verb)
  }
  return (
    <div class={`danger-verb ${verb}`}>
      <HoldButton
        title={title}
        verb={verb}
        disabled={why !== ""}
        recommended={why === "" && controls.recommended.value === verb}
        onHeld={fire}
        onTap={() => {
          confirming.value = true
          void loadLater()
        }}
      />
      <p>{why || effect}</p>
      {confirming.value && ConfirmDialog !== undefined && (
        <ConfirmDialog
          target={controls.target.value}
          interruption={controls.interruption.value}
          verb={verb}
          onConfirm={fire}
          onClosed={() => {
            confirming.value = false
          }}
        />
      )}
    </div>
  )
}
