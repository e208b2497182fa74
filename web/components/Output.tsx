/** Machine text in a box of its own: at most {@link shown} lines until asked for all. */
import { useSignal } from "@preact/signals"
import { visible } from "../visible.ts"
import { count } from "../words.ts"

const shown = 200

export const Output = ({ text }: { readonly text: string }) => {
  const all = useSignal(false)
  const lines = text.replace(/\n$/, "").split("\n")
  const cut = !all.value && lines.length > shown
  if (text === "") return <p class="quiet">It printed nothing.</p>
  return (
    <>
      <pre class="output" tabIndex={0}>
        {visible(cut ? lines.slice(0, shown).join("\n") : text)}
      </pre>
      {cut && (
        <button
          type="button"
          class="button"
          onClick={() => {
            all.value = true
          }}
        >
          Show all {count(lines.length, "line")}
        </button>
      )}
    </>
  )
}
