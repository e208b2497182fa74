/** What the real ssh says when it has sent nothing is told as that: no operation of unknown outcome, and no hour of asking. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll, afterEach, beforeAll } from "vitest"
import type { Check } from "../../../../src/contract/breakglass/Api.ts"
import { type Power, startPower } from "../../../support/power/powerBench.ts"
import { refusedBy } from "../../../support/power/refusedBy.ts"

describe("a cycle that ssh cannot even ask for", { timeout: 60_000 }, () => {
  let power: Power
  beforeAll(async () => {
    power = await startPower()
  }, 60_000)
  afterAll(() => power[Symbol.asyncDispose]())
  afterEach(() => power.shim.extra(null))

  it.each([
    [
      "the two have no kind of host key in common",
      "-o HostKeyAlgorithms=rsa-sha2-512",
      "no matching host key type found"
    ],
    ["they have no cipher in common", "-o Ciphers=3des-cbc", "no matching cipher found"],
    [
      "they have no key exchange in common",
      "-o KexAlgorithms=diffie-hellman-group1-sha1",
      "no matching key exchange method found"
    ],
    ["it is told an option that it does not know", "-o Nonsense=yes", "Bad configuration option: nonsense"],
    ["it is told a value that it does not know", "-o Ciphers=none", "Bad SSH2 cipher spec 'none'."]
  ])("because %s has failed at once, in ssh's own words, with nothing sent", async (_, extra, words) => {
    power.shim.extra(extra)
    const { output, op_id, took } = await refusedBy(power, "failed")
    assert.include(output, words)
    assert.match(output, /Nothing was sent\.\n$/)
    assert.strictEqual(power.shim.count("last", op_id), 0)
    assert.isBelow(took, 15_000)
  })

  it("is answered in words by a request that waits, without a word of the host", async () => {
    power.shim.extra("-o Nonsense=yes")
    const answer = await power.server.post("/api/pve/cycle")
    assert.strictEqual(answer.status, 502)
    assert.match(((await answer.json()) as { readonly stderr: string }).stderr, /Nothing was sent\.\n$/)
  })
})

describe("a verb past its limit", { timeout: 60_000 }, () => {
  it("says so on stderr to a request that waits, and what the host said of it then", async () => {
    await using power = await startPower({ env: { BREAKGLASS_PVE_VERB_TIMEOUT_SECONDS: "2" } })
    power.rig.fault("stop", "held")
    const asked = power.server.post("/api/pve/cycle")
    const reader = await power.watch()
    await reader.until((frame) => frame.data.includes('"phase":"asking the host"'))
    power.rig.mend("stop")
    const { stderr } = (await (await asked).json()) as { readonly stderr: string }
    await reader.close()
    assert.match(
      stderr,
      /^The host did not say in 2 s how it ended, .*\nThe host was asked what became of it: it ended with 0\.\n$/
    )
  })
})

describe("the doctor", { timeout: 60_000 }, () => {
  it("shows what the host's selftest says though ssh has a warning, and the warning", async () => {
    await using power = await startPower()
    // OpenSSH 10.1 says on stderr, of each connection, that its key exchange is an old one.
    power.shim.warn("** WARNING: connection is not using a post-quantum key exchange algorithm.")
    const { checks } = (await (await power.server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
    const { detail = "" } = checks.find(({ name }) => name === "host over ssh") ?? {}
    assert.match(detail, /^\w+: .*\n[^]*\*\* WARNING: connection is not using/)
    assert.match(detail, /breakglass-|selftest|qm/)
  })
})
