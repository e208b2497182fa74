/** What stands between the page and the server, and what becomes of either: said truthfully, never asked in a hot loop. */
import { assert, describe, it } from "@effect/vitest"
import type { ServerResponse } from "node:http"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { button, launch, makePhone, say, signIn } from "../../support/browser/Phone.ts"
import { forward, pass, type Proxy, type Rule, startProxy } from "../../support/browser/Proxy.ts"

const isStream = /^\/api\/session\/[^/]+\/stream/

const plain = (status: number, headers: Record<string, string>, body: string) => (answer: ServerResponse) =>
  void answer.writeHead(status, headers).end(body)

const problem = { "content-type": "application/problem+json" }

/** What comes in place of the stream, what the page then says, and whether it may ask again by itself. */
const inPlace: ReadonlyArray<
  readonly [what: string, answer: (answer: ServerResponse) => void, says: RegExp, again: boolean]
> = [
  ["204", plain(204, {}, ""), /Reconnecting|Offline/, true],
  ["a redirect to a sign-in", plain(302, { location: "https://sso.example.org/" }, ""), /Sign in to continue/, false],
  ["401", plain(401, { "content-type": "application/json" }, '{"detail":"no"}'), /Sign in to continue/, false],
  ["the server's 404", plain(404, problem, '{"type":"about:blank","detail":"no"}'), /Session not found/, false],
  ["a proxy's 404", plain(404, { "content-type": "text/plain" }, "no route"), /in its place \(404\)/, true],
  ["the server's 500", plain(500, problem, '{"type":"about:blank","detail":"It broke"}'), /It broke/, true],
  ["a sign-in page", plain(200, { "content-type": "text/html" }, "<h1>SSO</h1>"), /Sign in to continue/, false]
]

