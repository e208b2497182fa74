/** CLI-20: the flags a turn is started with, against what the CLI says it takes. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { turn } from "../../../src/core/claude/command.ts"
import { rescue } from "../../../src/breakglass/agent/profile.ts"
import { flags, missing } from "../../../src/core/claude/help.ts"
import { fakeClaude, realClis } from "../../support/claude/claudeBench.ts"

const fixtures = join(import.meta.dirname, "../../fixtures/claude")
const help = readFileSync(join(fixtures, "HELP.txt"), "utf8")
const newestHelp = readFileSync(join(fixtures, realClis.newest.version, "HELP.txt"), "utf8")
const listed = flags.filter((flag) => flag !== "--max-turns")

describe("CLI-20 the flags", () => {
  it("are those of every turn: new or resumed, with a budget or without", () => {
    const options = {
      file: "claude",
      agent: { name: "x", description: "x", prompt: "x" },
      profile: rescue(["Bash"]),
      model: "x",
      directories: { home: "/x", config: "/x", cwd: "/x", tmp: "/x" },
      maxTurns: 1,
      path: "/x",
      variables: {},
      turn: "x"
    }
    const used = (["new", "resume"] as const).flatMap((mode) =>
      [null, 1].flatMap((maxBudgetUsd) => turn({ ...options, maxBudgetUsd, conversation: { id: "x", mode } }).args)
    )
    assert.deepStrictEqual([...flags].sort(), [...new Set(used.filter((arg) => arg.startsWith("-")))].sort())
    assert.includeMembers([...flags], ["-p", "--agents", "--resume", "--session-id", "--max-budget-usd"])
  })

  it("are all in the help of the CLIs that were measured", () => {
    assert.deepStrictEqual(missing(help), [])
    assert.deepStrictEqual(missing(newestHelp), [])
  })

  for (const flag of listed) {
    it(`are missed one by one: ${flag}`, () => {
      // Gone as an option of its own; a word in another's text, or a longer flag's beginning, does not stand for it.
      const term = new RegExp(`^( {2}(?:-\\S+, )*)${flag}(?![\\w-])`, "m")
      assert.match(help, term)
      assert.deepStrictEqual(missing(help.replace(term, `$1${flag}-not`)), [flag])
      assert.deepStrictEqual(missing(`${help.replace(term, "$1--not")}\n     ${flag} is gone; use ${flag}-not\n`), [
        flag
      ])
    })
  }

  it("are all missed in a Claude Code's help that lists none, and in no other program's words", () => {
    assert.deepStrictEqual(missing("Usage: claude [options]\n\nOptions:\n"), listed)
    for (const said of ["", "command not found", "Usage: other --agent"]) assert.deepStrictEqual(missing(said), [])
  })
})

const clis = [
  ["fake", fakeClaude, help],
  ["oldest", realClis.oldest.file, help],
  ["newest", realClis.newest.file, newestHelp]
] as const
for (const [cli, file, help] of clis) {
  describe(`CLI-20 the ${cli} Claude CLI`, () => {
    const ask = (...args: ReadonlyArray<string>) => {
      const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", input: "" })
      return { status, stdout, stderr }
    }

    it("says this --help, on stdout, and ends with 0", () =>
      assert.deepStrictEqual(ask("--help"), { status: 0, stdout: help, stderr: "" }))

    it("takes the flag that its help does not list", () => {
      assert.notInclude(help, "--max-turns")
      assert.match(ask("--max-turns").stderr, /^error: option '--max-turns <turns>' argument missing\n/)
      assert.match(ask("--max-turn").stderr, /^error: unknown option '--max-turn'/)
    })
  })
}
