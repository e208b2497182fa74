/** The VM's state in a sentence; where it is not well, the way to what is behind that. */
import "./VmLine.css"
import type { AppState } from "../shell/AppModel.ts"
import { later } from "../shell/later.ts"
import { vmOf } from "../shell/status.ts"
import { visible } from "../text/revealHidden.ts"
import { Mark } from "../components/Mark.tsx"

export const VmLine = ({ app }: { readonly app: AppState }) => {
  const { tone, text, doubt } = vmOf(app)
  return (
    <p class="vm-line">
      <Mark tone={tone} />
      <span>
        {visible(text)}{" "}
        {doubt && later.value !== undefined && (
          <button
            type="button"
            class="link"
            onClick={() => {
              app.sheetOpen.value = true
              app.doctorOpen.value = true
            }}
          >
            Why?
          </button>
        )}
      </span>
    </p>
  )
}
