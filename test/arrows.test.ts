/** The arrows of the tree are lint errors: each is crossed here once, in a copy, and must be reported. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { breakglass, core, web } from "../oxlint.config.ts"

const root = Path.resolve(import.meta.dirname, "..")
const copy = Fs.mkdtempSync(Path.join(Os.tmpdir(), "arrows-"))
afterAll(() => Fs.rmSync(copy, { recursive: true }))

type Case = readonly [file: string, line: string, rule: string | null]
const arrow = "no-restricted-imports"

/** What each room of core may import of the others, of the contract, and of what is above core; written out once more. */
const allowedInCore: Readonly<Record<string, string>> = {
  process: "",
  redact: "",
  settings: "",
  ssh: "",
  time: "",
  claude: "process",
  turn: "claude process redact time contract",
  journal: "process time",
  log: "journal redact contract",
  http: "settings time contract"
}
const ofCore = Object.entries(allowedInCore).flatMap(([room, allowed]): ReadonlyArray<Case> => [
  ...Object.keys(allowedInCore)
    .filter((other) => other !== room)
    .map((other): Case => {
      const may = allowed.split(" ").includes(other)
      return [`src/core/${room}/${other}.ts`, `import { A } from "../${other}/A.ts"`, may ? null : arrow]
    }),
  [
    `src/core/${room}/contract.ts`,
    'import type { A } from "../../contract/A.ts"',
    allowed.includes("contract") ? null : arrow
  ],
  [`src/core/${room}/anApi.ts`, 'import type { A } from "../../contract/breakglass/A.ts"', arrow],
  [`src/core/${room}/aProcess.ts`, 'import { A } from "../../breakglass/config/A.ts"', arrow],
  [`src/core/${room}/aProgram.ts`, 'import { spawn } from "node:child_process"', arrow],
  [`src/core/${room}/own.ts`, 'import { A } from "./A.ts"', null]
])

/** From below. A room may import those before it, and none that comes after it. */
const order = ["power", "observe", "target", "config", "agent", "session", "ops", "http"]
const ofBreakglass = order.flatMap((room, at): ReadonlyArray<Case> => [
  ...order
    .filter((other) => other !== room)
    .map((other): Case => {
      const may = order.indexOf(other) < at
      return [`src/breakglass/${room}/${other}.ts`, `import type { A } from "../${other}/A.ts"`, may ? null : arrow]
    }),
  [`src/breakglass/${room}/core.ts`, 'import { A } from "../../core/http/A.ts"', null],
  [`src/breakglass/${room}/contract.ts`, 'import { A } from "../../contract/breakglass/A.ts"', null],
  [`src/breakglass/${room}/demo.ts`, 'import { vm } from "../demo/vm.ts"', arrow],
  [`src/breakglass/${room}/main.ts`, 'import { vm } from "../main.ts"', arrow],
  [`src/breakglass/${room}/other.ts`, 'import { A } from "../../gateway/A.ts"', arrow],
  [`src/breakglass/${room}/aProgram.ts`, 'import { spawn } from "node:child_process"', arrow]
])

/** The page's rooms, from below. */
const pageOrder = ["text", "link", "components", "power", "sheet", "transcript", "composer", "session", "shell"]
const ofPage = pageOrder.flatMap((room, at): ReadonlyArray<Case> => [
  ...pageOrder
    .filter((other) => other !== room)
    .map((other): Case => {
      const may = pageOrder.indexOf(other) < at
      return [`web/${room}/${other}.ts`, `import { a } from "../${other}/a.ts"`, may ? null : arrow]
    }),
  [`web/${room}/inner/b.ts`, 'import { main } from "../../main.tsx"', arrow],
  [`web/${room}/later.ts`, 'import { later } from "../later.ts"', null],
  [`web/${room}/contract.ts`, 'import type { Event } from "../../src/contract/Event.ts"', null],
  [`web/${room}/aValue.ts`, 'import { Event } from "../../src/contract/Event.ts"', arrow],
  [`web/${room}/core.ts`, 'import type { A } from "../../src/core/turn/A.ts"', arrow],
  [`web/${room}/node.ts`, 'import * as Fs from "node:fs"', arrow]
])

