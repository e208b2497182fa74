/** What the CLI and the server know of a conversation is not the same: found out, mended, and said once. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll } from "vitest"
import { discard, type Entry, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { all, kinds, notices, one, outcome, said } from "../../support/session/events.ts"
import { conversation, prompts, started } from "../../support/server/processes.ts"

describe("CLI-13: a conversation that is not as the server knows it", () => {
  let server: Server
  let session: string
  const turns: Array<ReadonlyArray<Entry>> = []
  const turn = async (text: string) => {
    const events = await server.turn(session, text)
    turns.push(events)
    assert.strictEqual(outcome(events), "completed")
    return events
  }
  const transcripts = () =>
    readdirSync(join(server.state, "conversations")).map((name) => join(server.state, "conversations", name))
  beforeAll(async () => {
    server = await startServer()
    session = await server.session()
    await turn("the word is heliotrope")
  })
  afterAll(() => discard(server))
  /** The server has forgotten that the CLI opened the conversation: it died between the two. */
  const forget = async () => {
    await server.stop()
    const db = new DatabaseSync(join(server.state, "journal.db"))
    db.prepare("UPDATE session SET cli_opened = 0 WHERE id = ?").run(session)
    db.close()
    server = await startServer({ home: server.home })
  }

  it("is resumed when the server knows of it", async () => {
    assert.include(said(await turn("#recall"))[0], "the word is heliotrope")
    assert.deepStrictEqual(conversation(server.home), ["--resume", session])
  })

  it("is resumed when the CLI says that its id is in use, without a word in the log", async () => {
    await forget()
    const events = await turn("#recall")
    assert.include(said(events)[0], "the word is heliotrope")
    assert.deepStrictEqual(notices(events), [])
    assert.deepStrictEqual(
      started(server.home)
        .slice(-2)
        .map((argv) => argv.at(-2)),
      ["--session-id", "--resume"]
    )
  })

  it("is begun anew, under another id, when the CLI no longer finds it: a notice says so, once", async () => {
    for (const file of transcripts()) rmSync(file)
    const events = await turn("#say anew")
    assert.deepStrictEqual(kinds(events), ["user", "notice", "session", "text", "result", "turn_end"])
    assert.match(one(events, "notice").text, /no longer has this conversation .* The log above is complete/)
    const [flag, id] = conversation(server.home)
    assert.strictEqual(flag, "--session-id")
    assert.notStrictEqual(id, session)
    assert.deepStrictEqual(notices(await turn("#recall")), [])
    assert.deepStrictEqual(conversation(server.home), ["--resume", id])
    assert.strictEqual(prompts(server.home).filter((text) => text.includes("#recall")).length, 3)
  })

  it("is begun, under its own id, when nothing was said in it: the CLI was killed too soon", async () => {
    for (const file of transcripts()) writeFileSync(file, '{"type":"queue-operation"}\n')
    await forget()
    const before = started(server.home).length
    const events = await turn("hello")
    assert.deepStrictEqual(notices(events), [])
    assert.deepStrictEqual(
      started(server.home)
        .slice(before)
        .map((argv) => argv.at(-2)),
      ["--session-id"]
    )
    assert.deepStrictEqual(
      all(events, "user").map(({ text }) => text),
      ["hello"]
    )
  })

  it("has each prompt of all this once in its log, and one end for each", async () => {
    const log = turns.flat()
    assert.strictEqual(all(log, "user").length, turns.length)
    assert.strictEqual(all(log, "turn_end").length, turns.length)
    assert.deepStrictEqual(
      log.map(({ id }) => id),
      log.map((_, at) => at)
    )
  })
})
