/** Nothing has happened yet: what state the VM is in, and the ways on. */
import type { AppState } from "../AppModel.ts"
import { vmOf } from "../states.ts"
import { visible } from "../visible.ts"
import { Mark } from "./Mark.tsx"

export const Welcome = ({ app }: { readonly app: AppState }) => {
  const vm = vmOf(app)
  return (
    <section class="scroll welcome">
      <h1>What is wrong with {visible(app.target.value)}?</h1>
      <p class="vm-line">
        <Mark tone={vm.tone} />
        {visible(vm.text)}
      </p>
      <ul class="ways">
        <li>
          <strong>Ask the agent</strong> below: it logs in over SSH, looks, and tells you.
        </li>
        <li>
          <strong>VM controls</strong> at the top cut power or collect evidence. They need no agent and no model.
        </li>
      </ul>
    </section>
  )
}
