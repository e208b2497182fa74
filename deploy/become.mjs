/**
 * become.mjs USER FILE: runs FILE as USER, in a process that was begun as root. From then on USER's other processes, such
 * as the recovery agent's commands, cannot read its environment or memory nor trace it: the kernel takes a process that
 * changed its user for one that holds what it had before (prctl(2), PR_SET_DUMPABLE). An exec would undo that, so this is
 * not for setpriv to do. What the process starts is USER's and can be read, as the sweep has to.
 */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"

const [user = "", file = ""] = process.argv.slice(2)
const id = /^[0-9]+$/.test(user) ? Number(user) : user
process.setgroups([])
process.setgid(id)
process.setuid(id)
if (statSync("/proc/self/environ").uid !== 0) {
  console.error(
    `with-keys: commands of the recovery agent can read the server's secrets: set fs.suid_dumpable to 0 or 2`
  )
}
await import(pathToFileURL(resolve(file)).href)
