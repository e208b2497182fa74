/** Which tests start no program: those that import nothing that could, however far away. `npm run test:unit` runs these. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = import.meta.dirname
/** The product starts programs in one place, which tests name when they use it. */
const product = join(root, "../src/")
/** A type is gone when it runs. */
const imported = /^(?:import (?!type\b)|export |\} )[^"]*from "(\.[^"]+)"/gm
const starts = /from "(?:node:child_process|playwright-core)"|\bSubprocessRunner\.layer\b/

export const unitTests = (): ReadonlyArray<string> => {
  const known = new Map<string, boolean>()
  const startsPrograms = (file: string): boolean => {
    const before = known.get(file)
    if (before !== undefined) return before
    known.set(file, false)
    const text = readFileSync(file, "utf8")
    const found =
      starts.test(text) ||
      [...text.matchAll(imported)]
        .map(([, path = ""]) => join(dirname(file), path))
        .some((path) => !path.startsWith(product) && existsSync(path) && startsPrograms(path))
    known.set(file, found)
    return found
  }
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => !startsPrograms(join(root, name)))
    .map((name) => `test/${name}`)
}
