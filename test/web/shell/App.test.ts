/** The main job in Chromium, against the server as a process and the fake CLI: ask, watch, leave, come back, stop. */
import { assert, describe } from "@effect/vitest"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { dist, ofKind, type Server } from "../../support/server/BreakglassServer.ts"
import { it } from "../../support/browser/fixtures.ts"
import { assertOnScreen, button, composer, message, say, signIn } from "../../support/browser/Phone.ts"

const incident = [
  "The VM is slow.",
  "#say I will look at the **disk** first.",
  "#bash echo Filesystem 100% full",
  "#say Verdict: the disk is full."
].join("\n")

/** A command that runs until the test lets it go. */
const gated = (server: Server, gate: string) => ({
  prompt: `Look longer.\n#say Waiting for it.\n#bash until [ -e ${server.home}/${gate} ]; do sleep 0.05; done; echo released\n#say It is over.`,
  open: () => writeFileSync(join(server.home, gate), "")
})

const assertIncidentShown = async (page: Page) => {
  const log = page.getByRole("log")
  await log.getByText("Verdict: the disk is full.", { exact: true }).waitFor()
  await log.getByText("Done", { exact: true }).waitFor()
  assert.strictEqual(await log.getByText("I will look at the disk first.", { exact: true }).count(), 1)
  const row = log.locator("details", { hasText: "echo Filesystem" })
  await row.locator("summary").click()
  await row.getByText("Filesystem 100% full", { exact: true }).waitFor()
}

const sessionOf = (page: Page) => new URL(page.url()).hash.replace("#/s/", "")

const problem = (detail: string) => ({
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", detail })
})

describe("the main job, on a phone", () => {
  it(
    "signs in, asks, watches, reads the output, and sees the same after a reload",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const { faults, open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      await assertOnScreen(page, composer(page))
      await say(page, incident)
      await assertIncidentShown(page)
      const before = await page.getByRole("log").innerText()
      await assertOnScreen(page, composer(page))
      await page.reload()
      await assertIncidentShown(page)
      assert.strictEqual(await page.getByRole("log").innerText(), before)
      await page.setViewportSize({ width: 390, height: 500 })
      await assertOnScreen(page, composer(page))
      assert.deepStrictEqual(faults, [])
    }
  )

  it(
    "a locked phone misses nothing, and a second device finds the running session",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const first = await phone(server.url)
      const gate = gated(server, "go-locked")
      const page = await first.open()
      await signIn(page)
      await say(page, gate.prompt)
      await page.getByText("Waiting for it.", { exact: true }).waitFor()
      const id = sessionOf(page)
      await page.close()

      const second = await phone(server.url)
      const elsewhere = await second.open()
      await signIn(elsewhere)
      const row = elsewhere
        .getByRole("navigation", { name: "Sessions" })
        .getByRole("link", { name: /Look longer.*Working/ })
      await row.click()
      await elsewhere.getByText("Waiting for it.", { exact: true }).waitFor()
      assert.strictEqual(sessionOf(elsewhere), id)

      gate.open()
      const reader = await server.attach(id)
      await reader.until(ofKind("turn_end"))
      await reader.close()
      const back = await first.open(`/#/s/${id}`)
      await back.getByText("It is over.", { exact: true }).waitFor()
      await elsewhere.getByText("It is over.", { exact: true }).waitFor()
      assert.strictEqual(await back.getByText("Waiting for it.", { exact: true }).count(), 1)
      await back.getByText("Working").waitFor({ state: "detached" })
      assert.deepStrictEqual([...first.faults, ...second.faults], [])
    }
  )

  it(
    "WEB-07: a list that is some seconds old is not believed about the open session",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const { open } = await phone(server.url, { viewport: { width: 1280, height: 800 } })
      const page = await open()
      await signIn(page)
      await page.route("**/api/session", async (route) => {
        if (route.request().method() !== "GET") return route.continue()
        const response = await route.fetch()
        const { sessions } = (await response.json()) as { sessions: ReadonlyArray<{ title: string }> }
        const old = sessions.map((row) => ({ ...row, turn_active: row.title.startsWith("Old news") }))
        return route.fulfill({ response, json: { sessions: old } })
      })
      await say(page, "Old news.\n#say It is over.")
      await page.getByRole("log").getByText("Done", { exact: true }).waitFor()
      const row = page.getByRole("navigation", { name: "Sessions" }).getByRole("link", { name: /^Old news/ })
      await row.getByText(/ago/).waitFor()
      await button(page, "VM controls").click()
      await page.getByText("The agent is idle.").first().waitFor()
      await button(page, "Close").click()
      await page.getByRole("link", { name: "All sessions" }).click()
      await row.getByText("Working").waitFor()
    }
  )

  it("Stop stops, says what it ended, and the next prompt works", { timeout: 60_000 }, async ({ server, phone }) => {
    const { faults, open } = await phone(server.url)
    const page = await open()
    await signIn(page)
    await say(page, gated(server, "never").prompt)
    await page.getByText("Waiting for it.", { exact: true }).waitFor()
    await page.locator("details.running").waitFor()
    await message(page).fill("typed while it runs")
    await button(page, "Stop").click()
    await page.getByText("The agent was stopped").waitFor()
    await page.getByText(/none left/).waitFor()
    await button(page, "Stop").waitFor({ state: "detached" })
    assert.strictEqual(await message(page).inputValue(), "typed while it runs")
    await say(page, "#say Still here.")
    await page.getByText("Still here.", { exact: true }).waitFor()
    assert.deepStrictEqual(faults, [])
  })

  it(
    "a Stop that failed is said until the turn ends, and not of the next one",
    { timeout: 60_000 },
    async ({ server, phone }) => {
      const { open } = await phone(server.url)
      const page = await open()
      await signIn(page)
      const [first, second] = [gated(server, "stop-1"), gated(server, "stop-2")]
      await say(page, first.prompt)
      await page.locator("details.running").waitFor()
      await page.route("**/cancel", (route) => route.fulfill({ status: 500, ...problem("It broke.") }))
      await button(page, "Stop").click()
      const said = page.getByText("Stop: It broke. The agent may still be working.")
      await said.waitFor()
      first.open()
      await page.getByText("Done", { exact: true }).waitFor()
      assert.strictEqual(await said.count(), 0)
      await say(page, second.prompt)
      await page.locator("details.running").waitFor()
      assert.strictEqual(await said.count(), 0)
      // A server whose disk hangs tells itself what became of it.
      await page.route("**/cancel", (route) => route.fulfill({ status: 503, ...problem("Stop was taken.") }))
      await button(page, "Stop").click()
      await page.getByText("Stop: Stop was taken.", { exact: true }).waitFor()
      second.open()
    }
  )
})

describe("the bundle", () => {
  it("holds no Effect", () => {
    const built = dist("web/assets")
    const scripts = readdirSync(built).filter((name) => name.endsWith(".js"))
    assert.isNotEmpty(scripts)
    assert.deepStrictEqual(
      scripts.filter((name) => readFileSync(join(built, name), "utf8").includes("~effect/")),
      []
    )
  })
})
