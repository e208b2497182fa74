/** At an address without TLS that is not this machine's own, a browser keeps back what it calls powerful. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, message, say } from "../../support/browser/Phone.ts"

describe("over plain HTTP", () => {
  let demo: Server
  let browser: Browser
  beforeAll(async () => {
    demo = await startServer({ entry: "demo" })
    browser = await launch({ args: ["--host-resolver-rules=MAP breakglass.test 127.0.0.1"] })
  })
  afterAll(async () => {
    await browser.close()
    await discard(demo)
  })

  it("a prompt is sent and a verb is asked for", { timeout: 60_000 }, async () => {
    const { context, faults, open } = await makePhone(browser, demo.url.replace("127.0.0.1", "breakglass.test"))
    const page = await open()
    await message(page).waitFor()
    assert.isFalse(await page.evaluate(() => isSecureContext))
    await say(page, "the VM is slow")
    await page.locator("details.ok").first().waitFor()
    await button(page, "VM controls").click()
    await page.getByRole("button", { name: /status/ }).click()
    await page.getByText("Check: done").first().waitFor()
    assert.deepStrictEqual(faults, [])
    await context.close()
  })
})
