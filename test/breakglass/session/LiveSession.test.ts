/** What outsiders send into the log, and what they get out of the server when it fails. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { discard, root, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"
import { seeded } from "../../support/text/seeded.ts"
import { raw } from "../../support/http/raw.ts"
import { endpoints } from "../../support/http/requests.ts"

const edge = "an-edge-secret-that-is-long-enough-for-any-bind"
const own = `zq"}\u001b[2J'{"level":"INFO","message":"forged"}`
/** A header's bytes. */
const line = own.replaceAll("\u001b", "\u009b")
/** A host that answers what would end a line, a string or a screen. */
const { bin, env } = programs({ ssh: `printf '%s\\n\\r%s' '${own.replaceAll("'", "")}' '"}' >&2; exit 255` })
const away = mkdtempSync(join(tmpdir(), "breakglass-log-"))

describe("LOG-02 the server's own log", () => {
  it("is a line of JSON for each record, whatever it was sent, told or set", async () => {
    writeFileSync(join(away, "state"), "no directory")
    const server = await startServer({
      env: {
        ...env,
        BREAKGLASS_EDGE_SECRET: edge,
        BREAKGLASS_CLAUDE: `/nowhere/${own}`,
        BREAKGLASS_SESSIONS_DIR: join(away, "state")
      }
    })
    const anna = [`X-Breakglass-Edge: ${edge}`, "X-Authentik-Username: anna"]
    for (const headers of [
      [`User-Agent: ${line}`, ...anna],
      [`X-Breakglass-Edge: ${edge}`, `X-Authentik-Username: ${line}`],
      [`X-Breakglass-Edge: ${edge}`, "X-Authentik-Username: \u00e9\u009b"],
      [`Authorization: Bearer ${line}`, `Referer: ${line}`, `X-Request-Id: ${line}`, `Last-Event-ID: ${line}`]
    ]) {
      for (const at of [
        "GET /api/session",
        "GET /api/pve/stream?poll=1",
        "GET /api/session/%0a%1b%22/stream?poll=1",
        "GET /%0a%1b[2J%22%7d",
        "POST /api/pve/%0astatus"
      ]) {
        await raw(server.url, { line: at, headers })
      }
    }
    const session = "00000000-0000-4000-8000-000000000000"
    for (const text of [own, `${own}\n${own}\r\n\u2028`, "\u0000", "\ud800"]) {
      await server.prompt(session, text, { model: text, prompt_id: text })
      await server.post("/api/pve/ops", { verb: text, op_id: text, confirm: text })
    }
    await server.post("/api/pve/status")
    await server.request("/api/doctor")
    assert.strictEqual(await server.stop(), 0)
    const lines = server.stdout().split("\n")
    assert.strictEqual(lines.pop(), "")
    for (const record of lines) {
      const read = JSON.parse(record) as Record<string, unknown>
      assert.includeMembers(Object.keys(read), ["level", "message", "timestamp"])
      assert.notStrictEqual(read["message"], "forged")
      // eslint-disable-next-line no-control-regex
      assert.notMatch(record, /[\u0000-\u001f]/)
    }
    // What was set is in it, so the hostile words have been through.
    assert.isTrue(
      lines.some((record) => record.includes("was found") && record.includes("zq")),
      lines.join("\n")
    )
    assert.strictEqual(server.stderr(), "")
    await discard(server)
  })
})

