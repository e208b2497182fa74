/** What the first paint does not need comes after it, in one file: Markdown, output, and what is rarely seen. */
import { signal } from "@preact/signals"
import type * as Later from "./afterFirstPaint.ts"

export const later = signal<typeof Later | undefined>(undefined)

export const loadLater = async (): Promise<void> => {
  if (later.peek() !== undefined) return
  try {
    later.value = await import("./afterFirstPaint.ts")
    void later.value.register()
  } catch {
    // Until it comes prose is shown as it was written. It is asked for again when the server is reached.
  }
}
