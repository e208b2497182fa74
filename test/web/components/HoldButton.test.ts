/** A hold that is let go of, by the thumb or by anything else, sends nothing: neither then nor when its time would be over. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, finger, launch, makePhone, middle } from "../../support/browser/Phone.ts"

interface Held {
  readonly page: Page
  readonly hold: Locator
  readonly thumb: Awaited<ReturnType<typeof finger>>
  readonly x: number
  readonly y: number
}

const lettingGo: ReadonlyArray<readonly [what: string, act: (held: Held) => Promise<unknown>, stillDown: boolean]> = [
  [
    "the thumb is lifted, later than a tap",
    async ({ page, thumb }) => {
      await page.clock.runFor(500)
      await thumb.up()
    },
    false
  ],
  ["the system takes the touch", ({ thumb }) => thumb.taken(), false],
  ["the thumb drifts", ({ thumb, x, y }) => thumb.move(x + 40, y), true],
  [
    "what holds the button scrolls",
    ({ page }) => page.locator(".above").evaluate((box) => (box.scrollTop += 30)),
    true
  ],
  [
    "the page is hidden",
    ({ page }) =>
      page.evaluate(() => {
        // A headless page is always visible: it is told otherwise, as a phone's own page is.
        Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true })
        document.dispatchEvent(new Event("visibilitychange"))
        Reflect.deleteProperty(document, "visibilityState")
      }),
    true
  ]
]

describe("a hold", () => {
  let demo: Server
  let browser: Browser
  beforeAll(async () => {
    demo = await startServer({ entry: "demo" })
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await discard(demo)
  })
  const asked = async () =>
    ((await (await demo.request("/api/pve/ops")).json()) as { operations: ReadonlyArray<unknown> }).operations

  /** The sheet on a small phone, where it scrolls, with the page's time in the test's hands. */
  const atTheSheet = async (): Promise<{ page: Page; posts: Array<string>; close: () => Promise<void> }> => {
    const { context, open } = await makePhone(browser, demo.url, { viewport: { width: 360, height: 600 } })
    const page = await open()
    const posts: Array<string> = []
    page.on("request", (request) => {
      if (request.method() === "POST") posts.push(request.url())
    })
    await button(page, "VM controls").click()
    await page.locator(".stop .hold").waitFor()
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)
    return { page, posts, close: () => context.close() }
  }
  const press = async (page: Page): Promise<Held> => {
    const hold = page.locator(".stop .hold")
    const thumb = await finger(page)
    await hold.scrollIntoViewIfNeeded()
    const { x, y } = await middle(hold)
    await thumb.down(x, y)
    await page.clock.runFor(50)
    await page.getByText("keep holding…").waitFor()
    return { page, hold, thumb, x, y }
  }

  for (const [what, act, stillDown] of lettingGo) {
    it(`is over, and seen to be over, when ${what}`, { timeout: 40_000 }, async () => {
      const { page, posts, close } = await atTheSheet()
      const held = await press(page)
      await act(held)
      await page.getByText("keep holding…").waitFor({ state: "detached" })
      assert.strictEqual(await held.hold.locator(".how").innerText(), "Hold 1.5\u00a0s")
      assert.strictEqual(await held.hold.locator(".fill").getAttribute("style"), "transform: scaleX(0);")
      await page.clock.runFor(5000)
      assert.deepStrictEqual(posts, [])
      assert.deepStrictEqual(await asked(), [])
      if (stillDown) await held.thumb.up()
      assert.strictEqual(await page.getByText("Step 1 of 2").count(), 0)
      await close()
    })
  }

  it("a tap is no hold: it asks in two steps, and Cancel sends nothing", { timeout: 40_000 }, async () => {
    const { page, posts, close } = await atTheSheet()
    await page.locator(".cycle .hold").tap()
    await page.getByText("Step 1 of 2").waitFor()
    assert.isTrue(await page.getByText("Everything in memory and every unsaved file").first().isVisible())
    await button(page, "Cancel").click()
    await page.clock.runFor(5000)
    assert.deepStrictEqual(posts, [])
    assert.deepStrictEqual(await asked(), [])
    await close()
  })

  it("to its end is one operation, whatever was let go of before", { timeout: 40_000 }, async () => {
    const { page, posts, close } = await atTheSheet()
    const { thumb, x, y } = await press(page)
    await thumb.move(x + 40, y)
    await page.getByText("keep holding…").waitFor({ state: "detached" })
    await thumb.up()
    await press(page)
    await page.clock.runFor(1600)
    await page
      .getByText(/^Power off: (running|done)/)
      .first()
      .waitFor()
    await page.clock.runFor(5000)
    assert.strictEqual(posts.length, 1)
    assert.strictEqual((await asked()).length, 1)
    await close()
  })
})
