/** Link, agent, VM: a mark, a word and an age each. What is not known is said to be unknown. */
import type { AppState } from "../AppModel.ts"
import { linkOf, vmOf } from "../states.ts"
import { stopwatch } from "../words.ts"
import { Mark, type Tone } from "./Mark.tsx"

export const Strip = ({ app }: { readonly app: AppState }) => {
  const link = linkOf(app)
  const vm = vmOf(app)
  const agent = agentOf(app)
  return (
    <div class="strip">
      <a class="home" href="#/" aria-label="All sessions">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path d="M4 6h16M4 12h16M4 18h10" />
        </svg>
      </a>
      <Cell name="Link" tone={link.tone} word={link.word} />
      <Cell name="Agent" tone={agent.tone} word={agent.word} />
      <button
        type="button"
        class="cell vm"
        aria-labelledby="vm-controls"
        aria-describedby="vm-state"
        aria-haspopup="dialog"
        onClick={() => {
          app.sheetOpen.value = true
        }}
      >
        <span class="name" id="vm-controls">
          VM controls
        </span>
        <span class="word" id="vm-state">
          <Mark tone={vm.tone} />
          {vm.word}
        </span>
      </button>
    </div>
  )
}

const Cell = ({ name, tone, word }: { readonly name: string; readonly tone: Tone; readonly word: string }) => (
  <p class="cell">
    <span class="name">{name}</span>
    <span class="word">
      <Mark tone={tone} />
      {word}
    </span>
  </p>
)

const agentOf = (app: AppState): { readonly tone: Tone; readonly word: string } => {
  const session = app.session.value
  if (session === undefined) {
    const active = app.sessions.rows.value?.filter((row) => row.turn_active).length
    if (active === undefined) return { tone: "unknown", word: "Unknown" }
    return active === 0 ? { tone: "off", word: "Idle" } : { tone: "busy", word: `${active} working` }
  }
  const { turn, last } = session.transcript.value
  const live = session.link.value.state === "live"
  if (!live && (turn !== undefined || last < 0)) return { tone: "unknown", word: "Unknown" }
  return turn === undefined
    ? { tone: live ? "off" : "unknown", word: live ? "Idle" : "Unknown" }
    : { tone: "busy", word: stopwatch(app.now.value - Date.parse(turn.at)) }
}
