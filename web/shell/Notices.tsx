/** A newer page is there, or the server wants another one. Nothing reloads by itself, and never during a turn. */
import "./Banner.css"
import { applyUpdate, updateReady } from "../pwa.ts"

interface NoticesProps {
  /** Server and page are of different versions. */
  readonly mismatch: boolean
  readonly working: boolean
}

export const Notices = ({ mismatch, working }: NoticesProps) => {
  if (mismatch) {
    return (
      <Notice
        text="The server and this page are of different versions: what you see may be wrong or incomplete."
        action="Reload"
        onPress={() => void applyUpdate()}
      />
    )
  }
  if (!updateReady.value || working) return null
  return <Notice text="A newer version of this page is ready." action="Update" onPress={() => void applyUpdate()} />
}

interface Props {
  readonly text: string
  readonly action: string
  readonly onPress: () => void
}

const Notice = ({ text, action, onPress }: Props) => (
  <div class="banner update" role="status">
    <p>{text}</p>
    <button type="button" class="button" onClick={onPress}>
      {action}
    </button>
  </div>
)
