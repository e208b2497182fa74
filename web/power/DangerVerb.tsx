/** A verb that ends the running system: held for 1.5 s, or confirmed in two steps. */
import "./verbs.css"
import { useSignal } from "@preact/signals"
import type { AppState } from "../shell/AppModel.ts"
import { reason } from "./disabledReason.ts"
import { advisedVerb } from "../shell/status.ts"
import { labels } from "./verbs.ts"
import { ConfirmDialog } from "./ConfirmDialog.tsx"
import { HoldButton } from "../components/HoldButton.tsx"

interface Props {
  readonly app: AppState
  readonly verb: "cycle" | "reset" | "stop"
}

export const DangerVerb = ({ app, verb }: Props) => {
  const confirming = useSignal(false)
  const { title, effect } = labels[verb]
  const why = reason(app, verb)
  // What was free when the finger came down may not be when its time is over.
  const fire = () => {
    if (reason(app, verb) === "") void app.power.operate(verb)
  }
  return (
    <div class={`danger-verb ${verb}`}>
      <HoldButton
        title={title}
        verb={verb}
        disabled={why !== ""}
        recommended={why === "" && advisedVerb(app) === verb}
        onHeld={fire}
        onTap={() => {
          confirming.value = true
        }}
      />
      <p>{why || effect}</p>
      {confirming.value && (
        <ConfirmDialog
          app={app}
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
