import { afterAll, assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { costs } from "../../../bench/report/profile.ts"

const directory = mkdtempSync(join(tmpdir(), "breakglass-profile-"))
afterAll(() => rmSync(directory, { recursive: true }))

const frame = (functionName: string, url = "", lineNumber = -1) => ({
  functionName,
  url,
  lineNumber,
  columnNumber: 0
})

describe("the costs of a server", () => {
  it("are its functions' own times, by thread, before its first answer and after it, without what was idle", () => {
    const profile = {
      startTime: 1_000_000,
      nodes: [
        { id: 1, callFrame: frame("(idle)") },
        { id: 2, callFrame: frame("load", "file:///x/src/core/a.ts", 4) },
        { id: 3, callFrame: frame("serve", "node:http", 9) },
        { id: 4, callFrame: frame("(garbage collector)") }
      ],
      samples: [2, 1, 3, 4, 3],
      timeDeltas: [4000, 50_000, 2000, 1000, 1000]
    }
    writeFileSync(join(directory, "CPU.20260101.000000.77.0.001.cpuprofile"), JSON.stringify(profile))
    assert.strictEqual(
      costs(directory, new Map([[77, 1_005_000]])),
      [
        "  main thread, until the first answer: busy for 4 ms",
        "    100.0 %  load src/core/a.ts:5",
        "  main thread, after the first answer: busy for 4 ms",
        "     75.0 %  serve node:http",
        "     25.0 %  (garbage collector)"
      ].join("\n")
    )
  })
})
