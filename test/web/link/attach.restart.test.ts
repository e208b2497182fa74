/** The server dies and comes back; two tabs look on. Nothing is doubled, nothing is lost, no draft either. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { gate } from "../../support/server/processes.ts"
import { button, launch, makePhone, message, say, signIn } from "../../support/browser/Phone.ts"
import { forward, pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"

describe("two tabs and a restart", () => {
  let browser: Browser
  let server: Server
  let proxy: Proxy
  beforeAll(async () => {
    browser = await launch()
    server = await startServer()
    proxy = await startProxy(server.url)
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })

  it(
    "WEB-06: a killed and restarted server is one gap in one transcript, in both tabs",
    { timeout: 60_000 },
    async () => {
      const phone = await makePhone(browser, proxy.url)
      const page = await phone.open()
      await signIn(page)
      await say(page, "Hang on.\n#say Before the end.\n#bash sleep 300")
      await page.getByText("Before the end.", { exact: true }).waitFor()
      const other = await phone.open(`/${new URL(page.url()).hash}`)
      await other.getByText("Before the end.", { exact: true }).waitFor()
      await message(page).fill("a draft that must live")

      await server.stop("SIGKILL")
      for (const tab of [page, other])
        await tab
          .getByText(/Reconnecting|Offline/)
          .first()
          .waitFor()
      const { home } = server
      server = await startServer({ home })
      proxy.target = server.url
      proxy.rule = pass

      for (const tab of [page, other]) {
        await button(tab, "Try now")
          .click({ timeout: 3000 })
          .catch(() => {})
        await tab.getByText(/Interrupted: the server restarted/).waitFor({ timeout: 35_000 })
        assert.strictEqual(await tab.getByText("Before the end.", { exact: true }).count(), 1)
      }
      assert.strictEqual(await message(page).inputValue(), "a draft that must live")
      // The other tab finds it in the outbox they share, and asks the same as well.
      const held: Array<() => void> = []
      const asked = new Promise<void>((settle) => {
        proxy.rule = (asked, response) => {
          if (asked.method !== "POST") return false
          held.push(() => forward(server.url, asked, response, (chunk) => response.write(chunk)))
          settle()
          return true
        }
      })
      await button(other, "Resume").click()
      await asked
      // A second tap would ask a second time.
      await button(other, "Resume").waitFor({ state: "detached" })
      proxy.rule = pass
      for (const goOn of held) goOn()
      await other.getByText("Hello from the fake.").waitFor()
      assert.strictEqual(await button(other, "Resume").count(), 0)
      await say(page, "#say Alive again.")
      for (const tab of [page, other]) await tab.getByText("Alive again.", { exact: true }).waitFor()
      assert.deepStrictEqual(
        phone.faults.filter((fault) => fault.startsWith("CSP")),
        []
      )
      await phone.context.close()
    }
  )

  it(
    "what is written during a turn waits, goes out once from two tabs, and is held after Stop",
    { timeout: 60_000 },
    async () => {
      const phone = await makePhone(browser, proxy.url)
      const page = await phone.open()
      await signIn(page)
      const { command, open } = gate(server.home)
      await say(page, `First.\n#say One.\n#bash ${command}`)
      await button(page, "Stop").waitFor()
      const other = await phone.open(`/${new URL(page.url()).hash}`)
      await other.getByText("One.", { exact: true }).waitFor()
      await say(page, "Second.\n#say Two.\n#bash sleep 300")
      await page.getByText("Waiting for the agent to finish.").waitFor()
      open()
      await page.getByText("Two.", { exact: true }).waitFor()
      assert.strictEqual(await page.locator(".of-user").count(), 2)

      await say(page, "Third.\n#say Three.")
      const outbox = page.getByRole("list", { name: "Not in the log yet" })
      await outbox.getByText("Waiting for the agent to finish. Keep this page open.").waitFor()
      await button(page, "Stop").click()
      await outbox.getByText("On hold, because the agent was stopped.").waitFor()
      await button(page, "Edit").click()
      assert.strictEqual(await message(page).inputValue(), "Third.\n#say Three.")
      await button(page, "Send").click()
      await page.getByText("Three.", { exact: true }).waitFor()
      await other.getByText("Three.", { exact: true }).waitFor()
      assert.strictEqual(await other.locator(".of-user").count(), 3)
      await phone.context.close()
    }
  )

  it("what is typed while the first session is made stays in the box, and is kept", { timeout: 30_000 }, async () => {
    const { context, open } = await makePhone(browser, proxy.url)
    const page = await open()
    await signIn(page)
    const made = new Promise<() => void>((settle) => {
      proxy.rule = (asked, response) => {
        if (asked.method !== "POST") return false
        proxy.rule = pass
        settle(() => forward(server.url, asked, response, (chunk) => response.write(chunk)))
        return true
      }
    })
    await say(page, "#say Made.")
    const goOn = await made
    await message(page).press("End")
    await message(page).pressSequentially(" And another thing")
    goOn()
    await page.getByText("Made.", { exact: true }).waitFor()
    assert.strictEqual(await message(page).inputValue(), "And another thing")
    await page.reload()
    await page.getByText("Made.", { exact: true }).waitFor()
    assert.strictEqual(await message(page).inputValue(), "And another thing")
    await page.getByRole("link", { name: "All sessions" }).click()
    await page.getByRole("heading", { name: /^What is wrong/ }).waitFor()
    assert.strictEqual(await message(page).inputValue(), "")
    await context.close()
  })

  it(
    "WEB-07: with storage that refuses everything the page works, and forgets when it goes",
    { timeout: 30_000 },
    async () => {
      const phone = await makePhone(browser, proxy.url)
      await phone.context.addInitScript(() => {
        const refuse = () => {
          throw new DOMException("full", "QuotaExceededError")
        }
        Object.defineProperties(Storage.prototype, { setItem: { value: refuse }, getItem: { value: refuse } })
      })
      const page = await phone.open()
      await signIn(page)
      await say(page, "#say No storage.")
      await page.getByText("No storage.", { exact: true }).waitFor()
      assert.deepStrictEqual(phone.faults, [])
      await phone.context.close()
    }
  )
})
