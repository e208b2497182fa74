/** The VM's first state after a sign-in: it was looked at before anybody came, and the page waits for no other answer. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { eventually, programs } from "../../support/server/processes.ts"
import { launch, makePhone, signIn } from "../../support/browser/Phone.ts"
import { startProxy } from "../../support/browser/Proxy.ts"

describe("the VM's first state", { timeout: 60_000 }, () => {
  it("is the one seen when the server started, shown although a new look hangs and nothing else is answered", async () => {
    const { bin, env } = programs({
      ssh: '[ ! -e "$0.asked" ] || exec sleep 300; : >"$0.asked"; echo "status: stopped"'
    })
    const server = await startServer({ env })
    await eventually(() => existsSync(join(bin, "ssh.asked")))
    const proxy = await startProxy(server.url)
    const browser = await launch()
    const phone = await makePhone(browser, proxy.url)
    const page = await phone.open()
    await page.getByLabel("Access token").waitFor()
    proxy.rule = ({ url }) => !/^\/api\/(login|pve\/stream)$/.test(url ?? "")
    await signIn(page)
    await page.getByText("Switched off.").waitFor()
    assert.deepStrictEqual(phone.faults, [])
    await phone.context.close()
    await browser.close()
    proxy.close()
    await discard(server)
    rmSync(bin, { recursive: true })
  })
})
