import "./verbs.css"
import type { Verb } from "../../src/contract/Power.ts"
import type { Controls } from "../power/ControlsModel.ts"
import { labels } from "../power/verbs.ts"

/** `aria-disabled`, not `disabled`: `disabled` would take the focus away from the button that was just pressed. */
export const SafeVerb = ({ controls, verb }: { readonly controls: Controls; readonly verb: Verb }) => {
  const why = controls.disabled.value(verb)
  return (
    <button
      type="button"
      class="verb-button"
      aria-disabled={why !== ""}
      title={why || labels[verb].effect}
      onClick={() => {
        if (why === "") void controls.operate(verb)
      }}
    >
      <strong>{labels[verb].title}</strong>{" "}
      <span class="verb">
        {verb}
        {why === "" && controls.recommended.value === verb && <em>Recommended</em>}
      </span>
    </button>
  )
}
