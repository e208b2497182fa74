import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"
import { button, launch, makePhone, message, say, signIn } from "../../support/browser/Phone.ts"

describe("the chat without its agent", { timeout: 60_000 }, () => {
  it("CLI-20 says on the first screen why it is off, answers a prompt with the reason, and leaves the buttons", async () => {
    const { bin, env } = programs({ ssh: "echo status: running" })
    rmSync(join(bin, "claude"))
    const server = await startServer({ env })
    await server.request("/api/doctor")
    const browser = await launch()
    const phone = await makePhone(browser, server.url)
    const page = await phone.open()
    await signIn(page)
    const reason = page.getByText(/^The agent is not installed on the server. Use VM controls./)
    await reason.waitFor()
    assert.isTrue(
      await button(page, /^VM controls Restart/)
        .first()
        .isEnabled()
    )
    await say(page, "the VM is slow")
    await page.getByText(/no program "claude" was found.*Nothing ran/).waitFor()
    assert.isTrue(await message(page).isEnabled())
    assert.deepStrictEqual(phone.faults, [])
    await browser.close()
    await discard(server)
    rmSync(bin, { recursive: true })
  })
})
