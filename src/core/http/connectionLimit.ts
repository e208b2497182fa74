/** How many connections may be open at once: if sockets took every descriptor, no ssh could be started. */
import * as Fs from "node:fs"

/** Descriptors that are kept for the journal, the log, a turn, and an ssh for a button. */
const keptBack = 44

/** From the limit that this process was started with; null when that cannot be read. */
export const connections = (): number | null => {
  try {
    const [, limit = ""] = /^Max open files +([0-9]+)/m.exec(Fs.readFileSync("/proc/self/limits", "utf8")) ?? []
    return limit === "" ? null : Math.max(8, Number(limit) - keptBack)
  } catch {
    return null
  }
}
