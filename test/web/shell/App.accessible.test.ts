/** Every state, dark and light, by axe; 200 % text; the whole path by keyboard alone. */
import { assert, describe } from "@effect/vitest"
import type { Page } from "playwright-core"
import { assertAccessible, assertTargets } from "../../support/browser/Axe.ts"
import { it } from "../../support/browser/fixtures.ts"
import { button, message, say, signIn } from "../../support/browser/Phone.ts"

const check = async (page: Page, state: string) => {
  await assertAccessible(page, state)
  await assertTargets(page, state)
}

describe("for everyone", () => {
  for (const colorScheme of ["dark", "light"] as const) {
    it(`the talk has no violation in any state, ${colorScheme}`, { timeout: 90_000 }, async ({ server, phone }) => {
      const { open } = await phone(server.url, { colorScheme })
      const page = await open()
      await page.getByText("Sign in to continue").waitFor()
      await check(page, "signed out")
      await signIn(page)
      await check(page, "first screen")
      await say(
        page,
        "Look.\n#say # Title\\n\n#say **bold** `code` [link](https://example.org) \n#parallel echo hi ;; exit 3\n#bash until [ -e $HOME/never ]; do sleep 0.1; done"
      )
      await page.locator("details.running", { hasText: "until" }).waitFor()
      await say(page, "a second one")
      await message(page).fill("draft")
      await page.getByText("Waiting for the agent to finish. Keep this page open.").waitFor()
      await page.locator("details.failed summary").click()
      await check(page, "running, with an outbox and an open tool")
      await button(page, "Stop").click()
      await page.getByText(/On hold, because the agent was stopped/).waitFor()
      await check(page, "stopped, with a prompt held")
      await button(page, "Remove").click()
      await message(page).fill("")
      await say(page, "#api-error 529")
      await page.getByText("The agent could not finish").waitFor()
      await check(page, "failed")
      // This device keeps it when the page goes, and a moment after it came.
      await page.evaluate(() => window.dispatchEvent(new Event("pagehide")))
      await page.route("**/api/**", (route) => route.abort())
      await page.reload()
      await page.locator(".offline-copy").getByText("The agent could not finish").waitFor()
      await check(page, "kept, without a server")
      await page.getByRole("link", { name: "All sessions" }).click()
      await page.getByText("Saved list, may be out of date.").waitFor()
      await check(page, "the list as it was last seen")
      await page.unrouteAll({ behavior: "wait" })
      await page.goto(`${server.url}/#/s/00000000-0000-4000-8000-000000000000`)
      await page.getByText("Session not found").waitFor()
      await check(page, "gone")
    })

    it(
      `the VM controls have no violation in any state, ${colorScheme}`,
      { timeout: 90_000 },
      async ({ demo, phone }) => {
        const { open } = await phone(demo.url, { colorScheme })
        const page = await open()
        await button(page, "VM controls").click()
        await page.getByRole("button", { name: /status/ }).click()
        await page.getByText("Check: done").first().waitFor()
        await check(page, "sheet")
        await page.getByRole("button", { name: /cycle/ }).press("Enter")
        await page.getByText("Step 1 of 2").waitFor()
        await check(page, "first step")
        await button(page, "Continue").click()
        await page.getByText("Step 2 of 2").waitFor()
        await check(page, "second step")
        await page.getByRole("dialog").getByRole("button", { name: /cycle/ }).last().click()
        await page.getByText("Power cycle: running").waitFor()
        await check(page, "cycle running")
        await page
          .locator(".run")
          .first()
          .getByText(/Power cycle: done/)
          .waitFor({ timeout: 20_000 })
        await page.locator("summary", { hasText: "How it went" }).first().click()
        await check(page, "cycle done")
      }
    )
  }

  it("who taps Recent sessions is shown where they are", { timeout: 30_000 }, async ({ server, phone }) => {
    const { open } = await phone(server.url)
    const page = await open()
    await signIn(page)
    await page.getByRole("button", { name: /^Recent sessions/ }).tap()
    const ring = () => page.locator("#sessions").evaluate((heading) => getComputedStyle(heading).outlineStyle)
    assert.strictEqual(await ring(), "solid")
  })

  it(
    "what was pressed keeps the focus while it works; a lost sign-in is announced",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const { context, open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      await message(page).fill("#bash until [ -e $HOME/never ]; do sleep 0.1; done")
      await button(page, "Send").press("Enter")
      await page.locator("details.running").waitFor()
      assert.strictEqual(await focused(), "Send")
      const asked = page.waitForRequest("**/cancel")
      let stop = () => {}
      await page.route("**/cancel", (route) => (stop = () => void route.continue()))
      await button(page, "Stop").press("Enter")
      await asked
      await page.getByText("Stopping…").waitFor()
      assert.strictEqual(await focused(), "Stop")
      stop()
      await page.getByText("The agent was stopped").waitFor()
      await context.clearCookies()
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))
      await page.getByRole("alert").getByText("You are signed out").waitFor()
    }
  )

  it(
    "by keyboard alone: ask, open a row, stop, and get to a confirmed verb; held keys confirm nothing",
    { timeout: 60_000 },
    async ({ demo, phone }) => {
      const { open } = await phone(demo.url, {
        viewport: { width: 1280, height: 800 },
        hasTouch: false
      })
      const page = await open()
      await message(page).waitFor()
      const reach = async (name: RegExp) => {
        for (let presses = 0; presses < 60; presses++) {
          const here = await page.evaluate(
            () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""
          )
          if (name.test(here)) return
          await page.keyboard.press("Tab")
        }
        assert.fail(`the keyboard never reaches ${name}`)
      }
      await reach(/^Message$/)
      await page.keyboard.type("the VM is slow")
      await page.keyboard.press("Enter")
      await page.locator("details.ok").first().waitFor()
      await page.locator(".home").focus()
      await reach(/uptime/)
      await page.keyboard.press("Enter")
      await page.getByText("load average").first().waitFor()
      await reach(/^Stop$/)
      await page.keyboard.press("Space")
      await page.getByText("The agent was stopped").waitFor()
      await page.locator(".home").focus()
      await reach(/VM controls/)
      await page.keyboard.press("Enter")
      await reach(/^Cut power and start again/)
      await page.keyboard.down("Enter")
      for (let repeat = 0; repeat < 40; repeat++) await page.keyboard.down("Enter")
      await page.keyboard.up("Enter")
      await page.getByText("Step 1 of 2").waitFor()
      assert.strictEqual(await page.evaluate(() => document.activeElement?.textContent), "Cancel")
      await reach(/^Continue$/)
      await page.keyboard.press("Enter")
      await page.getByText("Step 2 of 2").waitFor()
      assert.strictEqual(await page.evaluate(() => document.activeElement?.textContent), "Cancel")
      await reach(/^Cut power.*cycle\)/)
      await page.keyboard.press("Enter")
      await page.getByText("Power cycle: running").waitFor()
      await page.keyboard.press("Escape")
      await page.locator("dialog.sheet").waitFor({ state: "hidden" })
    }
  )
})
