import "./verbs.css"
import type { Verb } from "../../src/contract/Power.ts"
import type { AppState } from "../shell/AppModel.ts"
import { reason } from "./disabledReason.ts"
import { advisedVerb } from "../shell/status.ts"
import { labels } from "./verbs.ts"

/** `aria-disabled`, not `disabled`: that would take the focus away from whoever has just pressed it. */
export const SafeVerb = ({ app, verb }: { readonly app: AppState; readonly verb: Verb }) => {
  const why = reason(app, verb)
  return (
    <button
      type="button"
      class="verb-button"
      aria-disabled={why !== ""}
      title={why || labels[verb].effect}
      onClick={() => {
        if (why === "") void app.power.operate(verb)
      }}
    >
      <strong>{labels[verb].title}</strong>{" "}
      <span class="verb">
        {verb}
        {why === "" && advisedVerb(app) === verb && <em>Recommended</em>}
      </span>
    </button>
  )
}
