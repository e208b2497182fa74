/** The archived sessions on the page: found again, put back, deleted after a question, a page at a time. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { assertAccessible, assertTargets } from "../../support/browser/Axe.ts"
import { button, launch, makePhone, signIn } from "../../support/browser/Phone.ts"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"

describe("the archive", { timeout: 90_000 }, () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await discard(server)
  })
  const archive = (id: string) =>
    server.request(`/api/session/${id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ archived: true })
    })
  const titles = async (query: string) => {
    const answer = (await (await server.request(`/api/session?limit=999${query}`)).json()) as {
      readonly sessions: ReadonlyArray<{ readonly title: string }>
    }
    return answer.sessions.map(({ title }) => title)
  }

  it("is closed at first and empty; what is archived appears in it, can be read, and goes back or for good", async () => {
    await server.turn(await server.session(), "#say one")
    await server.turn(await server.session(), "#say two")
    const { open, faults, context } = await makePhone(browser, server.url)
    const page = await open()
    let asked = 0
    page.on("request", (request) => (asked += Number(request.url().includes("archived=1"))))
    await signIn(page)
    await button(page, "Remove #say two").waitFor()
    assert.strictEqual(asked, 0)
    const fold = page.locator("details", { has: page.locator("summary", { hasText: /^Archived$/ }) })
    await fold.locator("summary").click()
    await fold.getByText("None.").waitFor()
    for (const name of ["one", "two"]) {
      await button(page, `Remove #say ${name}`).click()
      await button(page, "Archive").click()
      await fold.getByRole("link", { name: `#say ${name}` }).waitFor()
    }
    await assertAccessible(page, "archive")
    await assertTargets(page, "archive")
    if (process.env["SHOTS"] !== undefined) await page.screenshot({ path: `${process.env["SHOTS"]}/archived.png` })
    await button(page, "Restore #say one").click()
    await fold.getByRole("link", { name: "#say one" }).waitFor({ state: "detached" })
    await button(page, "Remove #say one").waitFor()
    assert.deepStrictEqual([await titles(""), await titles("&archived=1")], [["#say one"], ["#say two"]])

    await fold.getByRole("link", { name: "#say two" }).click()
    await page.getByText("two", { exact: true }).waitFor()
    await page.getByRole("link", { name: "All sessions" }).click()
    await button(page, "Delete #say two").click()
    const dialog = page.getByRole("dialog")
    assert.strictEqual(await dialog.getByRole("button", { name: "Archive" }).count(), 0)
    if (process.env["SHOTS"] !== undefined)
      await page.screenshot({ path: `${process.env["SHOTS"]}/archived-delete.png` })
    await dialog.getByRole("button", { name: "Cancel" }).click()
    assert.deepStrictEqual(await titles("&archived=1"), ["#say two"])
    await button(page, "Delete #say two").click()
    await dialog.getByRole("button", { name: "Delete for good" }).click()
    await fold.getByText("None.").waitFor()
    assert.deepStrictEqual([await titles(""), await titles("&archived=1")], [["#say one"], []])
    assert.deepStrictEqual(faults, [])
    await context.close()
  })

  it("shows fifty, and the rest when it is asked for more; a list that does not come is said", async () => {
    for (let made = 0; made < 52; made++) await archive(await server.session())
    const { open, context } = await makePhone(browser, server.url)
    const page = await open()
    await signIn(page)
    const fold = page.locator("details", { has: page.locator("summary", { hasText: /^Archived$/ }) })
    await fold.locator("summary").click()
    await fold.locator("li").nth(49).waitFor()
    assert.strictEqual(await fold.locator("li").count(), 50)
    await fold.getByRole("button", { name: "Show more" }).click()
    await fold.locator("li").nth(51).waitFor()
    assert.strictEqual(await fold.getByRole("button", { name: "Show more" }).count(), 0)
    await page.route("**/api/session?archived=1*", (route) => route.fulfill({ status: 502, body: "" }))
    await fold.locator("summary").click()
    await fold.locator("summary").click()
    await fold.getByText(/^The archived sessions could not be loaded\. .*\(502\)/).waitFor()
    await context.close()
  })
})
