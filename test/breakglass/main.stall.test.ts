/** A server that begins or ends while its disk gives no answer. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { discard, ofKind, startServer } from "../support/server/BreakglassServer.ts"
import { outcome } from "../support/session/events.ts"
import { upTo } from "../support/journal/journals.ts"
import { eventually, marked, programs } from "../support/server/processes.ts"
import { cannotFreeze, frozen, held, ids, log, ready, ssh, whole } from "../support/journal/sick.ts"

describe("a server that is told to end while its disk holds a write", () => {
  it("DISK-04 ends its turns and does not wait for the disk", async () => {
    const sick = held()
    let server = await startServer({ env: { ...programs().env, ...sick.env } })
    try {
      const session = await server.session()
      await server.prompt(session, "#bash sleep 600")
      await (await server.attach(session)).until(ofKind("tool"))
      sick.stall()
      const gone = server.stop()
      await eventually(() => marked(server.home).length === 0)
      assert.strictEqual(await gone, "SIGKILL")
      sick.letGo()
      server = await startServer({ env: sick.env, home: server.home })
      assert.strictEqual(outcome(await log(server, session)), "interrupted")
    } finally {
      sick.letGo()
      await discard(server)
      sick.forget()
    }
  })
})

describe.skipIf(cannotFreeze !== null)("a server that starts while its disk is frozen", { timeout: 90_000 }, () => {
  it("DISK-04 comes up with its buttons, sends nothing twice, and has its chat when the disk thaws", async () => {
    const sick = frozen()
    // It ends with its HOME.
    const { env } = programs({ ssh: 'echo "$@" >> "$HOME/sent"; while [ -d "$HOME" ]; do sleep 0.1; done' })
    const first = await startServer({ env: { ...env, ...sick.env } })
    const session = await first.session()
    await first.post("/api/pve/ops", { verb: "cycle", op_id: randomUUID(), confirm: "devvm" })
    const sent = () => readFileSync(join(first.home, "sent"), "utf8").match(/cycle/g)?.length
    await eventually(() => existsSync(join(first.home, "sent")) && sent() === 1)
    await first.stop("SIGKILL")
    sick.stall()
    let next = first
    try {
      next = await startServer({ env: { ...programs({ ssh }).env, ...sick.env }, home: first.home })
      assert.match(next.stdout(), /The journal's disk does not answer/)
      assert.match(next.stdout(), /The operations from before this start could not be read/)
      assert.strictEqual((await next.post("/api/pve/status")).status, 200)
      assert.strictEqual((await next.request("/api/session")).status, 503)
      sick.letGo()
      while ((await ready(next)) !== 200) continue
      assert.strictEqual(outcome(await next.turn(session, "#say hello")), "completed")
      const told = await whole(await next.request("/api/pve/stream?poll=1"))
      assert.deepStrictEqual(ids(told), [...upTo(told.length)])
      assert.strictEqual(sent(), 1)
    } finally {
      sick.letGo()
      await discard(next)
      sick.forget()
    }
  })
})
