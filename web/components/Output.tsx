/** Machine text in a box of its own: at most {@link shown} lines until asked for all, and the server's whole when it was cut. */
import { useSignal } from "@preact/signals"
import type { Answer } from "../link/api.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { count } from "../text/format.ts"
import { CopyButton } from "./CopyButton.tsx"

const shown = 200

const size = (n: number): string =>
  n < 1000 ? `${n} B` : n < 1_000_000 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1_000_000).toFixed(1)} MB`

interface Props {
  readonly text: string
  /** The whole length, when `text` is a part of it. */
  readonly bytes?: number | undefined
  readonly full?: () => Promise<Answer<string>>
}

export const Output = ({ text, bytes, full }: Props) => {
  const all = useSignal(false)
  const whole = useSignal<string | undefined>(undefined)
  const problem = useSignal("")
  if (text === "") return <p class="quiet">It printed nothing.</p>
  const has = whole.value ?? text
  const partial = bytes !== undefined && whole.value === undefined
  const lines = has.replace(/\n$/, "").split("\n")
  const cut = !all.value && lines.length > shown
  const drawn = revealHidden(cut ? lines.slice(0, shown).join("\n") : has)
  const expand = async () => {
    if (partial && full !== undefined) {
      problem.value = ""
      const answer = await full()
      if (answer.ok) whole.value = answer.value
      else {
        problem.value = `The rest was not read. ${answer.detail}`
        return
      }
    }
    all.value = true
  }
  return (
    <>
      <div class="row">
        <p class="label">Output{partial && ` (start and end only; full size ${size(bytes)})`}</p>
        <CopyButton text={drawn} what="output" />
      </div>
      <pre class="output" tabIndex={0}>
        {drawn}
      </pre>
      {problem.value !== "" && (
        <p class="problem" role="status">
          {problem.value}
        </p>
      )}
      {(cut || partial) && (
        <button type="button" class="button" onClick={() => void expand()}>
          {partial ? `Show all ${size(bytes)}` : `Show all ${count(lines.length, "line")}`}
        </button>
      )}
    </>
  )
}
