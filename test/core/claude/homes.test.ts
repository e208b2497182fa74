/** A turn's directory where the disk does not take it, and what a server that was killed has left. */
import { assert, describe, it } from "@effect/vitest"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { make } from "../../../src/core/claude/homes.ts"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { canMount, mounted } from "../../support/journal/disk.ts"
import { outcome, why } from "../../support/session/events.ts"
import { programs, started } from "../../support/server/processes.ts"

describe("HOME-05: a turn's directory", () => {
  it("that cannot be made: nothing is started, the log says why, the buttons work, and so does the next turn", async () => {
    const { bin, env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env })
    const session = await server.session()
    writeFileSync(join(server.state, "turns"), "in its place")
    const before = started(server.home).length
    const events = await server.turn(session, "hello")
    assert.strictEqual(outcome(events), "failed")
    assert.match(why(events), /directory for this turn could not be made \(.+\)\. Nothing ran\./)
    assert.strictEqual(started(server.home).length, before)
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    rmSync(join(server.state, "turns"))
    assert.strictEqual(outcome(await server.turn(session, "hello")), "completed")
    await discard(server)
    rmSync(bin, { recursive: true })
  })

  it("left by a server that was killed is gone before the next turn begins", async () => {
    const home = mkdtempSync(join(tmpdir(), "breakglass-test-"))
    const left = join(home, "state/turns", crypto.randomUUID())
    mkdirSync(join(left, "work/read-only"), { recursive: true })
    writeFileSync(join(left, "work/read-only/x"), "")
    chmodSync(join(left, "work/read-only"), 0o500)
    const server = await startServer({ home })
    assert.strictEqual(outcome(await server.turn(await server.session(), "hello")), "completed")
    assert.deepStrictEqual(readdirSync(join(home, "state/turns")), [])
    await discard(server)
  })

  it.skipIf(!canMount)("on a disk that is full at its end: what the agent remembers is kept all the same", () => {
    const disk = mounted("1m")
    try {
      const homes = make(disk.path)
      const [turn, conversation] = [crypto.randomUUID(), crypto.randomUUID()]
      homes.openHome(turn, conversation, "/nonexistent")
      const line = { type: "user", uuid: crypto.randomUUID(), sessionId: conversation }
      const projects = join(
        disk.path,
        "turns",
        turn,
        ".claude/projects",
        join(disk.path, "turns", turn, "work").replaceAll(/[^a-zA-Z0-9]/g, "-")
      )
      mkdirSync(projects, { recursive: true })
      mkdirSync(join(disk.path, "conversations"))
      writeFileSync(join(projects, `${conversation}.jsonl`), `${JSON.stringify(line)}\n`)
      disk.fill()
      assert.isNull(homes.closeHome(turn, conversation))
      assert.isTrue(existsSync(join(disk.path, "conversations", `${conversation}.jsonl`)))
      assert.throws(() => homes.openHome(crypto.randomUUID(), conversation, "/nonexistent"), /ENOSPC/)
    } finally {
      disk.unmount()
    }
  })
})
