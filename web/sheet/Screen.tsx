/**
 * What the VM's own screen shows. Looked at when opened and when asked again, never on its own: each look asks the host. The
 * button is above what comes and goes, so that it stays under the finger.
 */
import "./folds.css"
import { useSignal, type ReadonlySignal } from "@preact/signals"
import type { Answer } from "../link/api.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { age } from "../text/format.ts"

interface Props {
  readonly target: string
  readonly now: ReadonlySignal<number>
  readonly screen: () => Promise<Answer<string>>
}

export const Screen = ({ target, now, screen }: Props) => {
  const looking = useSignal(false)
  const answer = useSignal<Answer<string> | undefined>(undefined)
  const picture = useSignal<{ readonly url: string; readonly at: number } | undefined>(undefined)
  const look = async () => {
    if (looking.value) return
    looking.value = true
    const said = await screen()
    if (said.ok) picture.value = { url: said.value, at: Date.now() }
    else if (said.status === 404) picture.value = undefined
    answer.value = said
    looking.value = false
  }
  const said = answer.value
  const seen = picture.value
  const at = seen === undefined ? "" : new Date(seen.at).toLocaleTimeString(undefined, { hourCycle: "h23" })
  return (
    <details
      class="fold"
      onToggle={(event) => {
        if (event.currentTarget.open) void look()
      }}
    >
      <summary>Screen</summary>
      <div class="row">
        <button type="button" class="button" onClick={() => void look()}>
          {looking.value ? "Loading…" : "Refresh"}
        </button>
        {seen !== undefined && (
          <span class="quiet steady">
            {at}, {age(now.value - seen.at)} ago
          </span>
        )}
      </div>
      {said?.ok === false && (
        <p class={said.status === 404 ? "quiet" : "problem"} role="status">
          {said.status === 404 ? "" : "No picture. "}
          {revealHidden(said.detail)}
        </p>
      )}
      {seen !== undefined && <img class="shot" src={seen.url} alt={`Console of ${revealHidden(target)}, ${at}`} />}
    </details>
  )
}
