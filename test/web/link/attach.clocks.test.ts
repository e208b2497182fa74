/** The phone's clock and the server's are two: how old a thing is, is told by the server's. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { launch, makePhone } from "../../support/browser/Phone.ts"
import { type Proxy, type Rule, startProxy } from "../../support/browser/Proxy.ts"

const minutes = 60_000
const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** What was seen of the VM so long ago. */
const seen =
  (ago: number): Rule =>
  ({ url }, answer) => {
    if (url?.startsWith("/api/pve/stream") !== true) return false
    const observed_at = new Date(Date.now() - ago).toISOString()
    answer.writeHead(200, { "content-type": "text/event-stream" })
    answer.write(event("caught-up", {}) + event("status", { pattern: "healthy", text: "It is well.", observed_at }))
    return true
  }

describe("a phone whose clock is wrong", () => {
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
  const opened = async (ahead: number, ago: number) => {
    proxy.rule = seen(ago)
    const { context, open } = await makePhone(browser, proxy.url)
    await context.clock.install({ time: Date.now() + ahead })
    const page = await open()
    return { context, page, vm: page.locator(".cell.vm") }
  }

  for (const [how, ahead] of [
    ["right", 0],
    ["10 min behind", -10 * minutes],
    ["10 min ahead", 10 * minutes]
  ] as const) {
    it(`${how}: what was just seen is so, and what was seen 4 min ago is not`, { timeout: 60_000 }, async () => {
      const fresh = await opened(ahead, 0)
      await fresh.vm.getByText("Reachable", { exact: true }).waitFor()
      assert.match(await fresh.vm.innerText(), /Reachable(\s[5-9] s)?$/)
      await fresh.context.close()
      const old = await opened(ahead, 4.5 * minutes)
      await old.vm.getByText("Reachable?", { exact: true }).waitFor()
      assert.match(await old.vm.innerText(), /\b4 min\b/)
      await old.context.close()
    })
  }

  it("says how old everything is as soon as it is looked at again", { timeout: 60_000 }, async () => {
    const { context, page, vm } = await opened(0, 0)
    await vm.getByText("Reachable", { exact: true }).waitFor()
    const turn = (state: "hidden" | "visible") =>
      page.evaluate((visibilityState) => {
        Object.defineProperty(document, "visibilityState", { value: visibilityState, configurable: true })
        document.dispatchEvent(new Event("visibilitychange"))
      }, state)
    await turn("hidden")
    // Its timers stand still, as a phone's in a pocket do; and nobody answers.
    proxy.rule = (asked, answer) => {
      answer.destroy()
      return asked !== undefined
    }
    await page.clock.pauseAt(Date.now() + 2000)
    await page.clock.setSystemTime(Date.now() + 90 * minutes)
    await turn("visible")
    await vm.getByText("1 h", { exact: true }).waitFor()
    await context.close()
  })
})
