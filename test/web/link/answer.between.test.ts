/** Something between the page and the server answers in its place: what was asked is asked again, and happens once. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, say, signIn } from "../../support/browser/Phone.ts"
import { pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"

describe("between page and server", () => {
  let browser: Browser
  let server: Server
  let proxy: Proxy
  beforeAll(async () => {
    browser = await launch()
    server = await startServer()
    proxy = await startProxy(server.url)
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })

  it(
    "a 502 after the server took the prompt: it runs once, and no Edit makes two of it",
    { timeout: 40_000 },
    async () => {
      const { context, open } = await makePhone(browser, proxy.url)
      const page = await open()
      await signIn(page)
      await say(page, "#say Before.")
      await page.getByText("Before.", { exact: true }).waitFor()
      await button(page, "Stop").waitFor({ state: "detached" })
      const ids: Array<unknown> = []
      await page.route("**/prompt", async (route) => {
        ids.push((route.request().postDataJSON() as { prompt_id: unknown }).prompt_id)
        if (ids.length > 1) return route.continue()
        // Nor does the log tell what became of it.
        proxy.rule = ({ url }, answer) => {
          if (url?.includes("/stream") !== true) return false
          answer.writeHead(502).end()
          return true
        }
        proxy.drop()
        await route.fetch()
        return route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" })
      })
      await say(page, "#say Once.")
      await page.getByText(/502.*it runs only once/).waitFor()
      assert.strictEqual(await button(page, "Edit").count(), 0)
      proxy.rule = pass
      await button(page, "Try now").click()
      await page.getByText("Once.", { exact: true }).waitFor()
      await button(page, "Stop").waitFor({ state: "detached" })
      await page.getByText(/it runs only once/).waitFor({ state: "detached" })
      assert.strictEqual(await page.locator(".of-user", { hasText: "Once." }).count(), 1)
      assert.strictEqual(new Set(ids).size, 1)
      await context.close()
    }
  )

  it("a 403 of single sign-on on the stream is asked again by itself", { timeout: 40_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    const first = await open()
    await signIn(first)
    await first.close()
    let refused = 0
    proxy.rule = ({ url }, answer) => {
      if (url?.includes("/stream") !== true || ++refused > 2) return false
      answer.writeHead(403, { "content-type": "text/html" }).end("<h1>Forbidden</h1>")
      return true
    }
    const page = await open()
    await page.getByText(/answered in its place \(403\)/).waitFor()
    await page.getByText("Live", { exact: true }).waitFor()
    assert.isAbove(refused, 2)
    await context.close()
  })
})
