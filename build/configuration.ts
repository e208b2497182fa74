/** Writes the table of docs/configuration.md, as `npm run format` does; a test says when it is not the declared one. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { variables } from "../src/breakglass/config/variables.ts"
import { documented } from "../src/core/settings/variable.ts"
import { root } from "./sources.ts"

const file = join(root, "docs/configuration.md")
writeFileSync(
  file,
  readFileSync(file, "utf8").replace(/^\| variable \|.*\n(\|.*\n)+/m, () => `${documented(variables)}\n`)
)
