/** What the agent writes: as it was written until its Markdown can be drawn, and then as that. */
import { later } from "../later.ts"
import { revealHidden } from "../text/revealHidden.ts"

export const Prose = ({ text }: { readonly text: string }) => {
  const Formatted = later.value?.Formatted
  const shown = revealHidden(text)
  return Formatted === undefined ? <div class="prose plain">{shown}</div> : <Formatted text={shown} />
}
