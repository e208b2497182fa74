/** The VM's own screen in the sheet: looked at when somebody opens it, and honest about what it could not see. */
import { assert, describe } from "@effect/vitest"
import type { Page } from "playwright-core"
import { assertAccessible, assertTargets } from "../../support/browser/Axe.ts"
import { it } from "../../support/browser/fixtures.ts"
import { button, sizes } from "../../support/browser/Phone.ts"

const looks = (page: Page) => {
  const made: Array<string> = []
  page.on("request", (request) => {
    if (request.url().endsWith("/api/pve/screen")) made.push(request.method())
  })
  return made
}
const fold = (page: Page) => page.locator("summary", { hasText: /^Screen$/ })
const shot = (page: Page) => page.getByRole("img", { name: /^Console of devvm, \d\d:\d\d:\d\d$/ })
/** As a script does it, to its end. */
const power = async (page: Page, verb: "start" | "stop") => {
  const headers = { "content-type": "application/json" }
  const said = await page.evaluate(async ([url, headers]) => (await fetch(url, { method: "POST", headers })).status, [
    `/api/pve/${verb}`,
    headers
  ] as const)
  assert.strictEqual(said, 200)
}
const drawn = (page: Page) =>
  page.waitForFunction(() => {
    const image = document.querySelector<HTMLImageElement>(".shot")
    return image?.complete === true && image.naturalWidth === 720 && image.naturalHeight === 400
  })

describe("the VM's own screen", () => {
  for (const viewport of sizes) {
    for (const colorScheme of ["dark", "light"] as const) {
      it(
        `is whole, has an age and no violation at ${viewport.width}×${viewport.height}, ${colorScheme}`,
        { timeout: 60_000 },
        async ({ demo, phone }) => {
          const { faults, open } = await phone(demo.url, { viewport, colorScheme })
          const page = await open()
          await button(page, "VM controls").click()
          await fold(page).click()
          await drawn(page)
          await page.getByText(/^\d\d:\d\d:\d\d, \d+ s ago$/).waitFor()
          const box = await shot(page).boundingBox()
          assert.isNotNull(box)
          assert.isAtLeast(box?.x ?? -1, 0)
          assert.isAtMost((box?.x ?? 0) + (box?.width ?? 0), viewport.width)
          assert.isAbove(box?.width ?? 0, 300)
          await assertAccessible(page, "screen")
          await assertTargets(page, "screen")
          assert.deepStrictEqual(faults, [])
        }
      )
    }
  }

  it(
    "is asked for by who opens it and by who looks again, by keyboard too, and by nothing else",
    { timeout: 60_000 },
    async ({ demo, phone }) => {
      const { open } = await phone(demo.url)
      const page = await open()
      const made = looks(page)
      await button(page, "VM controls").click()
      await page.getByRole("button", { name: /status/ }).click()
      await page.getByText("Check: done").first().waitFor()
      await page.getByText("Answers over ssh.").first().waitFor()
      assert.deepStrictEqual(made, [])
      await fold(page).focus()
      await page.keyboard.press("Enter")
      await drawn(page)
      const first = await shot(page).getAttribute("src")
      await page.route("**/api/pve/screen", async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, body: Buffer.concat([await answer.body(), Buffer.from("\0")]) })
      })
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await page.waitForFunction((before) => document.querySelector<HTMLImageElement>(".shot")?.src !== before, first)
      assert.deepStrictEqual(made, ["GET", "GET"])
    }
  )

  it(
    "WEB-08: what was not seen is said, an old picture keeps its age, and no display leaves none",
    { timeout: 60_000 },
    async ({ demo, phone }) => {
      const { open } = await phone(demo.url)
      const page = await open()
      await button(page, "VM controls").click()
      await fold(page).click()
      await drawn(page)
      const name = await shot(page).getAttribute("alt")
      await page.route("**/api/pve/screen", (route) => route.abort())
      await button(page, "Refresh").click()
      await page.getByText("No picture. The server cannot be reached.").waitFor()
      await page.unroute("**/api/pve/screen")
      await page.route("**/api/pve/screen", (route) =>
        route.fulfill({
          status: 502,
          contentType: "application/problem+json",
          body: '{"type":"about:blank","detail":"<b>No</b> host."}'
        })
      )
      await button(page, "Refresh").click()
      await page.getByText("No picture. <b>No</b> host.").waitFor()
      assert.strictEqual(await shot(page).getAttribute("alt"), name)
      await assertAccessible(page, "an old picture, and why there is no new one")
      await page.unroute("**/api/pve/screen")
      await power(page, "stop")
      await button(page, "Refresh").click()
      await page.getByText("This VM has no display: it is stopped.").waitFor()
      assert.strictEqual(await page.locator(".shot").count(), 0)
      assert.strictEqual(await page.getByText("No picture.").count(), 0)
      await power(page, "start")
      await button(page, "Refresh").click()
      await drawn(page)
      assert.strictEqual(await page.getByText("This VM has no display").count(), 0)
    }
  )
})
