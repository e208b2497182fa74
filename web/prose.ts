/** The parser comes after the first paint; until then, and if it never comes, prose is shown as it was written. */
import { signal } from "@preact/signals"
import type { Block } from "./markdown.ts"

export const parser = signal<((source: string) => ReadonlyArray<Block>) | undefined>(undefined)

export const loadParser = async (): Promise<void> => {
  try {
    const { markdown } = await import("./markdown.ts")
    parser.value = markdown
  } catch {
    // plain
  }
}
