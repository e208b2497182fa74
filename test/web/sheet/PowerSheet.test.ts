/** The buttons under a thumb, against the simulated VM: held, pressed twice, offline, and what every ending says. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser, Page, Route } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import type { Operation, OpOutcome } from "../../../src/contract/Power.ts"
import { operation } from "../../support/power/runs.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, finger, launch, makePhone, message, middle, sizes } from "../../support/browser/Phone.ts"

const ended = (outcome: OpOutcome): Operation => {
  const now = new Date().toISOString()
  return operation({ started_at: now, ended_at: now, phase: "done", outcome })
}

describe("the verbs", () => {
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
  const posts = (page: Page) => {
    const made: Array<string> = []
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/api/pve/ops")) made.push(request.postData() ?? "")
    })
    return made
  }

  for (const viewport of sizes) {
    it(
      `by thumb at ${viewport.width}×${viewport.height}: held to its end it fires once, is verified, and stands in the list`,
      { timeout: 60_000 },
      async () => {
        const { context, faults, open } = await makePhone(browser, demo.url, { viewport })
        const page = await open()
        const made = posts(page)
        await button(page, "VM controls").click()
        const thumb = await finger(page)
        const { x, y, box } = await middle(page.getByRole("button", { name: /cycle/ }))
        assert.isTrue(box.y >= 0 && box.y + box.height <= viewport.height, "the button is on the screen")
        await thumb.down(x, y)
        await page.getByText("keep holding…").waitFor()
        await thumb.move(x + 10, y + 5)
        await page.getByText("Power cycle: running").waitFor()
        await thumb.up()
        await page.locator(".run").first().getByText("Power cycle: done, verified").waitFor({ timeout: 20_000 })
        await page.getByRole("dialog").locator(".vm-line .mark.ok").waitFor()
        assert.strictEqual(
          await page.getByText("Recommended").count(),
          0,
          "nothing is to be started with a VM that is well"
        )
        assert.strictEqual(made.length, 1)
        assert.include(made[0], '"confirm":"devvm"')
        assert.deepStrictEqual(faults, [])
        await context.close()
      }
    )
  }

  it("WEB-09: pressed twice while the answer is slow it is one operation", { timeout: 40_000 }, async () => {
    const { context, open } = await makePhone(browser, demo.url)
    const page = await open()
    const made = posts(page)
    let release = () => {}
    const slow = new Promise<void>((settle) => (release = settle))
    await page.route("**/api/pve/ops", async (route: Route) => {
      if (route.request().method() === "POST") await slow
      await route.continue()
    })
    await button(page, "VM controls").click()
    const check = page.getByRole("button", { name: /forensics/ })
    await check.dblclick({ noWaitAfter: true })
    await page.waitForFunction(() => document.querySelector(".verb-button[aria-disabled=true]"))
    release()
    await page
      .getByText(/Collect evidence: done/)
      .first()
      .waitFor({ timeout: 20_000 })
    assert.strictEqual(made.length, 1)
    await context.close()
  })

  it("after a lost answer the same press is the same operation", { timeout: 40_000 }, async () => {
    const { context, open } = await makePhone(browser, demo.url)
    const page = await open()
    const made = posts(page)
    await page.route("**/api/pve/ops", (route) =>
      route.request().method() === "POST" ? route.abort() : route.continue()
    )
    await button(page, "VM controls").click()
    await page.getByRole("button", { name: /forensics/ }).click()
    await page.getByText(/No answer: it may have started/).waitFor()
    await page.unroute("**/api/pve/ops")
    await page.getByRole("button", { name: /forensics/ }).click()
    await page
      .getByText(/Collect evidence: (running|done)/)
      .first()
      .waitFor()
    assert.strictEqual(made.length, 2)
    assert.strictEqual(made[0], made[1])
    await context.close()
  })

  it("WEB-08: no ending but a good one looks good, and each says what to do next", { timeout: 60_000 }, async () => {
    const bad: ReadonlyArray<OpOutcome> = ["failed", "rejected", "busy", "unreachable", "host_key", "auth", "unknown"]
    const { context, open } = await makePhone(browser, demo.url)
    for (const outcome of bad) {
      const page = await open("/")
      await message(page).waitFor()
      await page.route("**/api/pve/stream*", (route) => {
        const entry = { kind: "operation", op: ended(outcome), id: 0, at: ended(outcome).started_at }
        const body = `id: 0\ndata: ${JSON.stringify(entry)}\n\nevent: caught-up\ndata: {}\n\n`
        return route.fulfill({ contentType: "text/event-stream", body })
      })
      await page.route("**/api/pve/ops", (route) => route.fulfill({ json: { operations: [] } }))
      await page.reload()
      await button(page, "VM controls").click()
      const run = page.locator(".run").first()
      await run.getByText(/^Power cycle: /).waitFor()
      assert.strictEqual(await run.locator(".mark.ok").count(), 0, outcome)
      assert.notMatch(await run.innerText(), /done|verified/i, outcome)
      assert.isNotEmpty(await run.locator(".next").innerText(), outcome)
      // What may have happened is looked at before it is done again.
      await page.getByRole("button", { name: /^Check.*Recommended/ }).waitFor()
      assert.strictEqual(await page.getByText("Recommended").count(), 1, outcome)
      await page.close()
    }
    await context.close()
  })

  it("offline nothing can be pressed, and nothing is queued", { timeout: 40_000 }, async () => {
    const { context, open } = await makePhone(browser, demo.url)
    const page = await open()
    const made = posts(page)
    await button(page, "VM controls").click()
    await context.setOffline(true)
    await page
      .getByText(/You are offline/)
      .first()
      .waitFor()
    assert.isTrue(await page.getByRole("button", { name: /cycle/ }).isDisabled())
    assert.isTrue(await page.getByRole("button", { name: /status/ }).isDisabled())
    await context.setOffline(false)
    await page
      .getByText(/You are offline/)
      .first()
      .waitFor({ state: "detached" })
    assert.deepStrictEqual(made, [])
    await context.close()
  })
})
