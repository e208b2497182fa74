/** Away by a link and back by the back button: Chromium itself takes the page out of its back-forward cache. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { launch, makePhone, say, signIn, wholeChromium } from "../../support/browser/Phone.ts"

describe("a page taken out of the back-forward cache", () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    browser = await launch({ executablePath: wholeChromium, ignoreDefaultArgs: ["--disable-back-forward-cache"] })
  })
  afterAll(async () => {
    await browser.close()
    await discard(server)
  })

  it("asks at once, and shows what was missed without a gap or a double", { timeout: 60_000 }, async () => {
    const { context, faults, open } = await makePhone(browser, server.url)
    const page = await open()
    await signIn(page)
    await say(page, "#say Before.")
    await page.getByText("Before.", { exact: true }).waitFor()
    await page.locator(".of-end").waitFor()
    await page.getByText("Live", { exact: true }).waitFor()
    const session = new URL(page.url()).hash.replace("#/s/", "")
    const restored = page.waitForEvent("console", (line) => line.text() === "persisted: true")
    await page.evaluate(() =>
      addEventListener("pageshow", ({ persisted }) => console.log(`persisted: ${String(persisted)}`))
    )
    // From here its time stands still: whatever would wait before it asks again, waits for ever.
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)

    await page.goto(`${server.url}/manifest.webmanifest`)
    await server.turn(session, "#say While away.")
    // Playwright's own goBack waits for a load, and nothing is loaded.
    await page.evaluate(() => history.back())
    await restored
    await page.getByText("While away.", { exact: true }).waitFor()
    await server.turn(session, "#say After.\n#bash echo out")
    await page.clock.resume()
    await page.locator(".of-end").nth(2).waitFor()

    const shown = await page.evaluate(() =>
      [...document.querySelectorAll("[id^=e-]")].map(({ id }) => Number(id.slice(2)))
    )
    const rows = (await (await server.request(`/api/session/${session}`)).json()) as { last_event_id: number }
    const log = await server.attach(session)
    await log.until(({ event }) => event === "caught-up")
    const drawn = log.events().flatMap(({ id, kind }) => (/^(session|tool_result)$/.test(kind) ? [] : [id]))
    assert.strictEqual(drawn.at(-1), rows.last_event_id)
    assert.deepStrictEqual(shown, drawn)
    assert.deepStrictEqual(faults, [])
    await log.close()
    await context.close()
  })
})
