import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { dist } from "../support/server/BreakglassServer.ts"

const built = dist("web")

describe("the bundle", () => {
  it("is 35 kB at most before anything can be typed: what the page names first, gzip", () => {
    const html = readFileSync(join(built, "index.html"), "utf8")
    const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, name = ""]) => name)
    assert.deepStrictEqual(first.map((name) => name.replace(/.*\./, "")).sort(), ["css", "js"])
    const sizes = first.map((name) => gzipSync(readFileSync(join(built, name)), { level: 9 }).length)
    const size = sizes.reduce((sum, each) => sum + each, 0)
    assert.isAtMost(size, 35_000)
  })
})
