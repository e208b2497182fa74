import type { SessionRow } from "../link/api.ts"
import type { AppState } from "../shell/AppModel.ts"
import { save } from "../text/save.ts"

interface Props {
  readonly app: AppState
  readonly row: SessionRow
  readonly title: string
}

/** The session as a Markdown file. */
export const Export = ({ app, row, title }: Props) => {
  const exportIt = async () => {
    const text = await app.sessions.exported(row.session_id)
    if (text !== undefined) save(`incident-${row.session_id}.md`, text)
  }
  return (
    <button type="button" class="link" aria-label={`Export ${title}`} onClick={() => void exportIt()}>
      Export
    </button>
  )
}
