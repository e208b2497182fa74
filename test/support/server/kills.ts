/** Rounds of `kill -9` against the server in the middle of a turn: shared by the gate and the soak. */
import { assert } from "@effect/vitest"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as delay } from "node:timers/promises"
import { discard, type Entry, named, ofKind, type Server, startServer } from "./BreakglassServer.ts"
import { kinds, outcome, why } from "../session/events.ts"
import { marked } from "./processes.ts"

/** Prose, commands, a daemon of a command's and one of the CLI's own, all within a second. */
const script = [
  "#say one",
  "#bash (setsid sleep 300 > /dev/null 2>&1 &); echo out",
  "#slow 20 5",
  "#fault double-fork",
  "#bash sleep 0.2; echo done",
  "#say two"
].join("\n")

/** What each round must find; what was seen, and how the turns ended, is counted. */
export const killAtRandom = async (rounds: number, random: () => number) => {
  const counts: Record<string, number> = {}
  const count = (what: string, by = 1) => (counts[what] = (counts[what] ?? 0) + by)
  let server = await startServer()
  for (let round = 0; round < rounds; round++) {
    const session = await server.session()
    const reader = await server.attach(session)
    const wait = random() * 800
    const asked = server.prompt(session, round === 0 ? `${script}\n#bash sleep 300` : script).then(
      ({ status }) => status,
      () => null
    )
    // One moment is certain: when a command has left its daemon, in a turn that goes on.
    if (round === 0) await reader.until(ofKind("tool_result"))
    else await delay(wait)
    await server.stop("SIGKILL")
    await reader.ended
    const status = await asked
    const seen = reader.events()
    const note = `round ${round}, killed after ${wait.toFixed(1)} ms`
    count("kills")
    count("events a client had seen", seen.length)
    count("processes orphaned", marked(server.home).length)

    const db = new DatabaseSync(join(server.state, "journal.db"))
    assert.strictEqual(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok", note)
    db.close()

    server = await startServer({ home: server.home })
    assert.deepStrictEqual(marked(server.home), [], note)
    const events = await read(server, session)
    assert.deepStrictEqual(events.slice(0, seen.length), [...seen], note)
    if (status === 200) assert.strictEqual(events[0]?.kind, "user", note)
    const how = events.length === 0 ? "never begun" : outcome(events)
    count(how)
    assert.include(["never begun", "completed", "interrupted"], how, note)
    if (how === "interrupted") assert.match(why(events), /^the server restarted while this turn ran/)
    const row = (await (await server.request(`/api/session/${session}`)).json()) as Record<string, unknown>
    assert.deepInclude(row, { turn_active: false, last_event_id: events.at(-1)?.id ?? null }, note)

    const next = await server.turn(session, "#say usable")
    assert.strictEqual(outcome(next), "completed", `${note}: ${kinds(next).join(" ")}`)
    const ids = (await read(server, session)).map(({ id }) => id)
    assert.deepStrictEqual(
      ids,
      ids.map((_, at) => at),
      note
    )
  }
  await discard(server)
  for (const what of ["interrupted", "processes orphaned"]) assert.isAbove(counts[what] ?? 0, 0, what)
  return counts
}

const read = async (server: Server, session: string): Promise<ReadonlyArray<Entry>> => {
  const reader = await server.attach(session)
  await reader.until(named("caught-up"))
  await reader.close()
  return reader.events()
}
