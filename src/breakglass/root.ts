/** Where the program is installed: two above this file, and above the bundle that it becomes a part of (dist/server). */
import * as Path from "node:path"

export const root = Path.join(import.meta.dirname, "../..")

/** The entry of the journal's thread: beside this file, and beside the bundle. */
export const journalWorker = new URL(`./journalWorker${Path.extname(import.meta.url)}`, import.meta.url)
