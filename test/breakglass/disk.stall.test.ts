/** A disk that does not say it is sick: it holds a write, or takes a part of one. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Operation } from "../../src/contract/Pve.ts"
import { discard, named, ofKind, root, type Server, startServer } from "../support/BreakglassServer.ts"
import { outcome, said, toEnd, why } from "../support/events.ts"
import { upTo } from "../support/journals.ts"
import { eventually, programs } from "../support/processes.ts"

const stalling = { NODE_OPTIONS: `--import ${join(root, "test/support/stall.mjs")}` }
const log = async (server: Server, session: string) => {
  const reader = await server.attach(session)
  await reader.until(named("caught-up"))
  await reader.close()
  return reader.events()
}

/** From here on the server waits for its disk. */
const stall = (server: Server) => {
  writeFileSync(join(server.home, "stalled"), "")
  return eventually(() => server.stderr().endsWith("stalled\n"))
}
const letGo = (server: Server) => rmSync(join(server.home, "stalled"))

describe("a disk that holds a write", () => {
  it("DISK-04 nothing is acknowledged before it is written; then the turn and the operation go on to their ends", async () => {
    const { env } = programs({ ssh: 'echo $$ > "$HOME/sent"; echo status: running' })
    const server = await startServer({ env: { ...env, ...stalling } })
    const [chat, other] = [await server.session(), await server.session()]
    const go = join(server.home, "go")
    await server.prompt(chat, `#bash while [ ! -e ${go} ]; do sleep 0.02; done\n#say after`)
    const reader = await server.attach(chat)
    await reader.until(ofKind("tool"))
    const stalled = stall(server)
    const answers: Array<string> = []
    const noted = async (what: string, answer: Promise<Response>) => {
      const { status } = await answer
      answers.push(`${what} ${status}`)
    }
    const op_id = randomUUID()
    const asked = [
      noted("prompt", server.prompt(other, "#say second")),
      noted("operation", server.post("/api/pve/ops", { verb: "status", op_id }))
    ]
    await stalled
    // The CLI's next words come while the server can hear nothing.
    writeFileSync(go, "")
    assert.deepStrictEqual(answers, [])
    letGo(server)
    await Promise.all(asked)
    assert.deepStrictEqual(answers.sort(), ["operation 202", "prompt 200"])
    for (const events of [await toEnd(reader), await toEnd(await server.attach(other))]) {
      assert.strictEqual(outcome(events), "completed")
      assert.deepStrictEqual(
        events.map(({ id }) => id),
        [...upTo(events.length)]
      )
    }
    let operation: Operation
    do operation = (await (await server.request(`/api/pve/ops/${op_id}`)).json()) as Operation
    while (operation.ended_at === null)
    assert.deepInclude(operation, { outcome: "ok", output: "status: running\n" })
    await discard(server)
  })

  it("DISK-04 killed while it waits: who had no answer has nothing in the log, or all of it", async () => {
    const server = await startServer({ env: stalling })
    const session = await server.session()
    const before = await server.turn(session, "#say before")
    const stalled = stall(server)
    const asked = server.prompt(session, "#say never").then(
      ({ status }) => status,
      () => "no answer"
    )
    await stalled
    await server.stop("SIGKILL")
    assert.strictEqual(await asked, "no answer")
    const next = await startServer({ home: server.home })
    assert.deepStrictEqual(await log(next, session), before)
    assert.deepStrictEqual(said(await next.turn(session, "#say again")), ["again"])
    await discard(next)
  })
})

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
