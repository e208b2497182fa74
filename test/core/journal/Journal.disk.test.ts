import { assert, describe, it } from "@effect/vitest"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { afterEach } from "vitest"
import { discard, named, ofKind, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { canMount, type Disk, mounted } from "../../support/journal/disk.ts"
import { all, kinds, outcome, toEnd, why } from "../../support/session/events.ts"
import { upTo } from "../../support/journal/journals.ts"
import { programs } from "../../support/server/processes.ts"

const { env } = programs({ ssh: "echo status: running" })

const start = (directory: string, more: Record<string, string> = {}) =>
  startServer({ env: { ...env, BREAKGLASS_SESSIONS_DIR: directory, ...more } })

const status = async (server: Server) => {
  const answer = await server.post("/api/pve/status")
  return [answer.status, ((await answer.json()) as { stdout: string }).stdout]
}
const running = [200, "status: running\n"]

const ready = async (server: Server) => {
  const answer = await fetch(`${server.url}/ready`)
  return [answer.status, await answer.json()]
}
const isReady = [200, { ready: true }]
const notReady = [503, { ready: false }]

const refused = async (answer: Response) => {
  assert.strictEqual(answer.status, 503)
  const { detail } = (await answer.json()) as { detail: string }
  assert.match(
    detail,
    /^Nothing was done: the breakglass server('s own disk is full| cannot use its journal).*\. VM controls work\.$/
  )
}

/** Asks until the disk has been found to be well again. */
const once = async (fine: () => Promise<boolean>) => {
  while (!(await fine())) await delay(20)
}

describe.skipIf(!canMount)("a disk that is full", () => {
  let disk: Disk
  let server: Server
  afterEach(async () => {
    await discard(server)
    disk.unmount()
  })

  it("DISK-01 at the start: the chat says so, the buttons work, and with room it begins to work by itself", async () => {
    disk = mounted("1m")
    disk.fill()
    server = await start(disk.path)
    assert.deepStrictEqual(await ready(server), notReady)
    await refused(await server.post("/api/session"))
    await refused(await server.request("/api/session"))
    assert.deepStrictEqual(await status(server), running)
    assert.strictEqual((await fetch(`${server.url}/health`)).status, 200)
    disk.free()
    assert.deepStrictEqual(await ready(server), isReady)
    const events = await server.turn(await server.session(), "#say hello")
    assert.strictEqual(outcome(events), "completed")
    assert.deepStrictEqual(await status(server), running)
  })

  it("DISK-01 in the middle of a turn: the turn fails with words, and gets its end when there is room", async () => {
    disk = mounted("1m")
    server = await start(disk.path)
    const session = await server.session()
    const go = join(server.home, "go")
    await server.prompt(session, `#say before\n#bash while [ ! -e ${go} ]; do sleep 0.05; done\n#fault burst 60 20000`)
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    disk.fill()
    writeFileSync(go, "")
    await once(async () => (await ready(server))[0] === 503)
    assert.deepStrictEqual(await status(server), running)
    await once(async () => {
      const row = (await (await server.request(`/api/session/${session}`)).json()) as { turn_active: boolean }
      return !row.turn_active
    })
    await refused(await server.prompt(session, "more"))
    await refused(await server.post("/api/session"))
    assert.deepStrictEqual(await ready(server), notReady)
    assert.deepStrictEqual(await status(server), running)
    assert.isFalse(reader.frames.some(ofKind("turn_end")))
    disk.free()
    const events = await toEnd(reader)
    assert.strictEqual(outcome(events), "failed")
    assert.match(
      why(events),
      /^The journal could not be written \(database or disk is full\), so the turn was ended\.$/
    )
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      [...upTo(events.length)]
    )
    await once(async () => (await ready(server))[0] === 200)
    assert.strictEqual(outcome(await server.turn(session, "#say again")), "completed")
  }, 60_000)

  it("DISK-03 beside a damaged journal: nothing is moved, and with room the good part is there", async () => {
    disk = mounted("2m")
    server = await start(disk.path)
    const session = await server.session()
    await server.turn(session, "#fault burst 20 20000")
    await server.stop()
    const file = join(disk.path, "journal.db")
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length - 4096))
    disk.fill()
    server = await start(disk.path)
    assert.deepStrictEqual(await ready(server), notReady)
    assert.deepStrictEqual(
      readdirSync(disk.path).filter((name) => name.includes("damaged")),
      []
    )
    disk.free()
    assert.deepStrictEqual(await ready(server), isReady)
    assert.isTrue(existsSync(`${file}.damaged-1`))
    const reader = await server.attach(session)
    await reader.until(named("caught-up"))
    await reader.close()
    assert.strictEqual(reader.events()[0]?.kind, "user")
    assert.isTrue(
      all(reader.events(), "notice").some(({ code }) => code === "journal_damaged"),
      kinds(reader.events()).join(" ")
    )
  })

  it("DISK-02 that becomes read-only, and writable again", async () => {
    disk = mounted("2m")
    server = await start(disk.path)
    const session = await server.session()
    await server.turn(session, "#say before")
    await server.stop()
    disk.readOnly(true)
    server = await start(disk.path)
    assert.deepStrictEqual(await ready(server), notReady)
    await refused(await server.prompt(session, "x"))
    assert.deepStrictEqual(await status(server), running)
    disk.readOnly(false)
    assert.deepStrictEqual(await ready(server), isReady)
    assert.strictEqual(outcome(await server.turn(session, "#say after")), "completed")
  })
})

describe("a directory that cannot be used", () => {
  it("DISK-02 a file in its place, or above it: the chat is off, the buttons work", async () => {
    const home = mkdtempSync(join(tmpdir(), "breakglass-file-"))
    const file = join(home, "state")
    writeFileSync(file, "no directory")
    for (const directory of [file, join(file, "below")]) {
      const server = await start(directory)
      assert.deepStrictEqual(await ready(server), notReady)
      await refused(await server.post("/api/session"))
      assert.deepStrictEqual(await status(server), running)
      assert.match(
        server.stdout(),
        /The journal cannot be opened \(a file stands .* \((ENOTDIR|EEXIST)\)\): the chat is off/
      )
      rmSync(file)
      if (directory === file) mkdirSync(file)
      assert.deepStrictEqual(await ready(server), isReady)
      assert.strictEqual(outcome(await server.turn(await server.session(), "hello")), "completed")
      await discard(server)
      rmSync(file, { recursive: true })
      writeFileSync(file, "no directory")
    }
    rmSync(home, { recursive: true })
  })

  it("DISK-02 that is missing is made, for its owner alone", async () => {
    const home = mkdtempSync(join(tmpdir(), "breakglass-none-"))
    const server = await start(join(home, "a/b/c"))
    assert.deepStrictEqual(await ready(server), isReady)
    assert.strictEqual(statSync(join(home, "a/b/c")).mode & 0o777, 0o700)
    await discard(server)
    rmSync(home, { recursive: true })
  })
})
