/** By keyboard at the verbs: the focus is never dropped on the way, and a verb that cannot be asked for is not. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, finger, launch, makePhone, middle } from "../../support/browser/Phone.ts"

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "")
const cycle = (page: Page) => page.getByRole("button", { name: /^Cut power and start again/ })

describe("the focus at the verbs", () => {
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
  const opened = async () => {
    const phone = await makePhone(browser, demo.url)
    const page = await phone.open()
    const posts: Array<string> = []
    page.on("request", (request) => {
      if (request.method() === "POST") posts.push(request.url())
    })
    await button(page, "VM controls").click()
    return { ...phone, page, posts }
  }

  it("is back on the verb after a confirmation, whether it was cancelled or given", { timeout: 60_000 }, async () => {
    const { context, page } = await opened()
    await cycle(page).focus()
    for (const by of ["Cancel", "Escape"]) {
      await page.keyboard.press("Enter")
      await page.getByText("Step 1 of 2").waitFor()
      assert.strictEqual(await focused(page), "Cancel")
      await page.keyboard.press(by === "Cancel" ? "Enter" : "Escape")
      await page.getByText("Step 1 of 2").waitFor({ state: "detached" })
      assert.match(await focused(page), /^Cut power and start again/, by)
    }
    await page.keyboard.press("Enter")
    await button(page, "Continue").press("Enter")
    await page.getByRole("button", { name: /\(cycle\)$/ }).press("Enter")
    await page.getByText("Power cycle: running").first().waitFor()
    assert.match(await focused(page), /^Cut power and start again/)
    await page
      .getByText(/^Power cycle: done/)
      .first()
      .waitFor({ timeout: 20_000 })
    assert.match(await focused(page), /^Cut power and start again/)
    await context.close()
  })

  it(
    "stays on a verb that cannot be pressed while another runs, and no key and no finger asks for it",
    {
      timeout: 60_000
    },
    async () => {
      const { context, page, posts } = await opened()
      let release = () => {}
      const slow = new Promise<void>((settle) => (release = settle))
      await page.route("**/api/pve/ops", async (route) => {
        await slow
        await route.continue()
      })
      const check = page.getByRole("button", { name: /forensics/ })
      await check.focus()
      await page.keyboard.press("Enter")
      await page.locator(".verb-button[aria-disabled=true]").first().waitFor()
      assert.match(await focused(page), /forensics$/)
      await page.keyboard.press("Enter")
      await cycle(page).focus()
      await page.keyboard.press("Enter")
      const { x, y } = await middle(cycle(page))
      const thumb = await finger(page)
      await thumb.down(x, y)
      await thumb.up()
      assert.strictEqual(await page.getByText("Step 1 of 2").count(), 0)
      release()
      await page
        .getByText(/^Collect evidence: done/)
        .first()
        .waitFor({ timeout: 20_000 })
      assert.strictEqual(posts.length, 1)
      await context.close()
    }
  )

  it(
    "a confirmation given when another operation has begun asks for nothing, and says which runs",
    {
      timeout: 60_000
    },
    async () => {
      const { context, page, posts } = await opened()
      await cycle(page).press("Enter")
      await button(page, "Continue").click()
      await page.getByText("Step 2 of 2").waitFor()
      const op_id = crypto.randomUUID()
      const begun = await fetch(`${demo.url}/api/pve/ops`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: demo.url },
        body: JSON.stringify({ verb: "reset", op_id, confirm: "devvm" })
      })
      assert.strictEqual(begun.status, 202)
      await page.locator(".sheet").getByText("Reset: running").waitFor()
      await page.getByRole("button", { name: /\(cycle\)$/ }).click()
      await page.getByText("Step 2 of 2").waitFor({ state: "detached" })
      assert.isTrue(await page.getByText("reset is running, by demo.").first().isVisible())
      assert.deepStrictEqual(posts, [])
      await context.close()
    }
  )
})
