/** The main job, Stop, a hold, the page without a network and a restart, on every engine with the same words. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../../support/server/BreakglassServer.ts"
import { engines } from "../../support/browser/engines.ts"
import { phone } from "../../support/browser/Phone.ts"
import { pass, type Proxy, startProxy } from "../../support/browser/Proxy.ts"
import { sayIn, signInTo, type Tab, write } from "../../support/browser/Tab.ts"

const incident = [
  "The VM is slow.",
  "#say I will look at the **disk** first.",
  "#bash echo Filesystem 100% full",
  "#say Verdict: the disk is full."
].join("\n")

const shown = (text: string) => `document.body.innerText.includes(${JSON.stringify(text)})`
const has = (selector: string) => `document.querySelector(${JSON.stringify(selector)}) !== null`
const draft = `document.getElementById("message").value`
const log = `document.querySelector("[role=log]").innerText`
const idle = `!${has(".stopbar")}`

let server: Server
let demo: Server
let proxy: Proxy
beforeAll(async () => {
  server = await startServer()
  demo = await startServer({ entry: "demo" })
  proxy = await startProxy(server.url)
})
afterAll(async () => {
  proxy.close()
  await discard(demo)
  await discard(server)
})

describe.each(engines)("in %s", { timeout: 90_000 }, (_name, open, agent) => {
  let tab: Tab
  beforeAll(async () => {
    proxy.rule = pass
    tab = await open()
    await tab.goto(proxy.url)
    await signInTo(tab)
  }, 90_000)
  afterAll(() => tab?.close())

  const fresh = async (url: string) => {
    proxy.rule = pass
    await tab.load(url)
    await tab.until(has("#message"))
  }
  const operations = async () =>
    ((await (await demo.request("/api/pve/ops")).json()) as { operations: ReadonlyArray<unknown> }).operations.length

  it("the window is a phone's, and the engine is the one it is named for", async () => {
    assert.deepStrictEqual(await tab.value("({ width: innerWidth, height: innerHeight })"), phone)
    assert.match(String(await tab.value("navigator.userAgent")), agent)
    await tab.value(`document.getElementById("message").focus()`)
    await tab.keys("keys")
    await tab.until(`${draft} === "keys"`)
  })

  it("the first version of the page is not called a newer one", async () => {
    await tab.until(`navigator.serviceWorker.controller?.state === "activated"`)
    await tab.value(`new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`)
    assert.isFalse(await tab.value(shown("newer version")))
  })

  it("one asks, watches, reads the output, and sees the same after a reload", async () => {
    const read = async () => {
      await tab.until(`${shown("Verdict: the disk is full.")} && ${shown("Done")} && ${idle}`)
      await tab.press("echo Filesystem")
      await tab.until(`document.querySelector("pre.output")?.innerText.includes("Filesystem 100% full")`)
      return tab.value(log)
    }
    await sayIn(tab, incident)
    const before = await read()
    assert.include(String(before), "I will look at the disk first.")
    await tab.load(String(await tab.value("location.href")))
    assert.strictEqual(await read(), before)
  })

  it("Stop stops, says what it ended, and the next prompt works", async () => {
    await fresh(proxy.url)
    await sayIn(tab, "Look longer.\n#say Waiting for it.\n#bash sleep 300")
    await tab.until(has("details.running"))
    await write(tab, "message", "typed while it runs")
    await tab.press("Stop")
    await tab.until(`${shown("The agent was stopped")} && ${shown("none left")} && ${idle}`)
    assert.strictEqual(await tab.value(draft), "typed while it runs")
    await sayIn(tab, "#say Still here.")
    await tab.shows("Still here.")
  })

  it("a hold that is let go of is nothing, and one to its end is one operation", async () => {
    await fresh(demo.url)
    const before = await operations()
    await tab.press("VM controls")
    const holding = `document.querySelector(".reset .holding")`
    // Longer than a tap, and not yet a hold.
    await tab.hold(
      "Reset",
      `${holding}?.querySelector(".fill").getBoundingClientRect().width > 0.3 * ${holding}?.getBoundingClientRect().width`
    )
    await tab.until(`${holding} === null`)
    assert.isFalse(await tab.value(shown("Step 1 of 2")))
    // As assistive technology does. A tap ends within 350 ms, and a busy machine's may not.
    await tab.value(`document.querySelector(".reset .hold").click()`)
    await tab.shows("Step 1 of 2")
    await tab.press("Cancel")
    await tab.until(`!${shown("Step 1 of 2")}`)
    assert.strictEqual(await operations(), before)
    const asked = `fetch("/api/pve/ops").then((said) => said.json()).then((said) => said.operations.length)`
    await tab.hold("Reset", `${asked}.then((now) => now > ${before})`)
    await tab.until(`/Reset: (running|done)/.test(document.body.innerText)`)
    assert.strictEqual(await operations(), before + 1)
  })

  it("a restart in the middle is one gap, the draft lives, and Resume goes on", async () => {
    await fresh(proxy.url)
    await sayIn(tab, "Hang on.\n#say Before the end.\n#bash sleep 300")
    await tab.until(has("details.running"))
    await write(tab, "message", "a draft that must live")
    await server.stop("SIGKILL")
    await tab.until(`/Reconnecting|Offline/.test(document.body.innerText)`)
    const { home } = server
    server = await startServer({ home })
    proxy.target = server.url
    // As a phone is told when it has a network again: otherwise the page waits for its next try.
    await tab.value(`dispatchEvent(new Event("online"))`)
    await tab.shows("Interrupted: the server restarted")
    assert.strictEqual(
      await tab.value(`${log}.split("\\n").filter((line) => line.trim() === "Before the end.").length`),
      1
    )
    assert.strictEqual(await tab.value(draft), "a draft that must live")
    await write(tab, "message", "")
    await tab.press("Resume")
    await tab.until(`${shown("Hello from the fake.")} && ${idle}`)
    await sayIn(tab, "#say Alive again.")
    await tab.shows("Alive again.")
  })

  it("without a network the page opens to what it kept of the session, with the draft and no power", async () => {
    await fresh(proxy.url)
    await tab.until(`navigator.serviceWorker.controller?.state === "activated"`)
    await tab.until(`caches.match("/")`)
    await sayIn(tab, "#say Kept for the tunnel.")
    await tab.until(`${shown("Kept for the tunnel.")} && ${shown("Done")} && ${idle}`)
    await write(tab, "message", "half a thought")
    const address = String(await tab.value("location.href"))
    proxy.rule = (_asked, answer) => answer.destroy() !== undefined
    await tab.load(address)
    await tab.until(`document.querySelector(".offline-copy")?.innerText.includes("Kept for the tunnel.")`)
    await tab.shows("Offline copy from")
    assert.strictEqual(await tab.value(draft), "half a thought")
    await tab.press("VM controls")
    await tab.until(has(".cycle .hold[aria-disabled=true]"))
  })
})
