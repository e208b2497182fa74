/** The script that a prompt is to the fake: each directive does what main.mjs says of it. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fakeBench, on } from "../support/claude/claudeBench.ts"
import { fresh, isResult, last, playFake } from "../support/claude/claudeScenarios.ts"
import { eventually, gate, prompts } from "../support/server/processes.ts"

describe("the fake's directives", () => {
  it("none: it greets", () => playFake("hi", (said) => assert.strictEqual(last(said)?.result, "Hello from the fake.")))

  it("an unknown one is named", () =>
    playFake("#sya x", (said) => assert.strictEqual(last(said)?.result, "No such directive: #sya")))

  it("#bash runs without stdin in a session of its own, and may fail", () =>
    playFake("#bash cat; ps -o sid= -p $$ | tr -d ' '; echo $$; exit 3", (said) => {
      const [first, sid, pid] = String(last(said)?.result).split("\n")
      assert.strictEqual(first, "Done: Exit code 3")
      assert.strictEqual(sid, pid)
    }))

  it("#bash output over the limit is kept in a file", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh(), { variables: { BASH_MAX_OUTPUT_LENGTH: "1000" } })
      claude.say("\n#bash head -c 5000 /dev/zero | tr '\\0' x")
      const line = await claude.line(({ type }) => type === "user")
      assert.match(JSON.stringify(line), /Output too large \(4\.9KB\).*"persistedOutputSize":5000/)
      claude.end()
      await claude.ended
    }))

  it("#bash over the time limit is killed", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh(), { variables: { BASH_DEFAULT_TIMEOUT_MS: "50" } })
      claude.say("\n#bash sleep 300")
      claude.end()
      assert.strictEqual(last(await claude.ended)?.result, "Done: Exit code 143\nCommand timed out after 0.05s")
    }))

  it("#parallel answers in order of completion", () =>
    on(fakeBench, async (bench) => {
      const { command, open } = gate(bench.home)
      const claude = bench.start(fresh())
      claude.say(`\n#parallel ${command}; echo slow ;; echo quick`)
      await claude.line(({ type }) => type === "user")
      open()
      claude.end()
      const said = await claude.ended
      const results = said.lines.flatMap(({ type, message }) =>
        type === "user" && typeof message?.content === "object" ? message.content.map((block) => block["content"]) : []
      )
      assert.deepStrictEqual(results, ["quick", "slow"])
      assert.strictEqual(last(said)?.result, "Done: slow | quick")
    }))

  it("#pace says so many blocks, then goes on", () =>
    playFake("#pace 40 2 tick tock\n#say last", (said) => {
      assert.strictEqual(said.lines.filter((line) => JSON.stringify(line).includes('"text":"tick tock"}]')).length, 40)
      assert.strictEqual(last(said)?.result, "last")
    }))

  it("#recall knows the session's earlier prompts, also in the next process", () =>
    on(fakeBench, async (bench) => {
      const [, id = ""] = fresh()
      const first = bench.start(["--session-id", id])
      first.say("\nthe number is 4711")
      first.end()
      await first.ended
      const second = bench.start(["--resume", id])
      second.say("\n#recall")
      second.end()
      assert.strictEqual(last(await second.ended)?.result, "\nthe number is 4711")
    }))

  it("#again: a second turn follows the result", () =>
    playFake("#again by itself", (said) => {
      assert.deepStrictEqual(
        said.lines.filter(isResult).map(({ result }) => result),
        ["Hello from the fake.", "by itself"]
      )
    }))

  it("what comes while it is busy becomes one turn", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      const { command, open } = gate(bench.home)
      claude.say(`\n#bash ${command}; echo first`)
      await claude.line(({ subtype }) => subtype === "init")
      for (const word of ["a", "b"]) claude.say(`\n#say ${word}`)
      await eventually(() => prompts(bench.home).length === 3)
      open()
      claude.end()
      const said = await claude.ended
      assert.deepStrictEqual(
        said.lines.filter(isResult).map(({ result }) => result),
        ["Done: first", "b"]
      )
    }))

  it("a SIGINT ends the turn with its result, and the process", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#wait 300000")
      await claude.line(({ subtype }) => subtype === "status")
      claude.kill("SIGINT")
      const said = await claude.ended
      assert.deepStrictEqual([last(said)?.subtype, said.code], ["error_during_execution", 0])
    }))

  it("argv, environment and prompts are on record in its HOME", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh(), { variables: { BREAKGLASS_TURN: "marker" } })
      claude.say("\nhi")
      claude.end()
      await claude.ended
      const [start, said] = readFileSync(join(bench.home, "fake-claude.log"), "utf8").split("\n")
      const { argv, env, pid } = JSON.parse(start ?? "")
      assert.deepStrictEqual([argv.at(0), env.BREAKGLASS_TURN, pid], ["-p", "marker", claude.pid])
      assert.deepStrictEqual(JSON.parse(said ?? ""), { prompt: "\nhi" })
    }))
})
