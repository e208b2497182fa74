/** Machine text as it came, until the box for it is here. */
import { visible } from "./revealHidden.ts"

export const Plain = ({ text }: { readonly text: string }) => <pre class="output">{visible(text)}</pre>
