import type { SessionRow } from "../link/api.ts"
import type { Sessions } from "./SessionsModel.ts"
import { save } from "../text/save.ts"

interface Props {
  readonly sessions: Sessions
  readonly row: SessionRow
  readonly title: string
}

/** The session as a Markdown file. */
export const Export = ({ sessions, row, title }: Props) => {
  const exportIt = async () => {
    const answer = await sessions.exported(row.session_id)
    if (answer.ok) save(`incident-${row.session_id}.md`, answer.value)
    else sessions.problem.value = `Nothing was exported. ${answer.detail}`
  }
  return (
    <button type="button" class="link" aria-label={`Export ${title}`} onClick={() => void exportIt()}>
      Export
    </button>
  )
}
