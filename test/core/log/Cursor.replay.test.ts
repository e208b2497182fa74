/** Much history, and readers whose link is slow. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { journalWorker } from "../../../src/breakglass/root.ts"
import * as Journal from "../../../src/core/journal/Journal.ts"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { slow } from "../../support/http/clients.ts"
import { outcome, toEnd } from "../../support/session/events.ts"
import { gauge, gauged } from "../../support/server/gauge.ts"
import { roomy, upTo } from "../../support/journal/journals.ts"

/** What was left before the restart: a session with so many texts of 4 kB. */
const history = async (events: number) => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-test-"))
  const session = randomUUID()
  const at = new Date().toISOString()
  const row = (id: number) => {
    const text = `${id} `.padEnd(4000, "b")
    return { id, at, json: JSON.stringify({ kind: "text", text, at, id }), full: null }
  }
  const written = Effect.gen(function* () {
    const journal = yield* Journal.make({ directory: join(home, "state"), quota: roomy, worker: journalWorker })
    yield* journal.createSession({ id: session, created_at: at, cli_id: session })
    yield* journal.append(session, upTo(events).map(row))
  })
  await Effect.runPromise(Effect.scoped(written))
  return { home, session }
}

describe("a log of 50 MB", () => {
  it("SUB-05 is replayed to ten slow readers from where each is: no copies of it, and who reads live does not wait", async () => {
    const events = 12_500
    const { home, session } = await history(events)
    const server = await startServer({ home, env: { ...gauged, BREAKGLASS_SESSION_QUOTA_MB: "100" } })
    const live = await server.attach(session, events - 1)
    const before = (await gauge(server)).heap
    const readers = await Promise.all(upTo(10).map(() => slow(server, session)))
    // A second each of 56 kbit/s.
    for (const _ of upTo(10)) await Promise.all(readers.map(({ take }) => take(7000)))
    await server.prompt(session, "#say Live.")
    assert.strictEqual(outcome(await toEnd(live)), "completed")
    for (const { text } of readers) assert.notInclude(text(), "Live.")
    const held = (await gauge(server)).heap - before
    console.info(`SUB-05: ten readers of 50 MB, held +${(held / 1e6).toFixed(1)} MB`)
    assert.isBelow(held, 10_000_000)

    const [one, ...others] = readers
    for (const { socket } of others) socket.destroy()
    await one?.rest('"kind":"turn_end"')
    const ids = [...(one?.text() ?? "").matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
    assert.deepStrictEqual(ids, [...upTo(ids.length)])
    assert.isAbove(ids.length, events)
    one?.socket.destroy()
    await discard(server)
  })
})