const processes: ReadonlyArray<Case> = [
  ["src/gateway/a.ts", 'import { A } from "../breakglass/agent/A.ts"', arrow],
  ["src/gateway/room/a.ts", 'import { A } from "../../breakglass/agent/A.ts"', arrow],
  ["src/gateway/room/b.ts", 'import { A } from "../../afk/A.ts"', arrow],
  ["src/gateway/room/c.ts", 'import { A } from "../../core/turn/A.ts"', null],
  ["src/gateway/room/d.ts", 'import { A } from "../../contract/gateway/A.ts"', null],
  ["src/gateway/room/e.ts", 'import { env } from "node:process"', arrow],
  ["src/afk/a.ts", 'import { A } from "../gateway/A.ts"', arrow],
  ["src/afk/b.ts", 'import { A } from "../breakglass/A.ts"', arrow],
  ["src/breakglass/a.ts", 'import { ChildProcess } from "effect/process"', arrow],
  ["src/breakglass/b.ts", 'import { vm } from "./demo/vm.ts"', arrow],
  ["src/breakglass/c.ts", 'import { env } from "node:process"', arrow],
  ["src/breakglass/d.ts", 'import { A } from "../gateway/A.ts"', arrow],
  ["src/breakglass/e.ts", 'import { A } from "../core/http/A.ts"', null],
  ["src/breakglass/demo/a.ts", 'import { Session } from "../session/Session.ts"', null],
  ["src/breakglass/demo/b.ts", 'import { Main } from "../main.ts"', arrow],
  ["src/breakglass/demo/c.ts", 'import { spawn } from "node:child_process"', arrow]
]

const page: ReadonlyArray<Case> = [
  ["web/a.ts", 'export { Event } from "../src/contract/Event.ts"', arrow],
  ["web/b.ts", 'import type { Event } from "../src/contract/Event.ts"', null],
  ["web/c.ts", 'import type { Session } from "../src/breakglass/session/Session.ts"', arrow],
  ["web/d.ts", 'import { Effect } from "effect"', arrow],
  ["web/e.ts", 'import * as Fs from "node:fs"', arrow],
  ["src/contract/A.ts", 'import { HttpApi } from "effect/http-api"', null],
  ["src/contract/B.ts", 'import { Session } from "../breakglass/session/Session.ts"', arrow],
  ["src/contract/C.ts", 'import * as Fs from "node:fs"', arrow],
  ["src/contract/D.ts", 'import { Event } from "./Event.ts"', null],
  ["src/contract/breakglass/A.ts", 'import { Event } from "../Event.ts"', null]
]

const everywhere: ReadonlyArray<Case> = [
  ["src/other.ts", 'import { spawn } from "child_process"', arrow],
  ["src/core/process/SubprocessRunner.ts", 'import { spawn } from "node:child_process"', null],
  ["src/breakglass/f.ts", 'export const home = process.env["HOME"]', "no-process-env"],
  ["src/breakglass/config/Config.ts", 'export const home = process.env["HOME"]', "no-process-env"],
  ["src/breakglass/g.ts", "export default 1", "no-default-export"],
  ["src/breakglass/h.ts", "export const f = (x: any) => x", "no-explicit-any"],
  ["src/breakglass/i.ts", "export const g = (x: { y?: number }) => x.y!", "no-non-null-assertion"],
  ["src/breakglass/j.ts", 'import { k } from "./k.ts"; export const j = () => k', "no-cycle"],
  ["src/breakglass/k.ts", 'import { j } from "./j.ts"; export const k = () => j', "no-cycle"],
  ["src/breakglass/l.ts", 'import type { M } from "./m.ts"; export type L = M | null', "no-cycle"],
  ["src/breakglass/m.ts", 'import type { L } from "./l.ts"; export type M = { l: L }', "no-cycle"]
]

describe("the arrows", () => {
  it("are lint errors when crossed, and only then", () => {
    const cases = [...ofCore, ...ofBreakglass, ...ofPage, ...processes, ...page, ...everywhere]
    assert.strictEqual(new Set(cases.map(([file]) => file)).size, cases.length, "a file holds one line")
    Fs.copyFileSync(Path.join(root, "oxlint.config.ts"), Path.join(copy, "oxlint.config.ts"))
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

  it("are stated for every room that there is", () => {
    const rooms = (directory: string) =>
      Fs.readdirSync(Path.join(root, directory), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== "demo")
        .map(({ name }) => name)
    assert.deepStrictEqual(rooms("src/core").sort(), Object.keys(core).sort())
    assert.deepStrictEqual(rooms("src/breakglass").sort(), [...breakglass].sort())
    assert.deepStrictEqual(
      rooms("web")
        .filter((name) => name !== "public")
        .sort(),
      [...web].sort()
    )
  })
})
