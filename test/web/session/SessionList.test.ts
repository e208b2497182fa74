/** The list of sessions on the page: more of it on demand, and one taken off it or deleted, never by one tap. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, signIn } from "../../support/browser/Phone.ts"

describe("the list of sessions", { timeout: 90_000 }, () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    for (let made = 0; made < 52; made++) await server.session()
    await server.turn(await server.session(), "#say one")
    await server.turn(await server.session(), "#say two")
  })
  afterAll(async () => {
    await browser.close()
    await discard(server)
  })
  const held = async (query = "") => {
    const answer = (await (await server.request(`/api/session?limit=999${query}`)).json()) as {
      readonly sessions: ReadonlyArray<{ readonly title: string }>
    }
    return answer.sessions
  }

  it("shows fifty, and the rest when it is asked for more", async () => {
    const { open, faults } = await makePhone(browser, server.url)
    const page = await open("/")
    await signIn(page)
    const rows = page.locator(".sessions li")
    await rows.nth(49).waitFor()
    assert.strictEqual(await rows.count(), 50)
    await button(page, "Show more").click()
    await rows.nth(53).waitFor()
    assert.strictEqual(await rows.count(), (await held()).length)
    assert.strictEqual(await button(page, "Show more").count(), 0)
    assert.deepStrictEqual(faults, [])
  })

  it("archives and deletes one, after it was asked, at 320 pixels too", async () => {
    const { open, faults } = await makePhone(browser, server.url, { viewport: { width: 320, height: 568 } })
    const page = await open("/")
    await signIn(page)
    const before = await held()
    await page.getByRole("button", { name: "Remove #say two" }).click()
    const dialog = page.getByRole("dialog")
    assert.strictEqual((await held()).length, before.length, "one tap does nothing")
    assert.isTrue(await dialog.getByRole("button", { name: "Cancel" }).evaluate((it) => it === document.activeElement))
    for (const name of ["Cancel", "Archive", "Delete for good"]) {
      const box = await dialog.getByRole("button", { name }).boundingBox()
      assert.isTrue(box !== null && box.x >= 0 && box.x + box.width <= 320 && box.y + box.height <= 568, name)
    }
    await dialog.getByRole("button", { name: "Archive" }).click()
    await dialog.waitFor({ state: "detached" })
    await page.getByRole("link", { name: "#say two" }).waitFor({ state: "detached" })
    assert.deepStrictEqual(
      (await held("&archived=1")).map(({ title }) => title),
      ["#say two"]
    )

    await page.getByRole("button", { name: "Remove #say one" }).click()
    await dialog.getByRole("button", { name: "Delete for good" }).click()
    await page.getByRole("link", { name: "#say one" }).waitFor({ state: "detached" })
    assert.strictEqual((await held()).length, before.length - 2)
    assert.isFalse((await held()).some(({ title }) => title === "#say one"))
    assert.deepStrictEqual(faults, [])
    if (process.env["SHOTS"]) {
      await page.getByRole("button", { name: "Remove Untitled session" }).first().click()
      await page.screenshot({ path: `${process.env["SHOTS"]}/remove-320.png` })
    }
  })
})