describe("the connection", () => {
  let server: Server
  let browser: Browser
  let proxy: Proxy
  let session: string
  beforeAll(async () => {
    server = await startServer()
    browser = await launch()
    proxy = await startProxy(server.url)
    session = await server.session()
    await server.turn(session, "Hello.\n#say Hello back.")
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })
  const signedIn = async (path = "/") => {
    proxy.rule = pass
    const phone = await makePhone(browser, proxy.url)
    const first = await phone.open()
    await signIn(first)
    await first.close()
    return { ...phone, page: await phone.open(path) }
  }

  for (const [what, answer, says, again] of inPlace) {
    it(`SSE-08: ${what} in place of the stream is said, and not asked for in a loop`, { timeout: 40_000 }, async () => {
      const { context, page } = await signedIn("/")
      const from = proxy.seen.length
      proxy.rule = (asked, response) => {
        if (!isStream.test(asked.url ?? "")) return false
        answer(response)
        return true
      }
      await page.clock.install()
      // With a query it is another page, whose timers are all of that clock.
      await page.goto(`${proxy.url}/?#/s/${session}`)
      await page.getByText(says).first().waitFor()
      // A minute of the page's own time.
      for (let second = 0; second < 60; second++) await page.clock.runFor(1000)
      const asked = proxy.seen.slice(from).filter(({ path }) => isStream.test(path)).length
      if (again) assert.isAtLeast(asked, 2)
      assert.isAtMost(asked, again ? 20 : 1)
      await context.close()
    })
  }

  it("a lost link is said for as long as it is lost, also while it is tried again", { timeout: 40_000 }, async () => {
    const { context, page } = await signedIn("/")
    await page.clock.install()
    await page.goto(`${proxy.url}/?#/s/${session}`)
    await page.getByText("Live", { exact: true }).waitFor()
    await page.clock.pauseAt(Date.now() + 5000)
    const tried = () => proxy.seen.filter(({ path }) => isStream.test(path)).length
    const before = tried()
    const broken = new Promise<void>((settle) => {
      // From here nothing comes back: a link that swallows what is sent.
      proxy.rule = (asked) => {
        if (isStream.test(asked.url ?? "")) settle()
        return true
      }
    })
    proxy.drop()
    await button(page, "Try now").waitFor()
    await page.clock.runFor(1100)
    await broken
    await page.getByText("Trying…").waitFor()
    assert.isTrue(await button(page, "Try now").isVisible())
    // Under 5 s old it may still be answered.
    await button(page, "Try now").click()
    await page.clock.runFor(5100)
    assert.strictEqual(tried(), before + 1)
    await button(page, "Try now").click()
    await proxy.asked(isStream, before + 2)
    assert.isTrue(await button(page, "Try now").isVisible())
    proxy.rule = pass
    await page.clock.runFor(5100)
    await button(page, "Try now").click()
    await page.getByText("Live", { exact: true }).waitFor()
    assert.isFalse(await button(page, "Try now").isVisible())
    await context.close()
  })

  it("what draws Markdown is asked for again when there is a link again", { timeout: 30_000 }, async () => {
    const { context, page } = await signedIn()
    let lost = 0
    await page.route("**/assets/afterFirstPaint-*", (route) => (lost++, route.abort()))
    await page.reload()
    await say(page, "#say A **bold** word.")
    await page.getByText("A **bold** word.", { exact: true }).waitFor()
    assert.isAtLeast(lost, 1)
    await page.unrouteAll({ behavior: "wait" })
    proxy.drop()
    await page.locator("strong", { hasText: "bold" }).waitFor()
    await context.close()
  })

  it("WEB-06: a session that is gone offers the list, and says so once", { timeout: 30_000 }, async () => {
    const { context, page } = await signedIn("/#/s/00000000-0000-4000-8000-000000000000")
    await page.getByText("Session not found").waitFor()
    await page.getByRole("link", { name: "Show all sessions" }).click()
    await page.getByRole("heading", { name: "Sessions" }).waitFor()
    await context.close()
  })

  it("SSE-07: notices a proxy that holds the stream, asks in pieces and says so", { timeout: 60_000 }, async () => {
    const { context, page } = await signedIn("/")
    proxy.rule = held(server.url)
    const quiet = await server.session()
    await page.goto(`${proxy.url}/#/s/${quiet}`)
    await page.getByText(/A proxy blocks live updates/).waitFor({ timeout: 25_000 })
    await say(page, "#say Through the proxy.")
    await page.getByText("Through the proxy.", { exact: true }).waitFor()
    await page.getByText("Done", { exact: true }).waitFor()
    await context.close()
  })

  it("WEB-07: offline it says since when, back online it has what was missed", { timeout: 30_000 }, async () => {
    const { context, page } = await signedIn(`/#/s/${session}`)
    await page.getByText("Live", { exact: true }).waitFor()
    await context.setOffline(true)
    proxy.rule = (asked, response) => {
      response.destroy()
      return asked !== undefined
    }
    // What was open before stays open, in a browser that is only told so.
    proxy.drop()
    await page.getByText(/No connection since \d\d:\d\d\. Trying/).waitFor()
    await server.turn(session, "#say While you were away.")
    proxy.rule = pass
    await context.setOffline(false)
    await page.getByText("While you were away.", { exact: true }).waitFor()
    assert.strictEqual(await page.getByText("Hello back.", { exact: true }).count(), 1)
    await context.close()
  })
})

/** As nginx with buffering does: an answer is passed on when it is whole. One that never ends never is. */
const held =
  (target: string): Rule =>
  (asked, answer) => {
    if (!/\/stream/.test(asked.url ?? "")) return false
    const pieces: Array<Buffer> = []
    forward(target, asked, answer, (chunk) => {
      pieces.push(chunk)
      // The server may end what was asked for in one piece, or not yet know how.
      if (!/poll=1/.test(asked.url ?? "") || !Buffer.concat(pieces).includes("event: caught-up")) return
      answer.end(Buffer.concat(pieces))
    })
    return true
  }
