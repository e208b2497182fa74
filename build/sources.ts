/** What a build is made of, as one hash. The build leaves it in dist/sources, where the tests compare it with what they see. */
import { createHash } from "node:crypto"
import { globSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "..")

const parts = ["src/**", "web/**", "build/**", "vite.config.ts", "tsconfig.json", "package.json", "package-lock.json"]

export const sources = (project: string): string => {
  const hash = createHash("sha256")
  for (const path of globSync(parts, { cwd: project }).sort()) {
    const file = join(project, path)
    if (statSync(file).isFile()) hash.update(`${path}\0`).update(readFileSync(file))
  }
  return hash.digest("hex")
}
