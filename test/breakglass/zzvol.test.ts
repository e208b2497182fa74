import { it } from "@effect/vitest"
import { discard, ofKind, startServer, eventOf } from "/work/main/test/support/BreakglassServer.ts"
import { deaf } from "/work/main/test/support/clients.ts"
import { gauge, gauged } from "/work/main/test/support/gauge.ts"
import { upTo } from "/work/main/test/support/journals.ts"
import { resident } from "/work/main/test/support/processes.ts"
for (const [n, bytes] of [[10000, 4000], [2500, 16000], [40, 1000000]] as const)
it(`v ${n} ${bytes}`, async () => {
  const server = await startServer({ env: { ...gauged, ...(process.env["NO"] ? { NODE_OPTIONS: `${gauged.NODE_OPTIONS} ${process.env["NO"]}` } : {}) } })
  const pid = server.process.pid ?? 0
  console.log("start", resident(pid) / 1e6)
  const warm = await server.session()
  const r0 = await server.attach(warm)
  await server.turn(warm, `#fault burst ${n} ${bytes}`)
  await r0.close()
  console.log("warm", resident(pid) / 1e6, (await gauge(server)).heap / 1e6, resident(pid) / 1e6)
  const base = resident(pid)
  const s = await server.session()
  const deafs = []
  for (const _ of upTo(20)) deafs.push(await deaf(server, s))
  const healthy = await server.attach(s)
  let peak = 0
  const timer = setInterval(() => { peak = Math.max(peak, resident(pid)) }, 20)
  const t = performance.now()
  await server.prompt(s, `#fault burst ${n} ${bytes}`)
  await healthy.until(ofKind("turn_end"))
  clearInterval(timer)
  console.log("took", performance.now() - t, "growth peak", (peak - base) / 1e6, "end", (resident(pid) - base) / 1e6, "events", healthy.events().length, (await gauge(server)).heap / 1e6, (resident(pid) - base) / 1e6)
  for (const d of deafs) d.destroy()
  await healthy.close()
  await discard(server)
}, 120_000)
