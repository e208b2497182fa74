/** The pictures of the README, from the demo server as it is: `node docs/screenshots/take.ts`, after `npm run build`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { discard, startServer } from "../../test/support/server/BreakglassServer.ts"
import { button, launch, makePhone, message, say, signIn } from "../../test/support/browser/Phone.ts"

const take = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: join(import.meta.dirname, `${name}.png`), animations: "disabled", scale: "css" })
}

const browser = await launch()

const demo = await startServer({ entry: "demo" })
const { open, context } = await makePhone(browser, demo.url, { colorScheme: "dark" })
const page = await open()
await page.getByText("Reachable").first().waitFor()
await take(page, "phone-first")
await say(page, "The VM is very slow since two o'clock, and the shop is down.")
await page.locator("details.failed").waitFor()
await take(page, "phone-running")
await button(page, "VM controls").click()
await page.getByText("More power actions").waitFor()
await take(page, "phone-sheet")
await page.locator("summary", { hasText: /^Screen$/ }).click()
await page.getByRole("img", { name: /^Console of devvm/ }).waitFor()
await take(page, "phone-screen")
await button(page, "Close").click()

const desk = await makePhone(browser, demo.url, {
  colorScheme: "light",
  viewport: { width: 1280, height: 800 },
  hasTouch: false
})
const wide = await desk.open(`/${new URL(page.url()).hash}`)
await wide.getByText("one container's log").waitFor()
await wide.locator("summary", { hasText: "df -h / /var" }).click()
await wide.getByText("Filesystem").first().waitFor()
await take(wide, "desktop")

await page.locator(".of-end").getByText("Done").waitFor({ timeout: 60_000 })
await page.getByText("Idle").first().waitFor()
await take(page, "phone-finished")
await message(page).fill("And is the backup of tonight complete?")
await demo.stop("SIGKILL")
await page
  .getByText(/Reconnecting|Offline/)
  .first()
  .waitFor()
await take(page, "phone-offline")
await context.close()
await desk.context.close()
await discard(demo)

const refused = await startServer()
writeFileSync(join(refused.home, "fake-claude.txt"), "#say I will look at the memory first.\n#api-error 529\n")
const other = await makePhone(browser, refused.url, { colorScheme: "dark" })
const failing = await other.open()
await signIn(failing)
await say(failing, "Find out what eats the memory.")
await failing.getByText("The agent could not finish").waitFor()
await take(failing, "phone-error")
await discard(refused)
await browser.close()
