import { mkdtempSync, rmSync } from "node:fs"
import { onTestFinished } from "vitest"

/** A directory of a test's own in /run, gone with it. */
export const place = () => {
  const dir = mkdtempSync("/run/bg-")
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
