/** What draws Markdown comes after the first paint; until then, and if it never comes, prose is shown as it was written. */
import { signal } from "@preact/signals"
import type { ComponentType } from "preact"

export const formatter = signal<ComponentType<{ readonly text: string }> | undefined>(undefined)

export const loadFormatter = async (): Promise<void> => {
  try {
    const { Formatted } = await import("./components/Formatted.tsx")
    formatter.value = Formatted
  } catch {
    // As it was written.
  }
}
