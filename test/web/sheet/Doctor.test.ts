/** Why the VM is not well: the doctor's findings in the sheet, one tap from the sentence that says it, asked for each time. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { assertAccessible, assertTargets } from "../../support/browser/Axe.ts"
import { button, launch, makePhone, signIn } from "../../support/browser/Phone.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"

describe("Why?", { timeout: 60_000 }, () => {
  let server: Server
  let well: Server
  let browser: Browser
  const { bin, env } = programs({ ssh: 'echo "root@192.0.2.1: Permission denied (publickey)." >&2; exit 255' })
  beforeAll(async () => {
    server = await startServer({ env })
    well = await startServer({ entry: "demo" })
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await discard(server)
    await discard(well)
    rmSync(bin, { recursive: true })
  })

  it("at home opens what the doctor says, the broken ways to the VM first, each with its words and what to do", async () => {
    const { open, faults, context } = await makePhone(browser, server.url)
    const page = await open()
    let asked = 0
    page.on("request", (request) => (asked += Number(request.url().endsWith("/api/doctor"))))
    await signIn(page)
    await page.getByText("State unknown: neither host nor VM could be checked.").waitFor()
    assert.strictEqual(asked, 0)
    await button(page, "Why?").click()
    const parts = page.getByRole("dialog").locator(".part")
    await parts.first().waitFor()
    const found = (await (await server.request("/api/doctor")).json()) as {
      checks: ReadonlyArray<{ name: string; ok: boolean; fix?: string }>
    }
    const names = (ok: boolean) => found.checks.filter((check) => check.ok === ok).map(({ name }) => name)
    const shown = await parts.locator("strong").allInnerTexts()
    assert.deepStrictEqual(shown.slice(0, 2), ["target over ssh", "host over ssh"])
    assert.sameMembers(shown.slice(0, names(false).length), names(false))
    assert.sameMembers(shown.slice(names(false).length), names(true))
    const host = parts.filter({ hasText: "host over ssh" })
    await host.getByText(/auth:.*No key is configured/s).waitFor()
    await host.getByText("host/README.md says how the host is set up").waitFor()
    assert.strictEqual(await host.locator(".mark.bad").count(), 1)
    assert.strictEqual(await parts.locator(".mark.ok").count(), names(true).length)
    assert.isTrue(
      await page.locator("summary", { hasText: "Check every part" }).evaluate((summary) => {
        const { top, bottom } = summary.getBoundingClientRect()
        return top >= 0 && bottom <= innerHeight
      })
    )
    await assertAccessible(page, "doctor")
    await assertTargets(page, "doctor")
    if (process.env["SHOTS"] !== undefined) await page.screenshot({ path: `${process.env["SHOTS"]}/doctor.png` })
    assert.strictEqual(asked, 1)
    await button(page, "Check again").click()
    await page.waitForResponse("**/api/doctor")
    assert.strictEqual(asked, 2)
    await button(page, "Close").click()
    await button(page, "VM controls").click()
    await button(page, "Check again").waitFor({ state: "hidden" })
    assert.deepStrictEqual(faults, [])
    await context.close()
  })

  it("says that nothing was checked when the server does not answer", async () => {
    const { open, context } = await makePhone(browser, server.url)
    const page = await open()
    await signIn(page)
    await page.route("**/api/doctor", (route) => route.fulfill({ status: 502, body: "" }))
    await button(page, "Why?").click()
    await page.getByText(/^Nothing was checked\. .*\(502\)/).waitFor()
    await context.close()
  })

  it("is not asked where the VM is well", async () => {
    const { open, context } = await makePhone(browser, well.url)
    const page = await open()
    await page.getByText("Reachable", { exact: true }).waitFor()
    await page.getByText(/^Answers over ssh/).waitFor()
    assert.strictEqual(await button(page, "Why?").count(), 0)
    await context.close()
  })
})
