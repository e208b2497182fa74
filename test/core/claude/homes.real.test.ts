/** The real CLI: a turn's own directory, and the conversation that is carried from one to the next. */
import { assert, describe, it } from "@effect/vitest"
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Server } from "../../support/server/BreakglassServer.ts"
import { notices } from "../../support/session/events.ts"
import { output, startRealTurns } from "../../support/claude/realTurns.ts"

let real: Awaited<ReturnType<typeof startRealTurns>>
let server: Server
beforeAll(async () => {
  real = await startRealTurns()
  server = real.server
})
afterAll(() => real.end())

describe("HOME-03: a turn's own directory", () => {
  const turns = () => readdirSync(join(server.state, "turns"))

  it("is closed to others, and is gone with the turn, also what its owner may not write to", async () => {
    const told = output(
      await real.run(
        await server.session(),
        "stat -c %a ~ ~/.claude . && mkdir -p x/y && touch x/y/z && chmod 0 x/y x && pwd"
      )
    )
    assert.match(told, /^(700\n){3}/)
    assert.deepStrictEqual(turns(), [])
  })

  it("has the conversation's transcript in it and no other: the next turn knows what was said", async () => {
    const session = await server.session()
    const other = await server.session()
    await server.turn(session, "the word is heliotrope")
    await server.turn(other, "the word is marigold")
    const found = output(
      await real.run(session, "cd ~/.claude/projects && find . -name '*.jsonl' && grep -c heliotrope */*.jsonl")
    )
    assert.include(found, `/${session}.jsonl`)
    assert.notInclude(found, other)
    await server.turn(session, "and now, in the first?")
    const asked = JSON.stringify(real.api.requests.findLast(({ prompt }) => prompt?.includes("in the first?"))?.body)
    assert.include(asked, "heliotrope")
    assert.notInclude(asked, "marigold")
  })

  for (const [what, command] of [
    ["a link to another file", "mv $f ~/real && ln -s ~/real $f"],
    ["another name of a file", "ln $f ~/again"],
    ["a FIFO", "rm $f && mkfifo $f"]
  ] as const) {
    it(`${what} in the transcript's place is not kept, and the log says so`, async () => {
      const session = await server.session()
      await server.turn(session, "first")
      // After the CLI's last word nothing is written any more.
      const events = await real.run(
        session,
        `f=$(echo ~/.claude/projects/*/${session}.jsonl); (sleep 0.2; ${command}) > /dev/null 2>&1; ls -l $f`
      )
      assert.include(notices(events), "memory_not_kept")
      const kept = join(server.state, "conversations", `${session}.jsonl`)
      assert.isTrue(lstatSync(kept).isFile())
      assert.notInclude(readFileSync(kept, "utf8"), "mkfifo")
      assert.deepStrictEqual(turns(), [])
    })
  }

  it("what is no message of this conversation in the transcript is not carried over", async () => {
    const session = await server.session()
    await server.turn(session, "the word is heliotrope")
    const kept = join(server.state, "conversations", `${session}.jsonl`)
    const lines = [
      { type: "worktree-state", sessionId: session, worktreeSession: { worktreePath: server.home } },
      {
        type: "user",
        uuid: crypto.randomUUID(),
        sessionId: crypto.randomUUID(),
        message: { role: "user", content: "zq" }
      }
    ]
    writeFileSync(kept, `${lines.map((line) => JSON.stringify(line)).join("\n")}\nzq not json\n`, { flag: "a" })
    const found = output(
      await real.run(
        session,
        `grep -c -e '^."type":"worktree' -e '"zq"' -e '^zq' ~/.claude/projects/*/${session}.jsonl; pwd`
      )
    )
    assert.match(found, /^0\n/)
    assert.include(found, join(server.state, "turns"))
    assert.notInclude(JSON.stringify(real.api.requests.at(-1)?.body), '"zq"')
  })

  it("of an installation that had one HOME for all: its conversation goes on", async () => {
    const session = await server.session()
    await server.turn(session, "the word is heliotrope")
    const kept = join(server.state, "conversations", `${session}.jsonl`)
    const former = join(server.home, ".claude/projects", join(server.state, "work").replaceAll(/[^a-zA-Z0-9]/g, "-"))
    mkdirSync(former, { recursive: true })
    renameSync(kept, join(former, `${session}.jsonl`))
    const events = await server.turn(session, "and now, of old?")
    assert.deepStrictEqual(notices(events), [])
    const asked = JSON.stringify(real.api.requests.findLast(({ prompt }) => prompt?.includes("of old?"))?.body)
    assert.include(asked, "heliotrope")
  })
})
