/** Each fault of the fake does what its name says, so that a test of the server that asks for one is a test. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Bench, fakeBench } from "../support/claudeBench.ts"
import type { ClaudeProcess, Ended } from "../support/ClaudeProcess.ts"
import { fresh, isResult } from "../support/claudeScenarios.ts"

const on = async <A>(use: (bench: Bench) => Promise<A>): Promise<A> => {
  const bench = await fakeBench()
  try {
    return await use(bench)
  } finally {
    await bench.dispose()
  }
}

/** Says it, ends stdin, and waits for the end. */
const play = (prompt: string, use: (ended: Ended) => void) =>
  on(async (bench) => {
    const claude = bench.start(fresh())
    claude.say(`\n${prompt}`)
    claude.end()
    use(await claude.ended)
  })

const last = ({ lines }: Ended) => lines.at(-1)
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

describe("the fake's directives", () => {
  it("none: it greets", () => play("hi", (said) => assert.strictEqual(last(said)?.result, "Hello from the fake.")))

  it("an unknown one is named", () =>
    play("#sya x", (said) => assert.strictEqual(last(said)?.result, "No such directive: #sya")))

  it("#bash runs without stdin in a session of its own, and may fail", () =>
    play("#bash cat; ps -o sid= -p $$ | tr -d ' '; echo $$; exit 3", (said) => {
      const [first, sid, pid] = String(last(said)?.result).split("\n")
      assert.strictEqual(first, "Done: Exit code 3")
      assert.strictEqual(sid, pid)
    }))

  it("#bash output over the limit is kept in a file", () =>
    on(async (bench) => {
      const claude = bench.start(fresh(), { variables: { BASH_MAX_OUTPUT_LENGTH: "1000" } })
      claude.say("\n#bash head -c 5000 /dev/zero | tr '\\0' x")
      const line = await claude.line(({ type }) => type === "user")
      assert.match(JSON.stringify(line), /Output too large \(4\.9KB\).*"persistedOutputSize":5000/)
      claude.end()
      await claude.ended
    }))

  it("#bash over the time limit is killed", () =>
    on(async (bench) => {
      const claude = bench.start(fresh(), { variables: { BASH_DEFAULT_TIMEOUT_MS: "50" } })
      claude.say("\n#bash sleep 300")
      claude.end()
      assert.strictEqual(last(await claude.ended)?.result, "Done: Exit code 143\nCommand timed out after 0.05s")
    }))

  it("#parallel answers in order of completion", () =>
    play("#parallel sleep 0.3; echo slow ;; echo quick", (said) => {
      const results = said.lines.flatMap(({ type, message }) =>
        type === "user" && typeof message?.content === "object" ? message.content.map((block) => block["content"]) : []
      )
      assert.deepStrictEqual(results, ["quick", "slow"])
      assert.strictEqual(last(said)?.result, "Done: slow | quick")
    }))

  it("#recall knows the session's earlier prompts, also in the next process", () =>
    on(async (bench) => {
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
    play("#again by itself", (said) => {
      assert.deepStrictEqual(
        said.lines.filter(isResult).map(({ result }) => result),
        ["Hello from the fake.", "by itself"]
      )
    }))

  it("what comes while it is busy becomes one turn", () =>
    on(async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#slow 2 50")
      await claude.line(({ subtype }) => subtype === "init")
      for (const word of ["a", "b"]) claude.say(`\n#say ${word}`)
      claude.end()
      const said = await claude.ended
      assert.deepStrictEqual(
        said.lines.filter(isResult).map(({ result }) => result),
        ["w0 w1 ", "b"]
      )
    }))

  it("a SIGINT ends the turn with its result, and the process", () =>
    on(async (bench) => {
      const claude = bench.start(fresh())
      claude.say("\n#wait 300000")
      await claude.line(({ subtype }) => subtype === "status")
      claude.kill("SIGINT")
      const said = await claude.ended
      assert.deepStrictEqual([last(said)?.subtype, said.code], ["error_during_execution", 0])
    }))

  it("argv, environment and prompts are on record in its HOME", () =>
    on(async (bench) => {
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

describe("the fake's faults", () => {
  it("exit-before-init", () =>
    play("#fault exit-before-init 7", (said) => assert.deepStrictEqual([said.code, said.raw], [7, []])))

  for (const [what, kind] of [
    ["init", "system/init"],
    ["delta", "stream_event/"],
    ["text", "assistant/"],
    ["tool_use", "assistant/"],
    ["tool_result", "user/"],
    ["result", "result/success"]
  ] as const) {
    it(`die-after ${what}`, () =>
      play(`#fault die-after ${what} SIGSEGV\n#say before\n#bash echo hi`, (said) => {
        assert.strictEqual(said.signal, "SIGSEGV")
        assert.strictEqual(`${last(said)?.type}/${last(said)?.subtype ?? ""}`, kind)
      }))
  }

  it("die-after init leaves a dead id: in use, and not found", () =>
    on(async (bench) => {
      const [, id = ""] = fresh()
      const first = bench.start(["--session-id", id])
      first.say("\n#fault die-after init 1")
      assert.strictEqual((await first.ended).code, 1)
      assert.match((await bench.start(["--session-id", id]).ended).stderr, /is already in use/)
      assert.match((await bench.start(["--resume", id]).ended).stderr, /No conversation found/)
    }))

  it("line", () =>
    play("#fault line 10485760", (said) =>
      assert.isAbove(Math.max(...said.raw.map((line) => line.length)), 10_485_760)
    ))

  it("stderr comes before all else", () =>
    play("#fault stderr 1048576", (said) => assert.deepStrictEqual([said.stderr.length, said.code], [1_048_576, 0])))

  it("burst", () =>
    play("#fault burst 2000 4096", (said) => {
      const numbered = texts(said)
        .slice(0, 2000)
        .map((text) => Number(String(text).split(" ")[0]))
      assert.deepStrictEqual(numbered, [...numbered.keys()])
      assert.strictEqual(last(said)?.subtype, "success")
    }))

  it("rubbish, and the turn goes on", () =>
    play("#fault rubbish", (said) => {
      assert.isAbove(said.raw.length, said.lines.length)
      assert.strictEqual(last(said)?.result, "Hello from the fake.")
    }))

  for (const kind of ["crash-mid-line", "crash-mid-char"]) {
    it(kind, () =>
      play(`#fault ${kind}`, (said) => {
        assert.strictEqual(said.signal, "SIGKILL")
        assert.throws(() => JSON.parse(said.raw.at(-1) ?? ""))
      })
    )
  }

  for (const fault of ["silent 300", "endless-line"]) {
    it(`${fault}, until interrupted`, () =>
      on(async (bench) => {
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
    on(async (bench) => {
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
      on(async (bench) => {
        const claude = bench.start(fresh(), { variables: { BREAKGLASS_TURN: fault } })
        claude.say(`\n#fault ${fault}`)
        const pid = await left(claude)
        const { ppid, session } = stat(pid)
        const own = stat(claude.pid).session
        claude.end()
        await claude.ended
        assert.isTrue(alive(pid))
        assert.include(readFileSync(`/proc/${pid}/environ`, "utf8"), `BREAKGLASS_TURN=${fault}\0`)
        assert.include(readFileSync(`/proc/${pid}/cmdline`, "utf8"), argv0)
        assert.strictEqual(session === own, !["grandchild setsid", "double-fork"].includes(fault))
        assert.strictEqual(ppid === claude.pid, fault !== "double-fork")
        process.kill(pid, "SIGKILL")
      }))
  }

  it("hold-stdout: its pipes close when the leftover dies, not when it exits", () =>
    on(async (bench) => {
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
    on(async (bench) => {
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
    on(async (bench) => {
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
