/** What a phone's keyboard leaves of the page, what it gives back, and what is said when Send or the page cannot. */
import { assert, describe } from "@effect/vitest"
import type { Page } from "playwright-core"
import { it } from "../../support/browser/fixtures.ts"
import { assertOnScreen, button, composer, message, phone as size, say, signIn } from "../../support/browser/Phone.ts"

/** On iOS the keyboard lies over the page, and only the visual viewport tells. */
const keyboard = (page: Page, visible: number) =>
  page.evaluate((height) => {
    Object.defineProperty(visualViewport, "height", { value: height, configurable: true })
    visualViewport?.dispatchEvent(new Event("resize"))
  }, visible)

describe("with little room", () => {
  it(
    "a keyboard, three messages that wait, a long draft: Send and Stop are there",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const { open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      await say(page, "Look.\n#bash sleep 300")
      await button(page, "Stop").waitFor()
      for (const text of ["First to wait.", "Second to wait.", "Third to wait."]) await say(page, text)
      await message(page).fill("A line of a long draft.\n".repeat(30))
      await keyboard(page, 440)
      await page.waitForFunction(() => (document.querySelector(".app")?.clientHeight ?? 0) === 440)
      await assertOnScreen(page, [...composer(page), button(page, "Stop"), button(page, "VM controls")], 440)
      await message(page).fill("")
      await button(page, "Stop").click()
    }
  )

  it(
    "once nothing is written the page has the whole screen, whatever was said last",
    { timeout: 40_000 },
    async ({ server, phone }) => {
      const { open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      await message(page).focus()
      await keyboard(page, 480)
      const height = (wanted: number) =>
        page.waitForFunction((wanted) => document.querySelector(".app")?.clientHeight === wanted, wanted)
      await height(480)
      // The keyboard goes, and the browser does not tell.
      await message(page).blur()
      await height(size.height)
    }
  )

  it(
    "the reason Send did nothing stands above the box until the next one",
    { timeout: 40_000 },
    async ({ server, phone }) => {
      const { open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      let full = true
      await page.route("**/api/session", (route) =>
        full && route.request().method() === "POST"
          ? route.fulfill({
              status: 507,
              contentType: "application/problem+json",
              body: JSON.stringify({ type: "about:blank", detail: "The disk is full." })
            })
          : route.continue()
      )
      await say(page, "#say Sent at last.")
      const reason = page.locator(".dock").getByText("Not sent. No session was made. The disk is full.")
      await reason.waitFor()
      // The list is asked again, and has no trouble.
      const listed = page.waitForResponse(
        (answer) => answer.request().method() === "GET" && answer.url().endsWith("/session")
      )
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))
      await listed
      await page.getByText("The disk is full.").nth(1).waitFor({ state: "detached" })
      await reason.waitFor()
      assert.strictEqual(await message(page).inputValue(), "#say Sent at last.")
      full = false
      await button(page, "Send").click()
      await page.getByText("Sent at last.", { exact: true }).waitFor()
      assert.strictEqual(await page.getByText("Not sent.").count(), 0)
      await page.unrouteAll({ behavior: "wait" })
    }
  )

  it(
    "a browser that cannot read the script is told what is needed; one that can is not",
    { timeout: 40_000 },
    async ({ server, phone }) => {
      const { context, open } = await phone(server.url)
      await context.route("**/assets/index-*.js", (route) =>
        route.fulfill({ contentType: "text/javascript", body: "what is this" })
      )
      const page = await open()
      await page.getByText("iOS or Safari 16.4").waitFor({ state: "visible" })
      await context.unroute("**/assets/index-*.js")
      await page.reload()
      await page.getByLabel("Access token").waitFor()
      assert.strictEqual(await page.locator(".unsupported").count(), 0)
    }
  )
})
