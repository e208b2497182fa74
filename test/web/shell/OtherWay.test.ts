/** Single sign-on is down: the page that this device kept names the address around it, and the token signs in there. */
import { assert, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { freePort } from "../../host/support/sshd.ts"
import { discard, type Server, startServer, token } from "../../support/server/BreakglassServer.ts"
import { launch, makePhone, signIn, until } from "../../support/browser/Phone.ts"
import { pass, type Proxy, type Rule, startProxy } from "../../support/browser/Proxy.ts"

/** What a dead sign-on leaves of its proxy: a redirect to where nobody is, or the proxy's own error. */
const dead: ReadonlyArray<readonly [what: string, rule: Rule]> = [
  [
    "a redirect to a sign-in that is not there",
    (_asked, answer) => answer.writeHead(302, { location: "http://127.0.0.1:2/" }).end() !== undefined
  ],
  [
    "a 502",
    (_asked, answer) => answer.writeHead(502, { "content-type": "text/html" }).end("<h1>502</h1>") !== undefined
  ]
]

describe("the other way in", { timeout: 60_000 }, () => {
  let server: Server
  let browser: Browser
  let proxy: Proxy
  let direct: string
  beforeAll(async () => {
    const port = await freePort()
    // Another name: a browser keeps cookies for a name, not for a port.
    direct = `http://localhost:${port}`
    proxy = await startProxy(direct)
    const env = { PORT: String(port), BREAKGLASS_PUBLIC_ORIGIN: proxy.url, BREAKGLASS_DIRECT_URL: direct }
    server = await startServer({ env })
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    proxy.close()
    await discard(server)
  })

  for (const [what, rule] of dead) {
    it(`is a link on the page that opens in spite of ${what}, and the token signs in there`, async () => {
      proxy.rule = pass
      const { context, open } = await makePhone(browser, proxy.url, { serviceWorkers: "allow" })
      const before = await open()
      await signIn(before)
      await until(before, "navigator.serviceWorker.controller && caches.match('/')")
      await until(before, "localStorage.getItem('breakglass:direct')")
      await before.close()
      proxy.rule = rule
      const page = await open()
      const link = page.getByRole("link", { name: direct, exact: true })
      await link.click()
      await page.waitForURL(`${direct}/`)
      await signIn(page)
      assert.strictEqual(await page.getByRole("link", { name: direct }).count(), 0)
      await context.close()
    })
  }

  it("under https the direct address without TLS has a cookie of its own, which a browser keeps", async () => {
    const port = await freePort()
    const around = `http://127.0.0.1:${port}`
    const https = "https://bg.example.org"
    const env = { PORT: String(port), BREAKGLASS_PUBLIC_ORIGIN: https, BREAKGLASS_DIRECT_URL: around }
    const behind = await startServer({ env })
    const login = async (origin: string) => {
      const headers = { origin, "content-type": "application/json" }
      const answer = await fetch(`${around}/api/login`, { method: "POST", headers, body: JSON.stringify({ token }) })
      return answer.headers.getSetCookie()[0] ?? ""
    }
    assert.match(await login(around), /^breakglass=(?!.*Secure)/)
    assert.match(await login(https), /^__Host-breakglass=.*Secure/)
    await discard(behind)
  })

  it("is kept by the device until a sign-out there", async () => {
    proxy.rule = pass
    const page = await (await makePhone(browser, proxy.url)).open()
    await signIn(page)
    await until(page, `localStorage.getItem("breakglass:direct") === ${JSON.stringify(direct)}`)
    await page.getByRole("button", { name: "Sign out" }).click()
    await page.getByText("Sign in to continue").waitFor()
    assert.isNull(await page.evaluate("localStorage.getItem('breakglass:direct')"))
  })
})
