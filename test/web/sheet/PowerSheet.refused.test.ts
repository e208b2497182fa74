/** The host refuses to cut the power of a VM that it could not start again: what is left stands where that is read. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync } from "node:fs"
import { assertAccessible, assertTargets } from "../../support/browser/Axe.ts"
import { button, finger, launch, makePhone, middle, signIn } from "../../support/browser/Phone.ts"
import { discard, startServer } from "../../support/server/BreakglassServer.ts"
import { programs } from "../../support/server/processes.ts"

/** A paused VM on a host without quorum. */
const host = `for request; do :; done
set -- $request
[ "$1" != reset ] || : >"$0.reset"
state=paused; [ ! -e "$0.reset" ] || state=running
case $1 in
cycle)
  echo "breakglass-refused op=$2 reason=no_quorum No quorum. The stop would work and the start would not. Use reset: it keeps QEMU"
  echo "breakglass-result op=$2 rc=2"; exit 2 ;;
*)
  echo "breakglass-evidence op=$2 state=$state pid=9 uptime=500"
  echo "breakglass-result op=$2 rc=0" ;;
esac`

describe("a cycle that the host refuses", { timeout: 60_000 }, () => {
  it("has Reset under its words, once and recommended, that a hold sends", async () => {
    const { bin, env } = programs({ ssh: host })
    const server = await startServer({ env })
    const browser = await launch()
    const { open, faults } = await makePhone(browser, server.url)
    const page = await open()
    await signIn(page)
    await button(page, "VM controls").click()
    const recommended = page.getByRole("button", { name: /Recommended/ })
    const reset = page.getByRole("button", { name: /^Reset/ })
    await page.getByRole("button", { name: /^Cut power and start again cycle · Recommended/ }).waitFor()
    await page.getByRole("button", { name: /^Cut power and start again/ }).press("Enter")
    await button(page, "Continue").click()
    await button(page, "Cut power and start again (cycle)").click()
    await page.getByText("Power cycle: refused by the host").waitFor()
    await page.getByText(/^No quorum\. .* Use reset: it keeps QEMU$/).waitFor()
    await page.getByText("Nothing was changed. Reset needs no new start: it can still work.").waitFor()
    assert.deepStrictEqual(await recommended.allInnerTexts(), await reset.allInnerTexts())
    assert.strictEqual(await reset.count(), 1)
    const [above, below] = [await middle(reset), await middle(page.getByText("More power actions"))]
    assert.isBelow(above.y, below.y)
    await assertAccessible(page, "refused")
    await assertTargets(page, "refused")
    if (process.env["SHOTS"] !== undefined) await page.screenshot({ path: `${process.env["SHOTS"]}/refused.png` })
    await reset.tap()
    await page.getByText("Step 1 of 2").waitFor()
    await button(page, "Cancel").click()
    const thumb = await finger(page)
    await reset.scrollIntoViewIfNeeded()
    const { x, y } = await middle(reset)
    await thumb.down(x, y)
    await page.getByText("Reset: done, verified").waitFor()
    await thumb.up()
    assert.strictEqual(await recommended.count(), 0)
    assert.deepStrictEqual(faults, [])
    await browser.close()
    await discard(server)
    rmSync(bin, { recursive: true })
  })
})
