/** Loaded into a server by NODE_OPTIONS: a disk that takes no commit, and gives no error, while $HOME/stalled is there. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

const file = join(process.env.HOME, "stalled")
const nobody = new Int32Array(new SharedArrayBuffer(4))
const { exec } = DatabaseSync.prototype

DatabaseSync.prototype.exec = function (sql) {
  if (sql === "COMMIT" && existsSync(file)) {
    process.stderr.write("stalled\n")
    while (existsSync(file)) Atomics.wait(nobody, 0, 0, 10)
  }
  return exec.call(this, sql)
}
