/** After a turn that a restart cut off: the agent still has the conversation, and what its last command did is not known. */
import type { AppState } from "../shell/AppModel.ts"
import type { Session } from "./SessionModel.ts"

export const Resume = ({ app, session }: { readonly app: AppState; readonly session: Session }) => {
  const { running, ended } = session.place.value
  // What is on its way may be this already.
  if (running || ended?.outcome !== "interrupted" || session.outbox.outbox.value.length > 0) return null
  return (
    <div class="row">
      <p class="quiet">The server restarted during this. A command may have run without its result being shown.</p>
      <button type="button" class="button" onClick={() => session.send(goOn, app.model.value)}>
        Resume
      </button>
    </div>
  )
}

const goOn =
  "The server was restarted while you worked. Go on from there: first check what state things are in, because a command of yours may have run without its result being seen."
