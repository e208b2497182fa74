/** A folder is seen at a glance, and a file is read in one go. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
/** What is, or would be, committed; fixtures are data. */
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "src", "web", "test"], {
  cwd: root,
  encoding: "utf8"
})
  .trim()
  .split("\n")
  .filter((path) => existsSync(join(root, path)) && !path.startsWith("test/fixtures/"))

describe("the tree's sizes", () => {
  it("no folder holds more than 16 files", () => {
    const folders = Map.groupBy(files, dirname)
    assert.isAbove(folders.size, 20)
    const over = [...folders].filter(([, held]) => held.length > 16)
    assert.deepStrictEqual(
      over.map(([folder, held]) => `${folder}: ${held.length}`),
      []
    )
  })

  it("half of the files have no more than 90 lines", () => {
    const sizes = files
      .filter((path) => /\.(ts|tsx|mjs|css)$/.test(path))
      .map((path) => readFileSync(join(root, path), "utf8").trimEnd().split("\n").length)
      .sort((a, b) => a - b)
    assert.isAbove(sizes.length, 300)
    assert.isAtMost(sizes[Math.floor(sizes.length / 2)] ?? Infinity, 90)
  })
})
