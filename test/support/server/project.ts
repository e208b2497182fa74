/** What every test of the server knows, and what `npm run build` made of the project. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root, sources } from "../../../build/sources.ts"

/** The repository. */
export { root }
/** What an operator signs in with. */
export const token = "a-token-that-is-long-enough-for-any-bind"

/** A test of a bundle that was built before a change would be one of what was there before it. */
export const refuseStale = (project: string): void => {
  const mark = join(project, "dist/sources")
  if (existsSync(mark) && readFileSync(mark, "utf8") === sources(project)) return
  throw new Error("dist/ was not built from the sources as they are: npm run build")
}

let looked = false

/** Where that is in dist/. */
export const dist = (path: string): string => {
  if (!looked) refuseStale(root)
  looked = true
  return join(root, "dist", path)
}
