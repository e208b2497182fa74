/** Nights on which what is between the phone and the VM's host fails, and the host need not: no model is asked. */
import { assert, describe, it } from "@effect/vitest"
import { setTimeout as delay } from "node:timers/promises"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { eventually } from "../host/support/proc.ts"
import { freePort } from "../host/support/sshd.ts"
import { type Server, token } from "../support/server/BreakglassServer.ts"
import { button, launch, until } from "../support/browser/Phone.ts"
import { type Rule, startProxy } from "../support/browser/Proxy.ts"
import { cycles, isBack, play, tell } from "./player.ts"
import { startWedged, type Wedged } from "./wedged.ts"

/** In the middle of a cycle, for so long that what goes wrong then is over before the host is done. */
const stopping = async ({ rig }: Wedged) => {
  await eventually("the cycle cuts the power", () => rig.calls("stop") > 0)
}
const slowStop = ({ rig }: Wedged) => rig.fault("stop", "slow 80")

/** What is left of a proxy whose sign-on has died: it leads to where nobody is. */
const deadSignOn: Rule = (_asked, answer) =>
  answer.writeHead(302, { location: "http://127.0.0.1:2/" }).end() !== undefined

const network = async (page: Page) => {
  const cdp = await page.context().newCDPSession(page)
  return (offline: boolean) =>
    cdp.send("Network.emulateNetworkConditions", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
}

describe("a night", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    tell()
  })
  const over = async (power: Wedged) => {
    assert.isTrue(power.isAnother())
    await power[Symbol.asyncDispose]()
  }

  it("six: single sign-on is down; the page that the phone kept names the other way in", async () => {
    const port = await freePort()
    // Another name: a browser keeps cookies for a name, not for a port.
    const direct = `http://localhost:${port}`
    const proxy = await startProxy(`http://127.0.0.1:${port}`)
    const env = { PORT: String(port), BREAKGLASS_PUBLIC_ORIGIN: proxy.url, BREAKGLASS_DIRECT_URL: direct }
    const power = await startWedged({ env })
    await play(browser, {
      name: "single sign-on down",
      url: proxy.url,
      options: { serviceWorkers: "allow" },
      before: async (page) => {
        await until(page, "navigator.serviceWorker.controller && caches.match('/')")
        await until(page, "localStorage.getItem('breakglass:direct')")
      },
      breaks: () => {
        proxy.rule = deadSignOn
        proxy.drop()
      },
      play: async (player) => {
        await player.reads(/^If single sign-on is down, open http/)
        await player.tap(player.page.getByRole("link", { name: /^http/ }))
        await player.reads(/^Sign in to continue/)
        await player.type(player.page.getByLabel("Access token"), token)
        await player.tap(button(player.page, "Sign in"))
        await cycles(player)
        await isBack(player)
      }
    })
    proxy.close()
    await over(power)
  })

  it("seven: the phone sleeps in the middle of the cycle, and finds its end when it wakes", async () => {
    const power = await startWedged()
    slowStop(power)
    await play(browser, {
      name: "phone asleep mid-cycle",
      url: power.server.url,
      play: async (player) => {
        const cdp = await player.page.context().newCDPSession(player.page)
        const offline = await network(player.page)
        await cycles(player)
        await stopping(power)
        await cdp.send("Page.setWebLifecycleState", { state: "frozen" })
        await offline(true)
        await eventually("the VM runs again", power.isAnother)
        await offline(false)
        await cdp.send("Page.setWebLifecycleState", { state: "active" })
        await isBack(player)
      }
    })
    await over(power)
  })

  it("eight: the server is killed in the middle of the cycle, and started again by what looks after it", async () => {
    const power = await startWedged({ env: { PORT: String(await freePort()) } })
    slowStop(power)
    let next: Promise<Server> | undefined
    void power.server.exited.then(() => (next = power.again()))
    await play(browser, {
      name: "server killed mid-cycle",
      url: power.server.url,
      play: async (player) => {
        await cycles(player)
        await stopping(power)
        power.server.process.kill("SIGKILL")
        await isBack(player)
      }
    })
    await (await next)?.stop("SIGKILL")
    await over(power)
  })

  it("nine: there are three seconds of network in thirty", async () => {
    const power = await startWedged()
    const proxy = await startProxy(power.server.url)
    let there = true
    proxy.rule = (_asked, answer) => !there && answer.destroy() !== undefined
    await play(browser, {
      name: "3 s of network in 30",
      url: proxy.url,
      play: async (player) => {
        const offline = await network(player.page)
        const done = new AbortController()
        const tunnels = async () => {
          for (;;) {
            await delay(3000, undefined, done)
            there = false
            proxy.drop()
            await offline(true)
            await delay(27_000, undefined, done)
            there = true
            await offline(false)
          }
        }
        const line = tunnels().catch(() => {})
        await player.tap(button(player.page, "VM controls").first())
        await player.reads(/^You are offline/)
        const cycle = player.page.getByRole("button", { name: /^Cut power and start again/ })
        await player.hold(cycle, player.page.getByRole("button", { name: /Recommended/ }))
        await isBack(player)
        done.abort()
        await line
      }
    })
    proxy.close()
    await over(power)
  })
})
