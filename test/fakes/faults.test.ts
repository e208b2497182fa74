/** Each fault of the fake does what its name says, so that a test of the server that asks for one is a test. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fakeBench, on } from "../support/claude/claudeBench.ts"
import type { ClaudeProcess, Ended } from "../support/claude/ClaudeProcess.ts"
import { fresh, isResult, last, playFake } from "../support/claude/claudeScenarios.ts"

const texts = ({ lines }: Ended) =>
  lines.flatMap(({ type, message }) =>
    type === "assistant" && typeof message?.content === "object" ? message.content.map((block) => block["text"]) : []
  )
const alive = (pid: number) => existsSync(`/proc/${pid}`)
const stat = (pid: number) => {
  // pid (comm) state ppid pgrp session
  const [, ppid, , session] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .map(Number)
  return { ppid, session }
}

describe("the fake's faults", () => {
  it("exit-before-init", () =>
    playFake("#fault exit-before-init 7", (said) => assert.deepStrictEqual([said.code, said.raw], [7, []])))

  for (const [what, kind] of [
    ["init", "system/init"],
    ["delta", "stream_event/"],
    ["text", "assistant/"],
    ["tool_use", "assistant/"],
    ["tool_result", "user/"],
    ["result", "result/success"]
  ] as const) {
    it(`die-after ${what}`, () =>
      playFake(`#fault die-after ${what} SIGSEGV\n#say before\n#bash echo hi`, (said) => {
        assert.strictEqual(said.signal, "SIGSEGV")
        assert.strictEqual(`${last(said)?.type}/${last(said)?.subtype ?? ""}`, kind)
      }))
  }

  it("die-after init leaves a dead id: in use, and not found", () =>
    on(fakeBench, async (bench) => {
      const [, id = ""] = fresh()
      const first = bench.start(["--session-id", id])
      first.say("\n#fault die-after init 1")
      assert.strictEqual((await first.ended).code, 1)
      assert.match((await bench.start(["--session-id", id]).ended).stderr, /is already in use/)
      assert.match((await bench.start(["--resume", id]).ended).stderr, /No conversation found/)
    }))

  it("line: one of that size, and the turn goes on", () =>
    playFake("#fault line 10485760", (said) => {
      assert.strictEqual(said.raw.filter((line) => line.length > 10_485_760).length, 1)
      assert.strictEqual(last(said)?.result, "After it.")
    }))

  it("stderr comes before all else", () =>
    playFake("#fault stderr 1048576", (said) =>
      assert.deepStrictEqual([said.stderr.length, said.code], [1_048_576, 0])
    ))

  it("burst", () =>
    playFake("#fault burst 2000 4096", (said) => {
      const numbered = texts(said)
        .slice(0, 2000)
        .map((text) => Number(String(text).split(" ")[0]))
      assert.deepStrictEqual(numbered, [...numbered.keys()])
      assert.strictEqual(last(said)?.subtype, "success")
    }))

  it("rubbish, and the turn goes on", () =>
    playFake("#fault rubbish", (said) => {
      assert.isAbove(said.raw.length, said.lines.length)
      assert.strictEqual(last(said)?.result, "Hello from the fake.")
    }))

  for (const kind of ["crash-mid-line", "crash-mid-char"]) {
    it(kind, () =>
      playFake(`#fault ${kind}`, (said) => {
        assert.strictEqual(said.signal, "SIGKILL")
        assert.throws(() => JSON.parse(said.raw.at(-1) ?? ""))
      })
    )
  }

  for (const fault of ["silent 300", "endless-line"]) {
    it(`${fault}, until interrupted`, () =>
      on(fakeBench, async (bench) => {
        const claude = bench.start(fresh())
        claude.say(`\n#fault ${fault}`)
        await claude.line(({ subtype }) => subtype === "status")
        claude.interrupt()
        await claude.line(isResult)
        claude.end()
        assert.strictEqual(last(await claude.ended)?.subtype, "error_during_execution")
      }))
  }

  it("ignore sigint sigterm, and ignore-interrupt", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#fault ignore sigint sigterm\n#fault ignore-interrupt acked\n#slow 3 20")
      await claude.line(({ event }) => event?.type === "content_block_delta")
      claude.interrupt()
      claude.kill("SIGINT")
      claude.kill("SIGTERM")
      await claude.line(({ response }) => response?.request_id === "stop")
      claude.end()
      const said = await claude.ended
      assert.deepStrictEqual([last(said)?.result, said.code], ["w0 w1 w2 ", 0])
    }))

  for (const [fault, argv0] of [
    ["grandchild", "sleep"],
    ["grandchild setsid", "sleep"],
    ["grandchild argv0", "[kworker/0:1]"],
    ["double-fork", "sleep"]
  ] as const) {
    it(`${fault}: outlives it, with its environment`, () =>
      on(fakeBench, async (bench) => {
        const claude = bench.start(fresh(), { variables: { BREAKGLASS_TURN: fault } })
        claude.say(`\n#fault ${fault}`)
        const pid = await left(claude)
        const { ppid, session } = stat(pid)
        const own = stat(claude.pid).session
        claude.end()
        await claude.ended
        assert.isTrue(alive(pid))
        // Empty while it is in the middle of its exec.
        const environ = () => readFileSync(`/proc/${pid}/environ`, "utf8")
        while (environ() === "") await new Promise((next) => setImmediate(next))
        assert.include(environ(), `BREAKGLASS_TURN=${fault}\0`)
        assert.include(readFileSync(`/proc/${pid}/cmdline`, "utf8"), argv0)
        assert.strictEqual(session === own, !["grandchild setsid", "double-fork"].includes(fault))
        assert.strictEqual(ppid === claude.pid, fault !== "double-fork")
        process.kill(pid, "SIGKILL")
      }))
  }

  it("hold-stdout: its pipes close when the leftover dies, not when it exits", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#fault hold-stdout")
      const pid = await left(claude)
      claude.end()
      await claude.exited
      const closed = await Promise.race([claude.silent.then(() => true), new Promise((next) => setImmediate(next))])
      assert.notStrictEqual(closed, true)
      process.kill(pid, "SIGKILL")
      assert.strictEqual(last(await claude.ended)?.subtype, "success")
    }))

  it("close-stdout: lives on in silence", () =>
    on(fakeBench, async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#fault close-stdout")
      claude.end()
      await claude.silent
      assert.isTrue(alive(claude.pid))
      claude.kill("SIGTERM")
      const said = await claude.ended
      assert.deepStrictEqual([said.code, last(said)?.subtype], [143, "status"])
    }))

  it("never-read-stdin: leaves what does not fit the pipe", () =>
    on(fakeBench, async (bench) => {
      writeFileSync(join(bench.home, "fake-claude.txt"), "#fault never-read-stdin\n")
      const claude = bench.start(fresh())
      claude.write("x".repeat(1_048_576))
      await claude.complaint("not reading stdin")
      assert.isAbove(claude.unread(), 500_000)
      claude.kill("SIGKILL")
      assert.deepStrictEqual((await claude.ended).raw, [])
    }))
})

const left = async (claude: ClaudeProcess) => {
  const line = await claude.line(
    ({ type, message }) => type === "assistant" && JSON.stringify(message).includes("Left ")
  )
  return Number(/Left (\d+)\./.exec(JSON.stringify(line))?.[1])
}
