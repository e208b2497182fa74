import { assert, describe, it } from "@effect/vitest"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { discard, eventOf, named, ofKind, startServer } from "../support/server/BreakglassServer.ts"
import { kinds, one } from "../support/journal/log.ts"

describe("a CLI that cannot work", () => {
  const cases = [
    ["exits at once", "#fault exit-before-init", /./],
    ["speaks rubbish and ends", "#fault rubbish", null]
  ] as const
  for (const [what, prompt, error] of cases) {
    it(`${what}: the log says so and the turn ends`, async () => {
      const server = await startServer()
      const events = await server.turn(await server.session(), prompt)
      assert.strictEqual(events[0]?.kind, "user")
      assert.strictEqual(events.at(-1)?.kind, "turn_end")
      if (error !== null) assert.match(one(events, "error").error, error)
      await discard(server)
    })
  }

  it("exits at once, and the next prompt works", async () => {
    const server = await startServer()
    const session = await server.session()
    await server.turn(session, "#fault exit-before-init")
    const events = await server.turn(session, "hello")
    assert.strictEqual(one(events, "turn_end").outcome, "completed")
    await discard(server)
  })
})

describe("going down", () => {
  it("tells its readers, ends their streams and exits 0", async () => {
    const server = await startServer()
    const reader = await server.attach(await server.session())
    await reader.until(named("caught-up"))
    assert.strictEqual(await server.stop(), 0)
    await reader.ended
    assert.isTrue(reader.text().endsWith("retry: 1000\nevent: bye\ndata: {}\n\n"))
    await discard(server)
  })

  it("ends a running turn as interrupted, in the log, with nothing left of it", async () => {
    const server = await startServer()
    const session = await server.session()
    await server.prompt(session, "#bash sleep 300")
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    assert.strictEqual(await server.stop(), 0)
    const second = await startServer({ home: server.home })
    const log = await second.attach(session)
    await log.until(named("caught-up"))
    await log.close()
    assert.deepStrictEqual(kinds(log.events()).slice(-2), ["error", "turn_end"])
    assert.strictEqual(one(log.events(), "turn_end").outcome, "interrupted")
    await discard(second)
  })
})

describe("starting", () => {
  it("refuses a bad value with one line that names it", async () => {
    const failed = await startServer({ env: { PORT: "eighty" } }).then(
      () => "started",
      (error: unknown) => String(error)
    )
    assert.match(
      failed,
      /\(1\): breakglass did not start: PORT is "eighty"; expected a whole number from 0 to 65535\.\n$/
    )
  })

  it("refuses a directory that another server holds, and leaves that one alone", async () => {
    const server = await startServer()
    const failed = await startServer({ home: server.home }).then(
      () => "started",
      (error: unknown) => String(error)
    )
    assert.match(failed, /\(1\): breakglass did not start: another breakglass server is using this directory/)
    assert.strictEqual((await server.turn(await server.session(), "hello")).at(-1)?.kind, "turn_end")
    await discard(server)
  })
})

describe("what it writes", () => {
  it("is its own user's alone, in a directory that others may enter and with a damaged journal kept beside it", async () => {
    const home = mkdtempSync(join(tmpdir(), "breakglass-test-"))
    mkdirSync(join(home, "state"))
    chmodSync(join(home, "state"), 0o755)
    const first = await startServer({ home })
    await first.turn(await first.session(), "#say hello")
    await first.stop("SIGKILL")
    writeFileSync(join(home, "state/journal.db"), "")
    const server = await startServer({ home })
    await server.turn(await server.session(), "#say hello")
    const files = readdirSync(home, { recursive: true, encoding: "utf8" })
      .filter((name) => name !== "state")
      .map((name) => [name, (statSync(join(home, name)).mode & 0o077).toString(8)])
    for (const name of ["journal.db", "journal.db-wal", "journal.db.damaged-1", "turns", "conversations"]) {
      assert.includeDeepMembers(files, [[`state/${name}`, "0"]])
    }
    assert.deepStrictEqual(
      files.filter(([, others]) => others !== "0"),
      []
    )
    await discard(server)
  })
})

describe("health", () => {
  it("answers without identity, exactly", async () => {
    const server = await startServer()
    const health = await fetch(`${server.url}/health`)
    assert.strictEqual(await health.text(), '{"status":"ok","service":"claude-breakglass"}')
    assert.deepStrictEqual(await (await fetch(`${server.url}/ready`)).json(), { ready: true })
    assert.strictEqual((await fetch(`${server.url}/api/session`)).status, 401)
    await discard(server)
  })

  it("shows the events as they were seen", async () => {
    const server = await startServer()
    const events = await server.turn(await server.session(), "#say hello")
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      events.map((_, at) => at)
    )
    assert.isTrue(events.every(({ at }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at)))
    assert.isUndefined(eventOf({ event: "delta", data: "{}", id: "" }))
    await discard(server)
  })
})
