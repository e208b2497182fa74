/** What the recovery agent is told is so. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { rescue } from "../../../src/breakglass/agent/profile.ts"
import { turn } from "../../../src/core/claude/command.ts"
import { mutating, verbs } from "../../../src/contract/Power.ts"
import { discard, root, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { started } from "../../support/server/processes.ts"

const read = (file: string) => readFileSync(join(root, file), "utf8")
const [, head = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(read("agents/breakglass.md")) ?? []
const usage = spawnSync(join(root, "agents/bin/pve"), [], {
  encoding: "utf8",
  env: { PATH: `${join(root, "node_modules/.bin")}:/usr/bin:/bin` }
})

describe("agents/breakglass.md", () => {
  const named = [...body.matchAll(/^ {4}pve ([a-z]+)( NAME)? {2,}\S/gm)].map(([, verb = "", name]) => ({
    verb,
    name: name !== undefined
  }))

  it("names every verb that there is, and no other", () => {
    assert.deepStrictEqual(named.map(({ verb }) => verb).sort(), [...verbs])
  })

  it("says NAME where the door wants it, and nowhere else", () => {
    const wanted = named.filter(({ name }) => name).map(({ verb }) => verb)
    assert.deepStrictEqual(wanted.sort(), [...mutating])
  })

  it("agrees with what pve itself says when it is asked wrongly", () => {
    assert.strictEqual(usage.status, 2)
    const said = usage.stderr.replace("usage: pve ", "").trim().split(" | ")
    assert.deepStrictEqual(said.sort(), named.map(({ verb, name }) => (name ? `${verb} NAME` : verb)).sort())
  })

  it("speaks in code of verbs that exist", () => {
    const words = [...body.matchAll(/`([a-z]+)`/g)].map(([, word = ""]) => word)
    for (const word of words) assert.include([...verbs, "busy", "ssh", "uptime"], word)
  })

  it("says which verbs keep evidence first, as the host does", () => {
    assert.match(body, /Every verb that changes the VM, and `forensics` itself,\s+first\s+keeps evidence/)
    // In the host's worker every verb comes to `forensics` before it acts.
    assert.match(read("host/breakglass-host"), /\n {2}forensics\n {2}case \$DRY_RUN:\$verb in\n/)
  })

  it("names the limit of a tool call as the CLI is given it", () => {
    assert.match(body, /A tool call that runs for more\s+than two minutes is ended/)
    assert.strictEqual(turn(options).env?.["BASH_DEFAULT_TIMEOUT_MS"], "120000")
  })

  it("says that ssh marks what it runs, and the ssh of a turn does", () => {
    assert.match(body, /Your `ssh` marks what it runs/)
    assert.include(read("agents/bin/ssh"), 'export BREAKGLASS_TURN="$1"')
    assert.match(body, /also a\s+script on its stdin/)
    assert.include(read("agents/bin/ssh"), "set -- -l")
  })

  it("says it holds no key to the host, and nothing of the host's is handed on", () => {
    assert.include(body, "You hold no key to the host")
    const handed = rescue([]).inherited.filter((name) => /PVE|KEY_PATH/.test(name))
    assert.deepStrictEqual(handed, [])
  })
})

describe("the CLI", () => {
  let server: Server
  let argv: ReadonlyArray<string> = []
  beforeAll(async () => {
    server = await startServer({ env: { BREAKGLASS_DEVVM_HOST: "192.0.2.7", BREAKGLASS_TARGET_NAME: "webvm" } })
    await server.turn(await server.session(), "hello")
    argv = started(server.home).at(-1) ?? []
  })
  afterAll(() => discard(server))
  const after = (flag: string) => argv[argv.indexOf(flag) + 1] ?? ""
  const agent = () =>
    (JSON.parse(after("--agents")) as Record<string, { readonly prompt: string; readonly tools: unknown }>)[
      "breakglass"
    ]

  it("is given exactly the tools the text names", () => {
    const [, tools = ""] = /^tools: (.+)$/m.exec(head) ?? []
    assert.strictEqual(after("--tools"), tools.replaceAll(" ", ""))
    assert.deepStrictEqual(agent()?.tools, tools.split(", "))
    assert.strictEqual(after("--agent"), "breakglass")
  })

  it("is told the name and the address, with no placeholder left", () => {
    const prompt = agent()?.prompt ?? ""
    assert.notMatch(prompt, /\{\{|\}\}/)
    assert.include(prompt, "NAME is webvm")
    assert.include(prompt, "breakglass@192.0.2.7 'COMMAND'")
    assert.notInclude(prompt, "not configured")
  })
})

const options = {
  file: "claude",
  agent: { name: "a", description: "b", prompt: "c" },
  profile: rescue(["Bash"]),
  model: "sonnet",
  conversation: { id: "x", mode: "new" },
  directories: { home: "/", config: "/", cwd: "/", tmp: "/" },
  maxTurns: 1,
  maxBudgetUsd: null,
  path: "/bin",
  variables: {},
  turn: "x"
} as const
