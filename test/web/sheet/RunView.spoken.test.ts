/** What a screen reader is told of the operations: each by its name, a bad end at once, and never the seconds. */
import { assert, describe, it } from "@effect/vitest"
import type { ServerResponse } from "node:http"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import type { Operation } from "../../../src/contract/Power.ts"
import { operation } from "../../support/power/runs.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, say } from "../../support/browser/Phone.ts"
import { type Proxy, startProxy } from "../../support/browser/Proxy.ts"

const named = (op_id: string, change: Partial<Operation>): Operation =>
  operation({ op_id, started_at: new Date().toISOString(), ...change })
/** `0:42`, and not the `02:42` of a clock. */
const seconds = /(?<!\d)\d:\d\d/
const failed = { ended_at: new Date().toISOString(), phase: "done", outcome: "failed" } as const

describe("told to who does not see the page", () => {
  let demo: Server
  let browser: Browser
  let proxy: Proxy
  beforeAll(async () => {
    demo = await startServer({ entry: "demo" })
    browser = await launch()
    proxy = await startProxy(demo.url)
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(demo)
  })

  it(
    "names each operation, says a bad end at once when it was waited for, and no seconds",
    {
      timeout: 60_000
    },
    async () => {
      const { context, open } = await makePhone(browser, proxy.url)
      let stream: ServerResponse | undefined
      let id = 0
      const tell = (op: Operation) => {
        stream?.write(`id: ${id}\ndata: ${JSON.stringify({ kind: "operation", op, id, at: op.started_at })}\n\n`)
        id++
      }
      const former = new Date(Date.now() - 3_600_000).toISOString()
      proxy.rule = ({ url }, answer) => {
        if (url?.startsWith("/api/pve/ops") === true) answer.destroy()
        if (url?.startsWith("/api/pve/stream") !== true) return answer.destroyed
        stream = answer.writeHead(200, { "content-type": "text/event-stream" })
        tell(named("1", { ...failed, verb: "reset", started_at: former, ended_at: former }))
        stream.write("event: caught-up\ndata: {}\n\n")
        return true
      }
      const page = await open()
      await say(page, "the VM is slow")
      await button(page, "VM controls").click()
      const run = (name: RegExp) => page.getByRole("region", { name })
      await run(/^Reset, \d\d:\d\d$/)
        .getByText("Reset: failed")
        .waitFor()
      assert.strictEqual(await page.getByRole("alert").count(), 0, "of old")
      tell(named("2", {}))
      await run(/^Power cycle, \d\d:\d\d$/)
        .getByText("Power cycle: running")
        .waitFor()
      const running = run(/^Power cycle/)
      assert.include(await running.ariaSnapshot(), "Power cycle: running")
      assert.notMatch(await running.ariaSnapshot(), seconds)
      // A look meanwhile does not put it out of sight.
      tell(named("look", { verb: "status", ended_at: new Date().toISOString(), phase: "done", outcome: "ok" }))
      await page.locator(".run", { hasText: "Check: done" }).waitFor({ state: "attached" })
      tell(named("2", { ...failed, ended_at: new Date(Date.now() + 1000).toISOString() }))
      await page.getByRole("alert").getByText("Power cycle: failed").waitFor()
      await page.locator("summary", { hasText: "Other operations" }).click()
      await run(/^Reset/).waitFor()
      assert.strictEqual(await page.getByRole("alert").count(), 1)
      tell(named("3", { verb: "stop" }))
      await run(/^Power off/).waitFor()
      await button(page, "Close").click()
      const item = page.locator(".item.operation", { hasText: "Cut power and leave it off" })
      await item.getByText("Started").waitFor()
      assert.notMatch(await item.ariaSnapshot(), seconds)
      await context.close()
    }
  )
})
