/** How many connections may be open at once: with every descriptor in a socket no ssh could be started. */
import * as Fs from "node:fs"

/** Kept back for the journal, the log, a turn, and an ssh for a button. */
const keptBack = 44

/** Of the limit this process was started with; null when that cannot be read. */
export const connections = (): number | null => {
  try {
    const [, limit = ""] = /^Max open files +([0-9]+)/m.exec(Fs.readFileSync("/proc/self/limits", "utf8")) ?? []
    return limit === "" ? null : Math.max(8, Number(limit) - keptBack)
  } catch {
    return null
  }
}
