import type { Verb } from "../../src/contract/Pve.ts"
import type { AppState } from "../AppModel.ts"
import { labels } from "../verbs.ts"

interface Props {
  readonly app: AppState
  readonly verb: Verb
  readonly why: string
}

export const SafeVerb = ({ app, verb, why }: Props) => (
  <button
    type="button"
    class="verb-button"
    disabled={why !== ""}
    title={why === "" ? labels[verb].effect : why}
    onClick={() => void app.power.operate(verb, verb === "start" ? app.info.value?.target : undefined)}
  >
    <strong>{labels[verb].title}</strong> <span class="verb">{verb}</span>
  </button>
)
