/** Somebody, or NTP, sets the clock of the server's machine in the middle of everything. */
import { assert, describe, it } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Operation } from "../../src/contract/Power.ts"
import { discard, ofKind, root, type Server, startServer, token } from "../support/server/BreakglassServer.ts"
import { one, outcome, toEnd } from "../support/session/events.ts"
import { upTo } from "../support/journal/journals.ts"
import { eventually, programs } from "../support/server/processes.ts"

const hour = 3_600_000
const year = 365 * 24 * hour
/** By the wall's clock an old QEMU process would be younger than its cycle after a jump on, and a new one older after one back. */
const jumps = [
  ["10 years on", 10 * year, { uptime: 100_000, verified: false }],
  ["10 years back", -10 * year, { uptime: 0, verified: true }],
  ["an hour on", hour, { uptime: 2000, verified: false }],
  ["an hour back", -hour, { uptime: 0, verified: true }]
] as const

/** A host that carries a cycle out when it is told to go, and whose QEMU process is then as old as `$HOME/uptime` says. */
const ssh = `
last() { for word; do :; done; echo "$word"; }
set -- $(last "$@")
if [ "$1" = cycle ]; then
  echo "breakglass-phase op=$2 stopping"
  while [ ! -e "$HOME/go" ]; do sleep 0.02; done
else
  echo "breakglass-evidence op=$2 state=running pid=9 uptime=$(cat "$HOME/uptime")"
fi
echo "breakglass-result op=$2 verb=$1 rc=0 vm=running secs=1"`

describe("the clock is set", () => {
  let server: Server
  let cookie: string
  beforeAll(async () => {
    const NODE_OPTIONS = `--import ${join(root, "test/support/server/clock.mjs")}`
    const { env } = programs({ ssh })
    server = await startServer({ env: { ...env, NODE_OPTIONS, BREAKGLASS_SSE_KEEPALIVE_SECONDS: "1" } })
    cookie = await signIn()
  })
  afterAll(() => discard(server))

  const own = () => ({ origin: server.url, "content-type": "application/json" })
  const signIn = async () => {
    const body = JSON.stringify({ token })
    const answer = await fetch(`${server.url}/api/login`, { method: "POST", headers: own(), body })
    return answer.headers.get("set-cookie")?.split(";")[0] ?? ""
  }
  const signedIn = async (with_: string) =>
    (await fetch(`${server.url}/api/session`, { headers: { cookie: with_ } })).status
  const jump = async (by: number) => {
    writeFileSync(join(server.home, "jump"), String(by))
    const before = server.stderr().length
    server.process.kill("SIGUSR2")
    await eventually(() => server.stderr().slice(before).includes(`jumped ${by}\n`))
  }
  const operation = async (op_id: string) => (await (await server.request(`/api/pve/ops/${op_id}`)).json()) as Operation

  for (const [how, by, { uptime, verified }] of jumps) {
    it(`RES-01 ${how}: a turn and a cycle go on to a true end, and who is signed in stays so`, async () => {
      await jump(0)
      rmSync(join(server.home, "go"), { force: true })
      writeFileSync(join(server.home, "uptime"), String(uptime))
      const go = join(server.home, "go")
      const session = await server.session()
      await server.prompt(session, `#bash while [ ! -e ${go} ]; do sleep 0.02; done`)
      const reader = await server.attach(session)
      await reader.until(ofKind("tool"))
      const op_id = randomUUID()
      await server.post("/api/pve/ops", { verb: "cycle", op_id, confirm: "devvm" })
      for (let phase = ""; phase !== "stopping"; phase = (await operation(op_id)).phase) continue

      await jump(by)
      const heard = reader.text().length
      await eventually(() => reader.text().slice(heard).split(": keepalive").length > 2)
      assert.strictEqual((await operation(op_id)).ended_at, null)
      assert.isFalse(reader.frames.some(ofKind("turn_end")))
      assert.strictEqual(await signedIn(cookie), 200)
      assert.strictEqual(await signedIn(await signIn()), 200)

      writeFileSync(go, "")
      const events = await toEnd(reader)
      assert.strictEqual(outcome(events), "completed")
      const { duration_ms } = one(events, "tool_result")
      assert.isAtLeast(duration_ms, 0)
      assert.isBelow(duration_ms, 60_000)
      const after = await server.turn(session, "hello")
      assert.strictEqual(outcome(after), "completed")
      assert.deepStrictEqual(
        [...events, ...after].map(({ id }) => id),
        [...upTo(events.length + after.length)]
      )
      while ((await operation(op_id)).ended_at === null) continue
      assert.deepInclude(await operation(op_id), { outcome: "ok", verified })
    })
  }
})
