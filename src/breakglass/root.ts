/** Where the program is installed: two above this file, and above the bundle that it becomes a part of (dist/server). */
import * as Path from "node:path"

export const root = Path.join(import.meta.dirname, "../..")
