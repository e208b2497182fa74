/** Safari's engine at the page, as WebKitGTK has it: that a test there has the phone's size, keys, pointer and wheel. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { discard, type Server, startServer } from "../support/BreakglassServer.ts"
import { phone } from "./Phone.ts"
import { sayIn, signInTo, type Tab } from "./Tab.ts"
import { openWebKit } from "./WebKit.ts"

describe("a window of WebKit", () => {
  let server: Server
  let tab: Tab
  beforeAll(async () => {
    server = await startServer()
    tab = await openWebKit()
  }, 60_000)
  afterAll(async () => {
    await tab.close()
    await discard(server)
  })

  it("is a phone's, signs in, asks and reads the answer", { timeout: 60_000 }, async () => {
    await tab.goto(server.url)
    await signInTo(tab)
    assert.deepStrictEqual(await tab.value("({ width: innerWidth, height: innerHeight })"), phone)
    assert.match(String(await tab.value("navigator.userAgent")), /AppleWebKit\/(?!.*Chrom)/)
    await sayIn(tab, "Look.\n#bash seq 1 300\n#say Verdict.")
    await tab.shows("Verdict.")
    await tab.press("seq 1 300")
    await tab.until(`document.querySelector("pre.output") !== null`)
    await tab.value(`document.getElementById("message").focus()`)
    await tab.keys("keys")
    await tab.until(`document.getElementById("message").value === "keys"`)
    await tab.wheel(".transcript", -400)
    await tab.until(
      `document.querySelector(".transcript").scrollTop === 0 || document.querySelector(".newer") !== null`
    )
  })
  it("the first version of the page is not called a newer one", { timeout: 60_000 }, async () => {
    await tab.until(`navigator.serviceWorker.controller?.state === "activated"`)
    await tab.value(`new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`)
    assert.isFalse(await tab.value(`document.body.innerText.includes("newer version")`))
  })
})
