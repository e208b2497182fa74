/** Whatever stands where the journal should: the chat is off and says why, the doctor says what to do, the buttons work. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { hash, randomUUID } from "node:crypto"
import { once } from "node:events"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll } from "vitest"
import type { Check, Info } from "../../../src/contract/breakglass/Api.ts"
import type { Operation } from "../../../src/contract/Power.ts"
import { discard, root, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { outcome } from "../../support/session/events.ts"
import { programs } from "../../support/server/processes.ts"
import { ssh } from "../../support/journal/sick.ts"

const { bin, env } = programs({ ssh })
afterAll(() => Fs.rmSync(bin, { recursive: true }))

const v1 = Fs.readFileSync(join(root, "test/fixtures/journal/v1.sql"), "utf8")
const version9 = `${v1};INSERT INTO meta VALUES ('version', '9');PRAGMA user_version = 9`

const written = (file: string, sql: string): DatabaseSync => {
  const db = new DatabaseSync(file)
  db.exec(sql)
  return db
}

/** As an idle `sqlite3 journal.db` does. */
const reads = `const { DatabaseSync } = require("node:sqlite")
const db = new DatabaseSync(process.argv[1])
db.prepare("SELECT * FROM session").all()
console.log("open")
setInterval(() => db.isOpen, 1000)`

interface Case {
  readonly what: string
  /** Puts it there; gives what takes it away again. */
  readonly lay: (file: string) => (() => unknown) | Promise<() => unknown>
  readonly reason: RegExp
  readonly fix: RegExp
}

/** Root, but with no more rights on a file than its mode gives. */
const under = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
const room = /^Free the disk of the sessions directory, or make it writable\./
const removes = (file: string) => () => Fs.rmSync(file, { recursive: true })

const cases: ReadonlyArray<Case> = [
  {
    what: "the journal of a newer server",
    lay: (file) => {
      written(file, version9).close()
      return () => Fs.renameSync(file, `${file}.newer`)
    },
    reason: /the journal was written by a newer server \(version 9, this one knows \d+\)/,
    fix: /^Start the newer version again, or name another directory in BREAKGLASS_SESSIONS_DIR\./
  },
  {
    what: "a directory",
    lay: (file) => {
      Fs.mkdirSync(file)
      return removes(file)
    },
    reason: /journal\.db is no regular file/,
    fix: /^Move it away\./
  },
  {
    what: "a FIFO that nobody writes",
    lay: (file) => {
      execFileSync("mkfifo", [file])
      return removes(file)
    },
    reason: /journal\.db is no regular file/,
    fix: /^Move it away\./
  },
  {
    what: "a file of another user",
    lay: (file) => {
      written(file, v1).close()
      Fs.chmodSync(file, 0o600)
      Fs.chownSync(file, 65_534, 65_534)
      return () => Fs.chownSync(file, 0, 0)
    },
    reason: /this user may not \(EACCES\)/,
    fix: room
  },
  {
    what: "a file that may only be read",
    lay: (file) => {
      written(file, `PRAGMA journal_mode = WAL;${v1}`).close()
      Fs.chmodSync(file, 0o400)
      return () => Fs.chmodSync(file, 0o600)
    },
    reason: /this user may not \(EACCES\)/,
    fix: room
  },
  {
    what: "a file whose disk gives errors",
    lay: (file) => {
      Fs.symlinkSync("/proc/self/mem", file)
      return removes(file)
    },
    reason: /EIO|disk I\/O error/,
    fix: room
  },
  {
    what: "a journal that another program has open",
    lay: async (file) => {
      written(file, `PRAGMA journal_mode = WAL;${v1}`).close()
      // Another process: this one loses its locks with each of its own looks at the file.
      const reader = spawn(process.execPath, ["-e", reads, file], { stdio: ["ignore", "pipe", "ignore"] })
      await once(reader.stdout, "data")
      return () => Promise.all([once(reader, "exit"), reader.kill()])
    },
    reason: /another program has the journal open/,
    fix: /^Close that program/
  }
]

const json = async <A>(server: Server, path: string) => (await (await server.request(path)).json()) as A
const chatOff = async (server: Server) => (await json<Info>(server, "/api/info")).chat_off

/** What the journal's files hold, by their names. */
const contents = (directory: string) =>
  Fs.readdirSync(directory)
    .filter((name) => /^journal\.db(-wal)?$/.test(name) && Fs.statSync(join(directory, name)).isFile())
    .map((name) => [name, hash("sha256", Fs.readFileSync(join(directory, name)))])
    .filter(([, sum]) => sum !== hash("sha256", ""))

const operated = async (server: Server, verb: string) => {
  const op_id = randomUUID()
  const target = (await json<Info>(server, "/api/info")).target
  const sent = await server.post("/api/pve/ops", { verb, op_id, confirm: target })
  assert.strictEqual(sent.status, 202)
  for (;;) {
    const operation = await json<Operation>(server, `/api/pve/ops/${op_id}`)
    if (operation.ended_at !== null) return operation.outcome
  }
}

describe.skipIf(process.getuid?.() !== 0)("where the journal should be stands", { timeout: 60_000 }, () => {
  for (const { what, lay, reason, fix } of cases) {
    it(`${what}: the server starts, says why the chat is off, and every button works`, async () => {
      const home = Fs.mkdtempSync(join(tmpdir(), "breakglass-any-"))
      Fs.mkdirSync(join(home, "state"))
      const file = join(home, "state/journal.db")
      const takeAway = await lay(file)
      const mem = Fs.lstatSync(file).isSymbolicLink()
      const before = mem ? [] : contents(join(home, "state"))
      const server = await startServer({ home, env, under })
      assert.strictEqual((await fetch(`${server.url}/health`)).status, 200)
      assert.strictEqual((await fetch(`${server.url}/ready`)).status, 503)
      assert.match(String(await chatOff(server)), reason)
      const { checks } = await json<{ checks: ReadonlyArray<Check> }>(server, "/api/doctor")
      const leg = checks.find(({ name }) => name === "journal")
      assert.isFalse(leg?.ok)
      assert.match(leg?.detail ?? "", reason)
      assert.match(leg?.fix ?? "", fix)
      const refused = (await (await server.post("/api/session")).json()) as { status: number; detail: string }
      assert.strictEqual(refused.status, 503)
      assert.match(refused.detail, reason)
      for (const verb of ["status", "forensics", "cycle", "reset", "stop", "start"]) {
        assert.notInclude(["unknown", "unreachable", null], await operated(server, verb), verb)
      }
      assert.isAtLeast(
        (await json<{ operations: ReadonlyArray<unknown> }>(server, "/api/pve/ops")).operations.length,
        6
      )
      assert.include(server.stdout(), "the VM controls are not")
      if (!mem) assert.deepStrictEqual(contents(join(home, "state")), before)

      await takeAway()
      assert.strictEqual((await fetch(`${server.url}/ready`)).status, 200, "without a restart")
      assert.isNull(await chatOff(server))
      assert.strictEqual(outcome(await server.turn(await server.session(), "#say hello")), "completed")
      await discard(server)
    })
  }
})
