/** How the server goes down, and what it refuses to come up over. `kill -9`: main.kill.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  discard,
  dist,
  named,
  ofKind,
  openReader,
  type Reader,
  type Server,
  startServer
} from "../support/server/BreakglassServer.ts"
import { outcome, why } from "../support/session/events.ts"
import { alive, eventually, having, marked, markerOf, portsOf, programs } from "../support/server/processes.ts"

/** The session's log as the next life shows it. */
const afterwards = async (home: string, session: string) => {
  const next = await startServer({ home })
  const reader = await next.attach(session)
  await reader.until(named("caught-up"))
  await reader.close()
  const events = reader.events()
  assert.strictEqual(outcome(await next.turn(session, "#say usable")), "completed")
  await discard(next)
  return events
}
const running = async (server: Server, prompt = "#bash sleep 300") => {
  const session = await server.session()
  await server.prompt(session, `#say begun\n${prompt}`)
  const reader = await server.attach(session)
  await reader.until(ofKind("text"))
  return { session, reader, ...(await markerOf(session)) }
}
const refused = (options: Parameters<typeof startServer>[0]) =>
  startServer(options).then(
    async (server) => {
      await discard(server)
      return "started"
    },
    (error: unknown) => String(error)
  )

describe("LIFE-03: SIGTERM", () => {
  it("with 100 readers, a running turn and a running operation: all are told, all is ended, exit 0 in 10 s", async () => {
    const { bin, env } = programs({
      ssh: 'echo $$ > "$HOME/ssh.new"; mv "$HOME/ssh.new" "$HOME/ssh.pid"; echo begun; exec sleep 999'
    })
    const server = await startServer({ env })
    const { session, marker } = await running(server, "#fault double-fork\n#bash sleep 300")
    const quiet = await Promise.all(Array.from({ length: 3 }, () => server.session()))
    const readers: Array<Reader> = await Promise.all(
      [session, ...quiet].flatMap((id) => Array.from({ length: 24 }, () => server.attach(id)))
    )
    const power = Array.from({ length: 4 }, async () => openReader(await server.request("/api/pve/stream")))
    readers.push(...(await Promise.all(power)))
    assert.strictEqual(readers.length, 100)
    await Promise.all(readers.map((reader) => reader.until(named("caught-up"))))
    const confirm = { verb: "cycle", op_id: randomUUID(), confirm: "devvm" }
    assert.strictEqual((await server.post("/api/pve/ops", confirm)).status, 202)
    await eventually(() => existsSync(join(server.home, "ssh.pid")))
    const ssh = Number(readFileSync(join(server.home, "ssh.pid"), "utf8"))
    assert.isTrue(alive(ssh))

    const asked = performance.now()
    assert.strictEqual(await server.stop(), 0)
    assert.isBelow(performance.now() - asked, 10_000)
    await Promise.all(readers.map((reader) => reader.ended))
    for (const reader of readers) assert.include(reader.text(), "retry: 1000\nevent: bye\ndata: {}\n\n")
    assert.deepStrictEqual(having(marker), [])
    await eventually(() => !alive(ssh))
    const events = await afterwards(server.home, session)
    assert.strictEqual(outcome(events), "interrupted")
    assert.match(why(events), /^The server was stopped while this turn ran/)
    rmSync(bin, { recursive: true })
  })

  it("with four turns whose CLIs do not answer: exit 0 in 10 s, and each log has its end", async () => {
    const server = await startServer({ env: { BREAKGLASS_MAX_CONCURRENT_TURNS: "4" } })
    const turns = await Promise.all(
      Array.from({ length: 4 }, () => running(server, "#fault ignore-interrupt\n#fault silent 300"))
    )
    const asked = performance.now()
    assert.strictEqual(await server.stop(), 0)
    assert.isBelow(performance.now() - asked, 10_000)
    assert.deepStrictEqual(marked(server.home), [])
    const next = await startServer({ home: server.home })
    for (const { session } of turns) {
      const reader = await next.attach(session)
      await reader.until(named("caught-up"))
      await reader.close()
      assert.strictEqual(outcome(reader.events()), "interrupted")
    }
    await discard(next)
  })
})

