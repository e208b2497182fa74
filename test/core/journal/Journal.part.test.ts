/** A disk that takes a part of a write, and says so. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { discard, named, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { outcome, said, toEnd, why } from "../../support/session/events.ts"
import { upTo } from "../../support/journal/journals.ts"
import { eventually, marked, programs } from "../../support/server/processes.ts"

const log = async (server: Server, session: string) => {
  const reader = await server.attach(session)
  await reader.until(named("caught-up"))
  await reader.close()
  return reader.events()
}

describe("a disk that takes a part of a write", () => {
  it("DISK-04 the turn fails with words, the buttons work, and it goes on when the disk does", async () => {
    const { env } = programs({ ssh: "echo status: running" })
    const server = await startServer({ env })
    const session = await server.session()
    const go = join(server.home, "go")
    await server.prompt(session, `#say before\n#bash while [ ! -e ${go} ]; do sleep 0.02; done\n#fault burst 20 20000`)
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    const journal = join(server.state, "journal.db")
    const size = (most: number | "unlimited") =>
      execFileSync("prlimit", [`--pid=${server.process.pid}`, `--fsize=${most}:`])
    // A page of the WAL is 4,120 bytes: half of the next one fits.
    size(statSync(`${journal}-wal`).size + 2000)
    writeFileSync(go, "")
    while ((await fetch(`${server.url}/ready`)).status !== 503) continue
    assert.strictEqual((await server.post("/api/session")).status, 503)
    assert.strictEqual((await server.post("/api/pve/status")).status, 200)
    // What was refused so far may have been the check alone: the turn's own events were when its agent is ended.
    await eventually(() => marked(server.home).length === 0)
    assert.isFalse(reader.frames.some(ofKind("turn_end")))
    size("unlimited")
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "failed")
    assert.strictEqual(why(events), "The journal could not be written (disk I/O error), so the turn was ended.")
    assert.deepStrictEqual(said(events)[0], "before")
    assert.strictEqual(outcome(await server.turn(session, "#say after")), "completed")
    const all = await log(server, session)
    assert.deepStrictEqual(
      all.map(({ id }) => id),
      [...upTo(all.length)]
    )
    await server.stop("SIGKILL")
    const db = new DatabaseSync(journal)
    assert.strictEqual(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
    db.close()
    await discard(server)
  })
})
