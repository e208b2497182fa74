/** A disk that does not say it is sick: it holds a write and gives no error. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import type { Operation } from "../../../src/contract/Power.ts"
import {
  discard,
  named,
  ofKind,
  openReader,
  type Reader,
  type Server,
  startServer
} from "../../support/server/BreakglassServer.ts"
import { all, one, outcome, said, toEnd } from "../../support/session/events.ts"
import { upTo } from "../../support/journal/journals.ts"
import { eventually, marked, programs } from "../../support/server/processes.ts"
import { cannotFreeze, frozen, held, ids, log, ready, type Sick, ssh, whole } from "../../support/journal/sick.ts"

const get = async (server: Server, op_id: string) =>
  (await (await server.request(`/api/pve/ops/${op_id}`)).json()) as Operation
const keepalives = (reader: Reader) => reader.text().split(": keepalive").length
const silent = async (server: Server) => {
  while ((await ready(server)) !== 503) continue
}

if (cannotFreeze !== null) console.warn(`DISK-04 on a file system that is frozen: NOT TESTED, ${cannotFreeze}`)

for (const [what, make, can] of [
  ["that is held", held, true],
  ["of a file system that is frozen", frozen, cannotFreeze === null]
] as const) {
  describe.skipIf(!can)(`a write ${what}`, { timeout: 90_000 }, () => {
    let sick: Sick
    let server: Server
    const start = async (home?: string) => {
      const { env } = programs({ ssh })
      const more = { ...env, ...sick.env, BREAKGLASS_SSE_KEEPALIVE_SECONDS: "1" }
      server = await startServer({ env: more, ...(home === undefined ? {} : { home }) })
    }
    beforeEach(() => {
      sick = make()
    })
    afterEach(async () => {
      sick.letGo()
      await discard(server)
      sick.forget()
    })

    it("DISK-04 holds up the chat alone: buttons, readers and pages go on, and then all of it is written, once", async () => {
      await start()
      const [chat, other, third] = [await server.session(), await server.session(), await server.session()]
      const go = join(server.home, "go")
      await server.prompt(chat, `#bash while [ ! -e ${go} ]; do sleep 0.02; done\n#say after`)
      await log(server, other)
      await log(server, third)
      const reader = await server.attach(chat)
      await reader.until(ofKind("tool"))
      const vm = openReader(await server.request("/api/pve/stream"))
      await vm.until(named("caught-up"))
      sick.stall()
      const answers: Array<number> = []
      // The second is what an outbox sends that had no answer.
      const prompt_id = randomUUID()
      const asked = [1, 2].map(async () =>
        answers.push((await server.prompt(other, "#say second", { prompt_id })).status)
      )
      await silent(server)

      assert.strictEqual((await fetch(`${server.url}/health`)).status, 200)
      assert.strictEqual((await server.request("/")).status, 200)
      assert.strictEqual((await server.post("/api/pve/status")).status, 200)
      const op_id = randomUUID()
      const begun = await server.post("/api/pve/ops", { verb: "cycle", op_id, confirm: "devvm" })
      assert.strictEqual(begun.status, 202)
      let operation = await get(server, op_id)
      while (operation.ended_at === null) operation = await get(server, op_id)
      assert.deepInclude(operation, { outcome: "ok", verified: true })
      writeFileSync(go, "")
      for (const each of [reader, vm]) {
        const before = keepalives(each)
        await eventually(() => keepalives(each) > before)
      }
      for (const refused of [
        await server.prompt(third, "#say never"),
        await server.post("/api/session"),
        await server.request("/api/session")
      ]) {
        assert.strictEqual(refused.status, 503)
        assert.match(((await refused.json()) as { detail: string }).detail, /the disk has not answered for \d+ s/)
      }
      assert.deepStrictEqual(answers, [])
      assert.isEmpty(vm.events())
      sick.letGo()

      await Promise.all(asked)
      assert.deepStrictEqual(answers, [200, 200])
      const chats = [await toEnd(reader), await toEnd(await server.attach(other))]
      for (const events of chats) {
        assert.strictEqual(outcome(events), "completed")
        assert.deepStrictEqual(ids(events), [...upTo(events.length)])
      }
      assert.strictEqual(all(chats[1] ?? [], "user").length, 1)
      assert.isEmpty(await log(server, third))
      await vm.until(({ data }) => data.includes(op_id) && data.includes('"outcome":"ok"'))
      const told = vm.events()
      assert.deepStrictEqual(ids(told), [...upTo(told.length)])
      await server.stop("SIGKILL")
      await start(server.home)
      assert.deepStrictEqual(await log(server, chat), chats[0])
      assert.deepStrictEqual(await whole(await server.request("/api/pve/stream?poll=1")), told)
      assert.deepInclude(await get(server, op_id), { outcome: "ok", verified: true })
    })

    it("DISK-04 killed while it waits: who had no answer has nothing in the log, or all of it", async () => {
      await start()
      const session = await server.session()
      const before = await server.turn(session, "#say before")
      sick.stall()
      const asked = server.prompt(session, "#say never").then(
        ({ status }) => status,
        () => "no answer"
      )
      await silent(server)
      server.process.kill("SIGKILL")
      // Before this, one that waits in the kernel is not gone.
      sick.letGo()
      await server.exited
      assert.strictEqual(await asked, "no answer")
      await start(server.home)
      const after = await log(server, session)
      assert.deepStrictEqual(after.slice(0, before.length), before)
      assert.deepStrictEqual(ids(after), [...upTo(after.length)])
      assert.deepStrictEqual(said(await server.turn(session, "#say again")), ["again"])
    })

    it("DISK-04 Stop ends the turn's processes, says that the log waits, and the log has it then", async () => {
      await start()
      const session = await server.session()
      await server.prompt(session, "#bash sleep 600")
      const reader = await server.attach(session)
      await reader.until(ofKind("tool"))
      assert.isNotEmpty(marked(server.home))
      sick.stall()
      await silent(server)
      const stopped = await server.post(`/api/session/${session}/cancel`)
      assert.strictEqual(stopped.status, 503)
      assert.match(((await stopped.json()) as { detail: string }).detail, /^Stop was sent\./)
      await eventually(() => marked(server.home).length === 0)
      assert.isFalse(reader.frames.some(ofKind("turn_end")))
      sick.letGo()
      const events = await toEnd(reader)
      assert.strictEqual(outcome(events), "cancelled")
      one(events, "cancelled")
    })
  })
}
