import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { sources } from "../../../build/sources.ts"
import { refuseStale } from "./project.ts"

describe("a build", () => {
  let project: string
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "breakglass-dist-"))
    for (const directory of ["dist", "src/below", "web"]) mkdirSync(join(project, directory), { recursive: true })
    writeFileSync(join(project, "src/below/a.ts"), "one")
    writeFileSync(join(project, "dist/sources"), sources(project))
  })
  afterEach(() => rmSync(project, { recursive: true }))

  const refused = () => assert.throws(() => refuseStale(project), /^dist\/ was not built from .*: npm run build$/)

  it("is used while its sources are as they were, whenever they were written", () => {
    writeFileSync(join(project, "src/below/a.ts"), "one")
    refuseStale(project)
  })

  it("is refused when a source was changed, added, renamed or removed since", () => {
    const file = join(project, "src/below/a.ts")
    writeFileSync(file, "two")
    refused()
    writeFileSync(file, "one")
    writeFileSync(join(project, "web/b.ts"), "")
    refused()
    rmSync(join(project, "web/b.ts"))
    refuseStale(project)
    renameSync(file, join(project, "src/a.ts"))
    refused()
    rmSync(join(project, "src/a.ts"))
    refused()
  })

  it("is refused when it did not come to its end", () => {
    rmSync(join(project, "dist/sources"))
    refused()
  })
})
