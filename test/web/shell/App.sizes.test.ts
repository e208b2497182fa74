/** The whole incident on every screen it may come on: small, on its side, with a keyboard over it, with text twice as large. */
import { assert, describe } from "@effect/vitest"
import type { Page } from "playwright-core"
import { it } from "../../support/browser/fixtures.ts"
import { assertOnScreen, button, composer, message, say, signIn, sizes } from "../../support/browser/Phone.ts"
import { startProxy } from "../../support/browser/Proxy.ts"

const running = "Look.\n#say Looking.\n#bash sleep 300"
const cycle = (page: Page) => page.getByRole("button", { name: /^Cut power and start again/ })

/** On iOS the keyboard lies over the page, and only the visual viewport tells. */
const keyboard = (page: Page, visible: number) =>
  page.evaluate((height) => {
    Object.defineProperty(visualViewport, "height", { value: height, configurable: true })
    visualViewport?.dispatchEvent(new Event("resize"))
  }, visible)

describe("on every screen", () => {
  for (const viewport of sizes) {
    const size = `${viewport.width}×${viewport.height}`

    it(`${size}: ask, read, stop, and come to the cycle`, { timeout: 60_000 }, async ({ server, phone }) => {
      const { faults, open } = await phone(server.url, { viewport })
      const page = await open()
      await assertOnScreen(page, [page.getByLabel("Access token"), button(page, "Sign in")])
      await signIn(page)
      await assertOnScreen(page, composer(page))
      await say(page, "Look.\n#bash seq 1 300\n#say Verdict.")
      await page.getByText("Verdict.", { exact: true }).waitFor()
      await page.locator(".tool summary").first().click()
      await page.getByRole("button", { name: "Show all 300 lines" }).click()
      await page.waitForFunction(() => document.querySelector("pre.output")?.textContent?.trimEnd().endsWith("\n300"))
      await say(page, running)
      await page.locator("details.running").waitFor()
      const controls = [...composer(page), button(page, "Stop"), button(page, "VM controls")]
      await assertOnScreen(page, controls)
      const left = viewport.height - (viewport.width > viewport.height ? 200 : 300)
      await keyboard(page, left)
      await message(page).fill("typed under\nthe keyboard")
      await assertOnScreen(page, controls, left)
      await keyboard(page, viewport.height)
      await button(page, "Stop").click()
      await page.getByText("The agent was stopped").waitFor()
      await button(page, "VM controls").click()
      await assertOnScreen(page, [cycle(page), button(page, "Close"), page.getByRole("button", { name: /status/ })])
      await cycle(page).press("Enter")
      await assertOnScreen(page, [button(page, "Cancel"), button(page, "Continue")])
      assert.deepStrictEqual(faults, [])
    })

    it(`${size}: text at 200 % hides nothing`, { timeout: 60_000 }, async ({ server, phone }) => {
      const { open } = await phone(server.url, { viewport })
      const page = await open()
      await signIn(page)
      await page.evaluate(() => (document.documentElement.style.fontSize = "32px"))
      await assertOnScreen(page, composer(page))
      await say(page, running)
      await button(page, "Stop").waitFor()
      await page.getByRole("banner").getByText("Working", { exact: true }).waitFor()
      await assertOnScreen(page, [...composer(page), button(page, "Stop"), button(page, "VM controls")])
      await assertWordsWhole(page)
      assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width)
      await button(page, "Stop").click()
      await button(page, "Stop").waitFor({ state: "detached" })
      await button(page, "VM controls").click()
      await assertOnScreen(page, [cycle(page), button(page, "Close")])
      assert.deepStrictEqual(
        await page.evaluate(() =>
          [...document.querySelectorAll<HTMLElement>("dialog[open] button")]
            .filter((each) => each.scrollWidth > each.clientWidth)
            .map((each) => each.innerText)
        ),
        []
      )
      for (const verb of [/status/, /forensics/, /^Reset/]) {
        await page.getByRole("button", { name: verb }).scrollIntoViewIfNeeded()
        await assertOnScreen(page, [page.getByRole("button", { name: verb })])
      }
      await cycle(page).press("Enter")
      await assertOnScreen(page, [button(page, "Cancel"), button(page, "Continue")])
    })
  }

  for (const text of ["16px", "24px", "32px"]) {
    it(
      `320×568, text of ${text}: every way from home can be reached, the list of sessions too`,
      { timeout: 60_000 },
      async ({ demo, phone }) => {
        const { open } = await phone(demo.url, { viewport: { width: 320, height: 568 } })
        const page = await open()
        await page.getByText("Reachable", { exact: true }).waitFor()
        await page.evaluate((size) => (document.documentElement.style.fontSize = size), text)
        // A press is tried, not made: what lies under something else cannot be pressed.
        for (const name of [/^VM controls Restart/, /^Recent sessions/, "New session"])
          await page.getByRole("button", { name }).click({ trial: true, timeout: 5000 })
        await page.getByRole("button", { name: /^Recent sessions/ }).click()
        await page.getByRole("heading", { name: "Sessions" }).click({ trial: true, timeout: 5000 })
        await assertOnScreen(page, [page.getByRole("heading", { name: "Sessions" }), ...composer(page)])
      }
    )
  }

  it(
    "no word of the strip is cut, in the smallest width and the longest state",
    { timeout: 60_000 },
    async ({ demo, phone }) => {
      const { open } = await phone(demo.url, { viewport: { width: 360, height: 640 } })
      const page = await open()
      await page.getByText("Reachable", { exact: true }).waitFor()
      await assertWordsWhole(page)
      const words = {
        ".cell .word": ["Signed out", "Catching up", "Reconnecting"],
        ".vm .said": ["Very slow?", "Reachable?", "Host unreachable?", "Disk stalled?"]
      }
      for (const [cell, longest] of Object.entries(words)) {
        for (const word of longest) {
          await page.evaluate(
            ([cell = "", text = ""]) => {
              const said = document.querySelector(cell)?.lastChild
              if (said !== null && said !== undefined) said.textContent = text
            },
            [cell, word]
          )
          await assertWordsWhole(page)
        }
      }
    }
  )

  it(
    "each cell of the strip says how old it is when nothing has come for minutes",
    { timeout: 60_000 },
    async ({ demo, phone }) => {
      const proxy = await startProxy(demo.url)
      const { context, open } = await phone(proxy.url, { viewport: { width: 360, height: 640 } })
      const page = await open()
      await page.clock.install()
      await page.reload()
      await say(page, "the VM is slow")
      await page.getByText("Reachable", { exact: true }).waitFor()
      await button(page, "Stop").waitFor()
      await page.clock.pauseAt(Date.now() + 5000)
      proxy.rule = () => true
      proxy.drop()
      await button(page, "Try now").waitFor()
      await page.clock.runFor(150_000)
      const cells = await page.locator(".cell").allInnerTexts()
      assert.deepStrictEqual(
        cells.map((cell) => cell.replaceAll(/\s+/g, " ").replace(/(Reconnecting|Offline)$/, "lost")),
        ["Server 2 min lost", "Agent 2 min Unknown", "VM 2 min Reachable?"]
      )
      await button(page, "VM controls").waitFor()
      await assertWordsWhole(page)
      await context.close()
      proxy.close()
    }
  )
})

/** What a cell of the strip says is shown to its last letter; only a VM's age gives way. */
const assertWordsWhole = async (page: Page) => {
  const { looked, cut } = await page.evaluate(() => {
    const words = [...document.querySelectorAll<HTMLElement>(".cell:not(.vm) .word, .vm .said")]
    const cut = words.filter((word) => word.scrollWidth > (word.closest(".word")?.clientWidth ?? 0))
    return { looked: words.length, cut: cut.map((word) => word.innerText) }
  })
  assert.deepStrictEqual([looked, cut], [3, []])
}