describe("LOG-05 an error", { timeout: 60_000 }, () => {
  let servers: ReadonlyArray<Server>
  beforeAll(async () => {
    writeFileSync(join(away, "file"), "no directory")
    servers = [
      await startServer({ env: { BREAKGLASS_PVE_HOST: "192.0.2.1", BREAKGLASS_EDGE_SECRET: edge } }),
      // Nothing that it needs is there.
      await startServer({
        env: {
          ...env,
          BREAKGLASS_EDGE_SECRET: edge,
          BREAKGLASS_SESSIONS_DIR: join(away, "file"),
          BREAKGLASS_CLAUDE: "zq-none",
          BREAKGLASS_DEVVM_HOST: "192.0.2.2"
        }
      })
    ]
  })
  afterAll(async () => {
    for (const server of servers) await discard(server)
    for (const path of [bin, away]) rmSync(path, { recursive: true })
  })

  const id = "00000000-0000-4000-8000-000000000000"
  const spellings = [
    id,
    "x",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%c3%28",
    "-oProxyCommand=id",
    "status",
    "a".repeat(2000),
    "%"
  ]
  const values: ReadonlyArray<unknown> = [
    null,
    1,
    "",
    "x",
    "--settings",
    "\u0000",
    "\ud800",
    id,
    [],
    {},
    "status",
    "../x",
    own
  ]
  const fields = ["prompt", "model", "prompt_id", "verb", "op_id", "confirm", "token"]
  const headers = [
    "Content-Type: application/json",
    "Content-Type: text/plain",
    "Content-Type: multipart/form-data",
    "Content-Encoding: gzip",
    "Origin: https://evil.example",
    "Last-Event-ID: -1",
    "Range: bytes=9-1",
    "X-HTTP-Method-Override: DELETE",
    "Accept: text/html",
    "Sec-Fetch-Site: cross-site",
    `X-Breakglass-Edge: ${edge}`,
    "X-Authentik-Username: anna",
    `Authorization: Bearer ${token}`,
    "Authorization: Bearer wrong",
    "Cookie: breakglass=1.x"
  ]

  it("holds no path, argv, environment or stack, whatever was asked", async () => {
    const random = seeded("LOG-05")
    const one = <A>(of: ReadonlyArray<A>): A => of[Math.floor(random() * of.length)] as A
    const some = <A>(of: ReadonlyArray<A>, share: number) => of.filter(() => random() < share)
    const seen = new Set<number>()
    const body = () => {
      const value = JSON.stringify(Object.fromEntries(some(fields, 0.7).map((name) => [name, one(values)])))
      return random() < 0.2 ? value.slice(0, -2) : value
    }
    for (let round = 0; round < 1500; round++) {
      const server = one(servers)
      const { method, path } = one(endpoints)
      const target = path.replaceAll(/:\w+/g, () => one(spellings))
      const asked = random() < 0.1 ? one(["PUT", "DELETE", "OPTIONS", "TRACE"]) : method
      const bearer = random() < 0.7 ? [`Authorization: Bearer ${token}`, "Content-Type: application/json"] : []
      // Verbs that are sent, and the doctor, wait for a host that is not there.
      if (["/api/doctor", "/api/pve/screen"].includes(path) || target === "/api/pve/status") continue
      const sent = method === "POST" && random() < 0.9 ? body().replaceAll('"verb":"status"', '"verb":"x"') : ""
      const line = `${asked} ${target}${path.endsWith("/stream") ? "?poll=1" : ""}`
      const answer = await raw(server.url, { line, headers: [...bearer, ...some(headers, 0.08)], body: sent })
      seen.add(answer.status)
      if (answer.status < 400) continue
      const about = `${line}\n${sent}\n${answer.body}`
      if (path !== "/ready" && answer.body !== "") {
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", about)
        const problem = JSON.parse(answer.body) as Record<string, unknown>
        assert.includeMembers(Object.keys(problem), ["title", "status", "detail"], about)
      }
      assert.notStrictEqual(answer.status, 500, about)
      for (const word of [root, away, server.home, tmpdir(), bin, "node_modules", token, edge, "file:", "/etc/"]) {
        assert.notInclude(answer.body, word, about)
      }
      assert.notMatch(
        answer.body,
        /\bat \S+ \(|\bat async |Error:|\.ts:\d|BatchMode|--session-id|SQLITE|ENO|HOME=|PATH=/,
        about
      )
    }
    for (const status of [400, 401, 403, 404, 405, 415, 503]) {
      assert.isTrue(seen.has(status), String(status))
    }
  })
})
