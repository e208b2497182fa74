import { assert, describe, it } from "@effect/vitest"
import { readdirSync, rmSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"
import { discard, dist, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { assertHeaders } from "../../support/http/headers.ts"
import { programs } from "../../support/server/processes.ts"
import { raw } from "../../support/http/raw.ts"

/** A host whose VM shows one black point. */
const ssh = `
for word; do :; done
set -- $word
[ "$1" != screen ] || echo "breakglass-screen op=$2 format=ppm encoding=base64 bytes=14"
[ "$1" != screen ] || printf 'P6\\n1 1\\n255\\n\\001\\002\\003' | base64
echo "breakglass-result op=$2 verb=$1 rc=0 vm=running secs=0"`
const { bin, env } = programs({ ssh })
const edge = "an-edge-secret-that-is-long-enough-for-any-bind"
const bearer = `Authorization: Bearer ${token}`
const asset = (end: string) => `/assets/${readdirSync(dist("web/assets")).find((name) => name.endsWith(end)) ?? ""}`
let server: Server
let session: string
beforeAll(async () => {
  server = await startServer({
    env: { ...env, BREAKGLASS_EDGE_SECRET: edge, BREAKGLASS_PUBLIC_ORIGIN: "http://breakglass.example" }
  })
  session = await server.session()
})
afterAll(async () => {
  await discard(server)
  rmSync(bin, { recursive: true })
})

const packs = { vary: "Accept-Encoding" }
const part = { "accept-ranges": "bytes", "cache-control": "no-cache" }
const file = { ...packs, ...part }
const hashed = { ...file, "cache-control": "public, max-age=31536000, immutable" }
const made = { ...packs, "content-type": "application/json" }
const events = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no"
}
const problem = { "content-type": "application/problem+json" }
const refusal = { ...packs, ...problem }

/** One of each class; `SESSION` is one that there is. */
const classes: ReadonlyArray<
  readonly [line: string, status: number, own: Readonly<Record<string, string>>, more?: ReadonlyArray<string>]
> = [
  ["GET /", 200, { ...file, "content-type": "text/html; charset=utf-8" }],
  ["HEAD /", 200, { ...file, "content-type": "text/html; charset=utf-8" }],
  ["GET /sw.js", 200, { ...file, "content-type": "text/javascript; charset=utf-8" }],
  ["GET /icon.svg", 200, { ...file, "content-type": "image/svg+xml; charset=utf-8" }],
  ["GET /manifest.webmanifest", 200, { ...file, "content-type": "application/manifest+json" }],
  [`GET ${asset(".js")}`, 200, { ...hashed, "content-type": "text/javascript; charset=utf-8" }],
  [`GET ${asset(".css")}`, 200, { ...hashed, "content-type": "text/css; charset=utf-8" }],
  ["GET /health", 200, made],
  ["GET /ready", 200, made],
  ["GET /api/info", 200, made, [bearer]],
  ["POST /api/session", 200, made, [bearer]],
  ["GET /openapi.json", 200, made, [bearer]],
  ["GET /metrics", 200, { ...packs, "content-type": "text/plain; version=0.0.4; charset=utf-8" }, [bearer]],
  ["GET /docs", 200, { ...packs, "content-type": "text/html; charset=utf-8" }, [bearer]],
  ["GET /api/session/SESSION/export", 200, { ...packs, "content-type": "text/markdown; charset=utf-8" }, [bearer]],
  ["GET /api/session/SESSION/stream?poll=1", 200, events, [bearer]],
  ["GET /api/pve/stream?poll=1", 200, events, [bearer]],
  [
    "GET /api/pve/screen",
    200,
    { "content-type": "image/png", "cache-control": "no-store", "content-disposition": "inline" },
    [bearer]
  ],
  [
    "GET /",
    206,
    { ...part, "content-type": "text/html; charset=utf-8", "content-range": "bytes 0-0/SIZE" },
    ["Range: bytes=0-0"]
  ],
  ["GET /", 304, { "cache-control": "no-cache" }, ["If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"]],
  ["POST /api/pve/zq", 400, refusal, [bearer]],
  ["GET http://evil.example/", 400, problem],
  ["GET /api/session", 401, refusal],
  ["GET /api/session", 421, refusal, ["Host: evil.example", "X-Breakglass-Edge: EDGE", "X-Authentik-Username: anna"]],
  [
    "GET /api/info",
    403,
    refusal,
    ["Host: breakglass.example", "X-Breakglass-Edge: EDGE", "X-Authentik-Username: anna", "Sec-Fetch-Site: same-site"]
  ],
  ["GET /nothing", 404, problem],
  ["GET /api/nothing", 404, problem, [bearer]],
  ["GET /api/session/x", 404, refusal, [bearer]],
  ["PUT /api/session", 405, { ...problem, allow: "GET, HEAD, POST" }, [bearer]],
  ["POST /api/login", 413, problem, ["Content-Length: 600000"]],
  ["POST /api/login", 415, problem, ["Content-Encoding: gzip"]],
  ["GET /", 416, { ...problem }, ["Range: bytes=9-1"]]
]

describe("HTTP-15 the headers of every class of answer", () => {
  for (const [line, status, own, more = []] of classes) {
    it(`are those of the table and no other: ${line}, ${status}`, async () => {
      const asked = more.map((header) => header.replace("EDGE", edge))
      const answer = await raw(server.url, { line: line.replace("SESSION", session), headers: asked })
      assert.strictEqual(answer.status, status, answer.body)
      const size = answer.headers.get("content-range")?.replace(/^.*\//, "") ?? ""
      const wanted = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, value.replace("SIZE", size)]))
      assertHeaders(answer.headers, wanted)
    })
  }
})
