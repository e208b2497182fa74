/** Server, agent, VM: a mark, a word and an age each. What is not known is said to be unknown. */
import "./Strip.css"
import type { AppState } from "./AppModel.ts"
import { agentOf, linkOf, type Said, vmOf } from "./status.ts"
import { visible } from "../text/revealHidden.ts"
import { Mark } from "../components/Mark.tsx"

export const Strip = ({ app }: { readonly app: AppState }) => {
  const vm = vmOf(app)
  // A state's age comes first; beside the word there is only room for how long a verb has run.
  const aged = vm.tone !== "busy" && vm.age !== ""
  return (
    <div class="strip">
      <a class="home" href="#/" aria-label="All sessions">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path d="M4 6h16M4 12h16M4 18h10" />
        </svg>
      </a>
      <Cell name="Server" said={linkOf(app)} />
      <Cell name="Agent" said={agentOf(app)} />
      <div class="cell vm">
        <button
          type="button"
          aria-label="VM controls"
          aria-describedby={aged ? "vm-state vm-age" : "vm-state"}
          aria-haspopup="dialog"
          onClick={() => {
            app.sheetOpen.value = true
          }}
        >
          {"VM\u00a0"}
          {!aged && "controls"}
        </button>
        {aged && (
          <span class="age" id="vm-age">
            {vm.age}
          </span>
        )}
        <span class="word" id="vm-state">
          <span class="said">
            <Mark tone={vm.tone} />
            {visible(vm.word)}
          </span>{" "}
          {!aged && <span class="age">{vm.age}</span>}
        </span>
      </div>
    </div>
  )
}

const Cell = ({ name, said }: { readonly name: string; readonly said: Said }) => (
  <p class="cell">
    <span class="name">
      {name} <span class="age">{said.age}</span>
    </span>
    <span class="word">
      <Mark tone={said.tone} />
      {said.word}
    </span>
  </p>
)
