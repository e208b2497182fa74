/** Would it work now? Every part of the way to the VM as the server's doctor has just found it, the broken ones first. */
import { useSignal } from "@preact/signals"
import type { Answer } from "../link/api.ts"
import type { AppState } from "../shell/AppModel.ts"
import type { Check } from "../../src/contract/breakglass/Api.ts"
import { visible } from "../text/revealHidden.ts"
import { doctorOpen } from "./VmLine.tsx"
import { Mark } from "../components/Mark.tsx"

export const Doctor = ({ app }: { readonly app: AppState }) => {
  const looking = useSignal(false)
  const answer = useSignal<Answer<{ readonly checks: ReadonlyArray<Check> }> | undefined>(undefined)
  const look = async () => {
    if (looking.value) return
    looking.value = true
    answer.value = await app.doctor()
    looking.value = false
  }
  const said = answer.value
  return (
    <details
      class="fold"
      open={doctorOpen.value}
      onToggle={({ currentTarget }) => {
        doctorOpen.value = currentTarget.open
        if (!currentTarget.open) return
        currentTarget.scrollIntoView()
        void look()
      }}
    >
      <summary>Check every part</summary>
      <button type="button" class="button" onClick={() => void look()}>
        {looking.value ? "Checking…" : "Check again"}
      </button>
      <div role="status">
        {said?.ok === false && <p class="problem">Nothing was checked. {visible(said.detail)}</p>}
        {said?.ok === true && said.value.checks.toSorted(byUse).map((check) => <Part key={check.name} check={check} />)}
      </div>
    </details>
  )
}

/** What is broken, and of that what leads to the VM. */
const byUse = (a: Check, b: Check): number =>
  Number(a.ok) - Number(b.ok) || Number(b.name.endsWith("over ssh")) - Number(a.name.endsWith("over ssh"))

const Part = ({ check: { name, ok, detail, fix } }: { readonly check: Check }) => (
  <section class="run part">
    <p class="row">
      <Mark tone={ok ? "ok" : "bad"} />
      <strong>{visible(name)}</strong>
    </p>
    <p class="evidence">{visible(detail)}</p>
    {fix !== undefined && <p>{visible(fix)}</p>}
  </section>
)
