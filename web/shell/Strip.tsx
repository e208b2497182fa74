/** Server, agent, VM: a mark, a word and an age each. What is not known is said to be unknown. */
import "./Strip.css"
import type { ReadonlySignal } from "@preact/signals"
import { Mark, type Status } from "../components/Mark.tsx"
import { revealHidden } from "../text/revealHidden.ts"

interface Props {
  readonly server: ReadonlySignal<Status>
  readonly agent: ReadonlySignal<Status>
  readonly vm: ReadonlySignal<Status>
  readonly openSheet: () => void
}

export const Strip = ({ server, agent, vm, openSheet }: Props) => (
  <div class="strip">
    <a class="home" href="#/" aria-label="All sessions">
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
        <path d="M4 6h16M4 12h16M4 18h10" />
      </svg>
    </a>
    <Cell name="Server" status={server} />
    <Cell name="Agent" status={agent} />
    <VmCell vm={vm} openSheet={openSheet} />
  </div>
)

const VmCell = ({ vm, openSheet }: Pick<Props, "vm" | "openSheet">) => {
  const { tone, word, age } = vm.value
  // A state's age comes first; beside the word there is only room for how long a verb has run.
  const aged = tone !== "busy" && age !== ""
  return (
    <div class="cell vm">
      <button
        type="button"
        aria-label="VM controls"
        aria-describedby={aged ? "vm-state vm-age" : "vm-state"}
        aria-haspopup="dialog"
        onClick={openSheet}
      >
        {"VM\u00a0"}
        {!aged && "controls"}
      </button>
      {aged && (
        <span class="age" id="vm-age">
          {age}
        </span>
      )}
      <span class="word" id="vm-state">
        <span class="said">
          <Mark tone={tone} />
          {revealHidden(word)}
        </span>{" "}
        {!aged && <span class="age">{age}</span>}
      </span>
    </div>
  )
}

const Cell = ({ name, status }: { readonly name: string; readonly status: ReadonlySignal<Status> }) => {
  const { tone, word, age } = status.value
  return (
    <p class="cell">
      <span class="name">
        {name} <span class="age">{age}</span>
      </span>
      <span class="word">
        <Mark tone={tone} />
        {word}
      </span>
    </p>
  )
}
