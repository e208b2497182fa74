/** Would it work now? Every part of the way to the VM as the server's doctor has just found it, the broken ones first. */
import "./folds.css"
import { useSignal, type Signal } from "@preact/signals"
import type { Answer } from "../link/api.ts"
import type { Check } from "../../src/contract/breakglass/Api.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { Mark } from "../components/Mark.tsx"

interface Props {
  readonly open: Signal<boolean>
  readonly doctor: () => Promise<Answer<{ readonly checks: ReadonlyArray<Check> }>>
}

export const Doctor = ({ open, doctor }: Props) => {
  const looking = useSignal(false)
  const answer = useSignal<Answer<{ readonly checks: ReadonlyArray<Check> }> | undefined>(undefined)
  const look = async () => {
    if (looking.value) return
    looking.value = true
    answer.value = await doctor()
    looking.value = false
  }
  const said = answer.value
  return (
    <details
      class="fold"
      open={open.value}
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open
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
        {said?.ok === false && <p class="problem">Nothing was checked. {revealHidden(said.detail)}</p>}
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
      <strong>{revealHidden(name)}</strong>
    </p>
    <p class="evidence">{revealHidden(detail)}</p>
    {fix !== undefined && <p>{revealHidden(fix)}</p>}
  </section>
)
