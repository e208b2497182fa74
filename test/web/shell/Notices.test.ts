/** The server is another than the one this page was made for, or than the one it first met. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, signIn } from "../../support/browser/Phone.ts"
import { type Proxy, startProxy } from "../../support/browser/Proxy.ts"

describe("a server of another version", () => {
  let server: Server
  let browser: Browser
  let proxy: Proxy
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    proxy = await startProxy(server.url)
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })
  const informed = (page: Page, other: object) =>
    page.route("**/api/info", async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ json: { ...((await answer.json()) as object), ...other } })
    })

  it("PWA-03: is said, with the way out", { timeout: 30_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    const page = await open()
    await signIn(page)
    await informed(page, { protocol: 2 })
    await page.reload()
    await page.getByText(/of different versions/).waitFor()
    await button(page, "Reload").waitFor()
    await page.unrouteAll({ behavior: "wait" })
    await context.close()
  })

  it("PWA-03: is noticed by a page that was open, as is a chat that works again", { timeout: 30_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    const page = await open()
    await informed(page, { chat_off: "No program of that name." })
    await signIn(page)
    await page.getByText("No program of that name.").waitFor()
    await page.getByText("Live", { exact: true }).waitFor()
    await page.unrouteAll({ behavior: "wait" })
    await informed(page, { protocol: 2 })
    proxy.drop()
    await page.getByText(/of different versions/).waitFor()
    assert.strictEqual(await page.getByText("No program of that name.").count(), 0)
    await page.unrouteAll({ behavior: "wait" })
    await context.close()
  })
})