describe("LIFE-04: signals", () => {
  for (const signals of [["SIGTERM", "SIGTERM"], ["SIGINT"], ["SIGINT", "SIGINT", "SIGTERM"], ["SIGHUP"]] as const) {
    it(`${signals.join(", ")}: the running turn is ended in the log, nothing is left of it, exit 0`, async () => {
      const server = await startServer()
      const { session, marker, reader } = await running(server)
      for (const signal of signals) server.process.kill(signal)
      assert.strictEqual(await server.exited, 0)
      await reader.ended
      assert.include(reader.text(), "event: bye")
      assert.deepStrictEqual(having(marker), [])
      assert.strictEqual(outcome(await afterwards(server.home, session)), "interrupted")
    })
  }

  it("stdout and stderr closed by the supervisor, with nothing to log: it works and ends as it should", async () => {
    const server = await startServer()
    server.process.stdout?.destroy()
    server.process.stderr?.destroy()
    const session = await server.session()
    assert.strictEqual((await server.post("/api/pve/status")).status, 502)
    assert.strictEqual(outcome(await server.turn(session, "#fault exit-before-init")), "failed")
    const { reader, marker } = await running(server)
    assert.strictEqual(await server.stop(), 0)
    await reader.ended
    assert.deepStrictEqual(having(marker), [])
    await afterwards(server.home, session)
  })

  it("stdout and stderr closed before it has said a word: it comes up all the same", async () => {
    const home = mkdtempSync(join(tmpdir(), "breakglass-test-"))
    const child = spawn(process.execPath, [dist("server/main.cjs")], {
      env: { HOME: home, PATH: "/usr/bin:/bin", PORT: "0", BREAKGLASS_SESSIONS_DIR: join(home, "state") },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const exited = new Promise((settle) => child.on("exit", (code, signal) => settle(signal ?? code)))
    child.stdout.destroy()
    child.stderr.destroy()
    await eventually(() => child.exitCode !== null || portsOf(child.pid ?? 0).length > 0)
    const [port] = portsOf(child.pid ?? 0)
    assert.isTrue((await fetch(`http://127.0.0.1:${port}/health`)).ok)
    child.kill("SIGTERM")
    assert.strictEqual(await exited, 0)
    rmSync(home, { recursive: true })
  })
})

describe("LIFE-05: a second server on the same directory", () => {
  it("refuses with one line, and the first one's turn goes on", async () => {
    const server = await startServer()
    const { session, reader, marker } = await running(server)
    assert.match(
      await refused({ home: server.home }),
      /\(1\): breakglass did not start: another breakglass server is using this directory\..*\n$/
    )
    assert.isNotEmpty(having(marker))
    const row = (await (await server.request(`/api/session/${session}`)).json()) as Record<string, unknown>
    assert.strictEqual(row["turn_active"], true)
    await server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    await reader.close()
    assert.strictEqual(outcome(reader.events()), "cancelled")
    await discard(server)
  })
})

describe("LIFE-06: an address it cannot have", () => {
  it("refuses with one line when the port is taken, and leaves its owner alone", async () => {
    const server = await startServer()
    const { port } = new URL(server.url)
    assert.match(
      await refused({ env: { PORT: port } }),
      new RegExp(
        `\\(1\\): breakglass did not start: PORT is ${port}, which node \\(pid ${server.process.pid}\\) has at ::1; expected .+\\.\n$`
      )
    )
    assert.strictEqual(outcome(await server.turn(await server.session(), "#say here")), "completed")
    await discard(server)
  })

  it("refuses with one line when the address is not this machine's", async () => {
    assert.match(await refused({ env: { HOST: "192.0.2.1" } }), /\(1\): breakglass did not start: it cannot listen/)
  })
})
