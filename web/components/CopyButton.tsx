/** Copies what is shown. Absent where the browser gives no clipboard: an origin without TLS. */
import "./CopyButton.css"
import { useSignal } from "@preact/signals"

export const CopyButton = ({ text, what }: { readonly text: string; readonly what: string }) => {
  const said = useSignal("Copy")
  if (!("clipboard" in navigator)) return null
  const copy = async () => {
    said.value = await navigator.clipboard.writeText(text).then(
      () => "Copied",
      () => "Not copied"
    )
  }
  return (
    <button type="button" class="copy" aria-label={`${said.value} ${what}`} onClick={() => void copy()}>
      {said.value}
    </button>
  )
}
