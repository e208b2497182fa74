/** The arrows of the tree are lint errors: each is crossed here once, in a copy, and must be reported. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "..")
const copy = Fs.mkdtempSync(Path.join(Os.tmpdir(), "arrows-"))
afterAll(() => Fs.rmSync(copy, { recursive: true }))

/** File, its one line, and the rule that must object; null where nothing may. */
const cases: ReadonlyArray<readonly [file: string, line: string, rule: string | null]> = [
  ["web/a.ts", 'export { Event } from "../src/contract/Event.ts"', "no-restricted-imports"],
  ["web/b.ts", 'import type { Event } from "../src/contract/Event.ts"', null],
  ["web/c.ts", 'import { type Event } from "../src/contract/Event.ts"', "no-import-type-side-effects"],
  ["web/d.ts", 'import type { T } from "../src/core/claude/command.ts"', "no-restricted-imports"],
  ["web/e.ts", 'import type { T } from "../src/core/process/SubprocessRunner.ts"', "no-restricted-imports"],
  ["web/f.ts", 'import { Effect } from "effect"', "no-restricted-imports"],
  ["src/core/claude/a.ts", 'import { Session } from "../../breakglass/session/Session.ts"', "no-restricted-imports"],
  ["src/core/claude/b.ts", 'import type { Event } from "../../contract/Event.ts"', "no-restricted-imports"],
  ["src/core/claude/c.ts", 'import { SubprocessRunner } from "../process/SubprocessRunner.ts"', null],
  ["src/core/claude/d.ts", 'import { spawn } from "node:child_process"', "no-restricted-imports"],
  ["src/contract/A.ts", 'import { HttpApi } from "effect/http-api"', null],
  ["src/contract/B.ts", 'import { Session } from "../breakglass/session/Session.ts"', "no-restricted-imports"],
  ["src/contract/C.ts", 'import * as Fs from "node:fs"', "no-restricted-imports"],
  ["src/contract/D.ts", 'import { Event } from "./Event.ts"', null],
  ["src/core/process/SubprocessRunner.ts", 'import { spawn } from "node:child_process"', null],
  ["src/other.ts", 'import { spawn } from "child_process"', "no-restricted-imports"],
  ["src/breakglass/a.ts", 'import { ChildProcess } from "effect/process"', "no-restricted-imports"],
  ["src/breakglass/b.ts", 'import { vm } from "./demo/vm.ts"', "no-restricted-imports"],
  ["src/breakglass/session/b.ts", 'import { vm } from "../demo/vm.ts"', "no-restricted-imports"],
  ["src/breakglass/c.ts", 'import { env } from "node:process"', "no-restricted-imports"],
  ["src/breakglass/d.ts", 'export const home = process.env["HOME"]', "no-process-env"],
  ["src/breakglass/e.ts", "export default 1", "no-default-export"],
  ["src/breakglass/f.ts", "export const f = (x: any) => x", "no-explicit-any"],
  ["src/breakglass/g.ts", "export const g = (x: { y?: number }) => x.y!", "no-non-null-assertion"],
  ["src/breakglass/h.ts", 'import { i } from "./i.ts"; export const h = () => i', "no-cycle"],
  ["src/breakglass/i.ts", 'import { h } from "./h.ts"; export const i = () => h', "no-cycle"],
  ["src/breakglass/config/Config.ts", 'export const home = process.env["HOME"]', null],
  ["src/breakglass/demo/a.ts", 'import { Session } from "../Session.ts"', null],
  ["src/breakglass/demo/b.ts", 'import { Main } from "../main.ts"', "no-restricted-imports"],
  ["src/breakglass/demo/c.ts", 'import { spawn } from "node:child_process"', "no-restricted-imports"]
]

describe("the arrows", () => {
  it("are lint errors when crossed, and only then", () => {
    Fs.copyFileSync(Path.join(root, ".oxlintrc.json"), Path.join(copy, ".oxlintrc.json"))
    for (const [file, line] of cases) {
      Fs.mkdirSync(Path.join(copy, Path.dirname(file)), { recursive: true })
      Fs.writeFileSync(Path.join(copy, file), `${line}\n`)
    }
    const oxlint = Path.join(root, "node_modules/.bin/oxlint")
    const { stdout } = spawnSync(oxlint, ["--format", "unix", "-A", "no-unused-vars"], { cwd: copy, encoding: "utf8" })
    const reported = new Set(
      [...stdout.matchAll(/^([^:]+):\d+:\d+: .*\(([a-z-]+)\)\]$/gm)].map((match) => `${match[1]} ${match[2]}`)
    )
    const expected = cases.flatMap(([file, , rule]) => (rule === null ? [] : [`${file} ${rule}`]))
    assert.deepStrictEqual([...reported].sort(), expected.sort())
  })
})
