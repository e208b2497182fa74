/** Machine text as it came, until the box for it is here. */
import { revealHidden } from "../text/revealHidden.ts"

export const Plain = ({ text }: { readonly text: string }) => <pre class="output">{revealHidden(text)}</pre>
