/** A long log, read: the end is followed only by who is at the end, any event has an address, what was cut can be had whole. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, middle, say, signIn } from "../../support/browser/Phone.ts"

const scrolledTo = (page: Page) =>
  page.locator(".transcript").evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight))

/** A size that changed is observed after the frame that drew it. */
const twoFrames = (page: Page) =>
  page.evaluate(() => new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(settle))))

/** As a reader does: by a wheel, until it stands still. */
const scroll = async (page: Page, by: number) => {
  await page.locator(".transcript").hover()
  await page.mouse.wheel(0, by)
  await page.waitForFunction(async (by) => {
    const box = document.querySelector(".transcript")
    const before = box?.scrollTop ?? 0
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    const below = (box?.scrollHeight ?? 0) - before - (box?.clientHeight ?? 0)
    return before === box?.scrollTop && (before === 0 || below >= Math.min(-by, 300))
  }, by)
}

describe("a long log", () => {
  let server: Server
  let browser: Browser
  let session: string
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    session = await server.session()
    await server.turn(session, "#fault burst 3000 80")
    await server.turn(session, "#bash seq 1 5900\n#say The very end.")
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await discard(server)
  })
  const open = async (path: string) => {
    const phone = await makePhone(browser, server.url)
    const first = await phone.open()
    await signIn(first)
    await first.close()
    return { ...phone, page: await phone.open(path) }
  }

  it(
    "WEB-10: is shown from its end, with a part of it in the page, and goes on upwards",
    { timeout: 40_000 },
    async () => {
      const { context, page } = await open(`/#/s/${session}`)
      await page.getByText("The very end.", { exact: true }).waitFor()
      await page.getByText("Live", { exact: true }).waitFor()
      assert.isAtMost(await scrolledTo(page), 60)
      const items = () => page.locator(".item").count()
      assert.isAtMost(await items(), 900)
      const oldest = () => page.locator("[id^=e-]").first().getAttribute("id")
      const before = await oldest()
      await scroll(page, -1_000_000)
      await page.waitForFunction((id) => document.querySelector("[id^=e-]")?.id !== id, before)
      assert.isAtMost(await items(), 900)
      await context.close()
    }
  )

  it("an address names an event, which is found, shown and marked", { timeout: 40_000 }, async () => {
    const { context, page } = await open(`/#/s/${session}/e/1500`)
    const event = page.locator("#e-1500.linked")
    await event.waitFor()
    await page.waitForFunction(() => {
      const box = document.querySelector("#e-1500")?.getBoundingClientRect()
      return box !== undefined && box.top > 0 && box.bottom < innerHeight
    })
    await button(page, /^↓/).click()
    await page.getByText("The very end.", { exact: true }).waitFor()
    // By now this device has kept the log's end, and begins with that.
    await page.reload()
    await event.waitFor()
    await context.close()
  })

  it("who reads above is left there and told how much is new", { timeout: 40_000 }, async () => {
    const { context, page } = await open(`/#/s/${session}`)
    await page.getByText("The very end.", { exact: true }).waitFor()
    await scroll(page, -700)
    const top = () => page.locator(".transcript").evaluate((box) => Math.round(box.scrollTop))
    const before = await top()
    await server.turn(session, "#say News.")
    await page.getByRole("button", { name: /^↓ \d+ new$/ }).waitFor()
    assert.strictEqual(await top(), before)
    await page.getByRole("button", { name: /^↓ \d+ new$/ }).click()
    await page.getByText("News.", { exact: true }).waitFor()
    assert.isAtMost(await scrolledTo(page), 60)
    await context.close()
  })

  it("a row opened at the end stays under the finger; closed again the end is followed", async () => {
    const { context, page } = await open(`/#/s/${session}`)
    const row = page.locator("summary", { hasText: "seq 1 5900" })
    await page.getByText("Live", { exact: true }).waitFor()
    await row.waitFor()
    const top = async () => (await middle(row)).box.y
    const before = await top()
    await row.click()
    await page.locator("pre.output").waitFor()
    await twoFrames(page)
    assert.strictEqual(await top(), before)
    await row.click()
    await page.locator("pre.output").waitFor({ state: "detached" })
    await server.turn(session, "#say Followed.")
    await page.getByText("Followed.", { exact: true }).waitFor()
    assert.isAtMost(await scrolledTo(page), 60)
    await context.close()
  })

  it("what was cut is had whole by a press", { timeout: 40_000 }, async () => {
    const { context, page } = await open(`/#/s/${session}`)
    await page.locator("summary", { hasText: "seq 1 5900" }).click()
    const output = page.locator("pre.output")
    await output.waitFor()
    assert.notInclude(await output.innerText(), "\n3000\n")
    await page.getByRole("button", { name: /^Show all/ }).click()
    await page.waitForFunction(() => document.querySelector("pre.output")?.textContent?.includes("\n3000\n"))
    await context.close()
  })

  it("who reads above is told that the agent writes below", { timeout: 40_000 }, async () => {
    const { context, page } = await open(`/#/s/${session}`)
    await page.getByText("Live", { exact: true }).waitFor()
    await server.prompt(session, "#slow 4000 10")
    await page.locator(".live").waitFor()
    await scroll(page, -700)
    await button(page, "↓ To the end").click()
    await page.waitForFunction(() => {
      const box = document.querySelector(".transcript")
      return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 60
    })
    await button(page, "Stop").click()
    await page.getByText("The agent was stopped").waitFor()
    await context.close()
  })

  it("the list is asked again by who comes back to it, not only every 15 s", { timeout: 40_000 }, async () => {
    const { context, page } = await open("/")
    await page.addInitScript(() => {
      const real = window.setInterval.bind(window)
      Object.assign(window, { setInterval: (act: () => void, ms: number) => (ms === 15_000 ? 0 : real(act, ms)) })
    })
    let known = false
    // As the list is while the first prompt is still on its way.
    await page.route("**/api/session", async (route) => {
      const answer = await route.fetch()
      const body = await answer.text()
      await route.fulfill({
        response: answer,
        body: known ? body : body.replaceAll(/"last_event_id":\d+/g, '"last_event_id":null')
      })
    })
    await page.reload()
    await say(page, "Export the new one.\n#say Made.")
    await page.getByText("Made.", { exact: true }).waitFor()
    await page.getByText("Done", { exact: true }).waitFor()
    known = true
    await page.getByRole("link", { name: "All sessions" }).click()
    await page.getByRole("button", { name: /^Export Export the new one/ }).waitFor()
    await page.unrouteAll({ behavior: "wait" })
    await context.close()
  })

  it("the incident can be taken along as a file", { timeout: 40_000 }, async () => {
    const { context, page } = await open("/")
    await say(page, "Export me.\n#say Exported.")
    await page.getByText("Exported.", { exact: true }).waitFor()
    await page.getByRole("link", { name: "All sessions" }).click()
    const download = page.waitForEvent("download")
    await page.getByRole("button", { name: /^Export Export me/ }).click()
    const file = await (await download).path()
    assert.include(readFileSync(file, "utf8"), "Exported.")
    await context.close()
  })
})
