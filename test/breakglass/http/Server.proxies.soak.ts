/** Behind a real nginx and a real HAProxy that keep connections for the next request, idle for about as long as Node's own 5 s. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { freePort } from "../../host/support/sshd.ts"
import { discard, startServer, token } from "../../support/server/BreakglassServer.ts"
import { upTo } from "../../support/journal/journals.ts"
import { setTimeout as delay } from "node:timers/promises"

const configs = {
  nginx: (port: number, to: string, at: string) =>
    `daemon off; master_process off; pid ${at}/pid; error_log /dev/null; events { worker_connections 1000; }
     http { access_log off; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${at};`).join(" ")}
       upstream us { server ${to}; keepalive 100; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://us; proxy_http_version 1.1;
         proxy_set_header Connection ""; } } }`,
  haproxy: (port: number, to: string) =>
    `defaults
       mode http
       timeout client 90s
       timeout server 90s
       timeout connect 5s
       http-reuse always
     frontend f
       bind 127.0.0.1:${port}
       default_backend b
     backend b
       server us ${to} pool-purge-delay 60s\n`
} as const
const argv = {
  nginx: (at: string) => ["-e", "stderr", "-p", at, "-c", join(at, "conf")],
  haproxy: (at: string) => ["-db", "-f", join(at, "conf")]
}

describe("behind a proxy with a pool", { timeout: 300_000 }, () => {
  for (const name of ["nginx", "haproxy"] as const) {
    it(`${name} answers no request with 502 because a connection was idle for five seconds`, async () => {
      const server = await startServer()
      const at = mkdtempSync(join(tmpdir(), "breakglass-pool-"))
      const port = await freePort()
      writeFileSync(join(at, "conf"), configs[name](port, new URL(server.url).host, at))
      const proxy = spawn(name, argv[name](at), { stdio: ["ignore", "ignore", "inherit"] })
      onTestFinished(async () => {
        const gone = new Promise((settle) => proxy.once("exit", settle))
        proxy.kill()
        await gone
        rmSync(at, { recursive: true })
        await discard(server)
      })
      // Changes nothing and starts nothing, but a proxy cannot know, and sends it once.
      const ask = () =>
        fetch(`http://127.0.0.1:${port}/api/pve/nothing`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}` }
        }).then(
          async (answer) => {
            await answer.text()
            return answer.status
          },
          () => 0
        )
      while ((await ask()) === 0) continue
      const seen = new Map<number, number>()
      // All at once, so that the pool has a connection for each; then each when one has been idle for about 5 s or 6 s: Node
      // waits for a second more than it says.
      for (const round of upTo(8)) {
        const idle = round % 2 === 0 ? 5980 : 4980
        const statuses = await Promise.all(upTo(40).map((at) => delay(idle + at).then(ask)))
        for (const status of statuses) seen.set(status, (seen.get(status) ?? 0) + 1)
      }
      console.info(`${name}: ${JSON.stringify([...seen])}`)
      assert.deepStrictEqual([...seen], [[400, 320]])
    })
  }
})
