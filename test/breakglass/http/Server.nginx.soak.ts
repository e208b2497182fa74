/** Behind a real nginx as it comes: it buffers answers, speaks HTTP/1.0 to us, and closes what is silent for long. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import {
  discard,
  type Entry,
  eventOf,
  named,
  ofKind,
  openReader,
  type Server,
  startServer,
  token
} from "../../support/server/BreakglassServer.ts"
import { outcome, said } from "../../support/session/events.ts"
import { upTo } from "../../support/journal/journals.ts"
import { freePort } from "../../host/support/sshd.ts"

const nginx = async (target: string, more = "") => {
  const directory = mkdtempSync(join(tmpdir(), "breakglass-nginx-"))
  const port = await freePort()
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${directory};`)
  writeFileSync(
    join(directory, "nginx.conf"),
    `daemon off; master_process off; pid ${directory}/pid; error_log /dev/null;
     events {}
     http { access_log off; ${temporary.join(" ")}
       server { listen 127.0.0.1:${port}; location / { proxy_pass ${target}; ${more} } } }`
  )
  const child = spawn("nginx", ["-e", "stderr", "-p", directory, "-c", join(directory, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false
    ))
  )
    continue
  return {
    attach: async (session: string, after?: number) => {
      const query = after === undefined ? "" : `?after=${after}`
      const headers = { authorization: `Bearer ${token}` }
      return openReader(await fetch(`${url}/api/session/${session}/stream${query}`, { headers }))
    },
    close: async () => {
      const gone = new Promise((settle) => child.once("exit", settle))
      child.kill()
      await gone
      rmSync(directory, { recursive: true })
    }
  }
}

const words = upTo(8).map((at) => `word ${at}`)
const spoken = (ms: number) => words.map((word) => `#say ${word}\n#wait ${ms}`).join("\n")

describe("behind nginx", () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => discard(server))

  it("SSE-06 as it comes, events are less than a second late; told to ignore our headers, it holds them back", async () => {
    const [asItComes, deaf] = [
      await nginx(server.url),
      await nginx(server.url, "proxy_ignore_headers X-Accel-Buffering;")
    ]
    const session = await server.session()
    const reader = await asItComes.attach(session)
    await reader.until(named("caught-up"))
    const held = deaf.attach(session)
    const late: Array<number> = []
    const ended = reader.until((frame) => {
      const event = eventOf(frame)
      if (event !== undefined) late.push(Date.now() - Date.parse(event.at))
      return event?.kind === "turn_end"
    })
    await server.prompt(session, spoken(300))
    await ended
    console.info(`SSE-06: ${late.length} events, at most ${Math.max(...late)} ms late`)
    assert.deepStrictEqual(said(reader.events()), words)
    assert.isBelow(Math.max(...late), 1000)
    assert.strictEqual(await Promise.race([held, "nothing yet"]), "nothing yet")
    for (const proxy of [asItComes, deaf]) await proxy.close()
    await held.catch(() => {})
    await reader.ended
  })

  it("SSE-06 that closes what is silent for a second, a reader that comes back misses nothing", async () => {
    const impatient = await nginx(server.url, "proxy_read_timeout 1s;")
    const session = await server.session()
    await server.prompt(session, spoken(1500))
    const events: Array<Entry> = []
    let connections = 0
    while (events.at(-1)?.kind !== "turn_end") {
      const reader = await impatient.attach(session, events.at(-1)?.id)
      connections += 1
      await Promise.race([reader.ended, reader.until(ofKind("turn_end")).catch(() => {})])
      await reader.close()
      events.push(...reader.events())
    }
    console.info(`SSE-06: ${events.length} events over ${connections} connections`)
    assert.strictEqual(outcome(events), "completed")
    assert.deepStrictEqual(said(events), words)
    assert.deepStrictEqual(
      events.map(({ id }) => id),
      [...upTo(events.length)]
    )
    assert.isAbove(connections, 4)
    await impatient.close()
  })
})
