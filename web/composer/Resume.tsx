/** After a turn that a restart cut off: the agent still has the conversation, and what its last command did is not known. */
import type { ReadonlySignal } from "@preact/signals"
import type { Conversation } from "./conversation.ts"

export const Resume = ({
  session,
  model
}: {
  readonly session: Conversation
  readonly model: ReadonlySignal<string>
}) => {
  const { running, ended } = session.gate.value
  // What is on its way may be this already.
  if (running || ended?.outcome !== "interrupted" || session.outbox.outbox.value.length > 0) return null
  return (
    <div class="row">
      <p class="quiet">The server restarted during this. A command may have run without its result being shown.</p>
      <button type="button" class="button" onClick={() => session.send(goOn, model.value)}>
        Resume
      </button>
    </div>
  )
}

const goOn =
  "The server was restarted while you worked. Go on from there: first check what state things are in, because a command of yours may have run without its result being seen."
