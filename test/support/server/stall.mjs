/**
 * Loaded into a server by NODE_OPTIONS: a disk that takes no commit, and gives no error, while the FIFO `stalled` is beside
 * the journal. It waits in the kernel, as on a real one: no word of JavaScript ends that.
 */
import { closeSync, existsSync, openSync, writeSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import workers from "node:worker_threads"

const { Worker, isMainThread } = workers
if (isMainThread) {
  workers.Worker = class extends Worker {
    constructor(file, options) {
      super(file, { ...options, execArgv: ["--import", import.meta.url] })
    }
  }
  syncBuiltinESMExports()
}

const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function (sql) {
  const file = sql === "COMMIT" ? join(dirname(this.location()), "stalled") : ""
  if (existsSync(file)) {
    writeSync(2, "stalled\n")
    try {
      closeSync(openSync(file, "r"))
    } catch {
      // Let go just now.
    }
  }
  return exec.call(this, sql)
}
