/** Several tabs at one server over HTTP/1.1, where a browser opens six connections to a host and no more. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone } from "../../support/browser/Phone.ts"
import { type Proxy, startProxy } from "../../support/browser/Proxy.ts"

/** Headless, every tab believes it is seen. */
const show = (page: Page, state: "visible" | "hidden") =>
  page.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { value: visibilityState, configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
  }, state)

describe("tabs", () => {
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

  const begin = async (): Promise<string> => {
    const headers = { "content-type": "application/json", origin: demo.url }
    const answer = await fetch(`${demo.url}/api/session`, { method: "POST", headers, body: "{}" })
    return ((await answer.json()) as { session_id: string }).session_id
  }

  it(
    "three with a session each leave room for a verb, and one that comes back knows what was done",
    {
      timeout: 90_000
    },
    async () => {
      const { context, faults, open } = await makePhone(browser, proxy.url)
      const tabs: Array<Page> = []
      for (const session of [await begin(), await begin(), await begin()]) {
        for (const tab of tabs) await show(tab, "hidden")
        const tab = await open(`/#/s/${session}`)
        await tab.getByText("Live", { exact: true }).waitFor()
        await tab.locator("#vm-state .mark.ok").waitFor()
        tabs.push(tab)
      }
      const [first, , third] = tabs
      if (first === undefined || third === undefined) return assert.fail()
      await button(third, "VM controls").click()
      await third.getByRole("button", { name: /forensics/ }).click()
      await third
        .getByText(/^Collect evidence: done/)
        .first()
        .waitFor({ timeout: 20_000 })
      // The session goes on in a tab that nobody looks at; the VM's log is followed where it is seen.
      const streams = (path: RegExp) => proxy.open().filter((each) => path.test(each)).length
      assert.strictEqual(streams(/^\/api\/session\/.*stream/), 3)
      assert.strictEqual(streams(/^\/api\/pve\/stream/), 1)

      await show(third, "hidden")
      await show(first, "visible")
      await button(first, "VM controls").click()
      await first
        .getByText(/^Collect evidence: done/)
        .first()
        .waitFor()
      await first.locator(".vm-line .mark.ok").waitFor()
      assert.deepStrictEqual(faults, [])
      await context.close()
    }
  )
})
