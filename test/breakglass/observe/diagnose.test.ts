import { assert, describe, it } from "@effect/vitest"
import { diagnose } from "../../../src/breakglass/observe/diagnose.ts"
import type { Pattern, Probe } from "../../../src/contract/Power.ts"

const hosts = ["running", "stopped", "paused", "unreachable", "no answer", "auth", "unknown"]
const seen = (pve: string | null, banner: string | null, ssh: string | null, ms = 100) =>
  (
    [
      ["pve", pve],
      ["tcp22", banner],
      ["ssh", ssh]
    ] as const
  ).flatMap(([probe, state]): ReadonlyArray<Probe> => (state === null ? [] : [{ probe, state, took_ms: ms }]))

describe("what the probes look like together", () => {
  const rows: ReadonlyArray<
    readonly [what: string, is: Pattern, pve: string | null, banner: string | null, ssh: string | null, ms?: number]
  > = [
    ["it answers at once", "healthy", "running", "ok", "ok"],
    ["it answers at once, whatever its host says", "healthy", "unreachable", "ok", "ok"],
    ["it answers at once, and there is no host", "healthy", null, "ok", "ok"],
    ["it takes seconds", "swap_crawl", "running", "ok", "ok", 3001],
    ["it takes no longer than allowed", "healthy", "running", "ok", "ok", 3000],
    ["only its banner comes", "swap_crawl", "running", "ok", "no answer", 10_000],
    ["only its banner comes, and its host is silent", "swap_crawl", "unreachable", "ok", "unreachable", 5000],
    ["its port answers and it lets nobody in", "unknown", "running", "ok", "auth"],
    ["its port answers and it is somebody else", "unknown", "running", "ok", "host_key"],
    ["its port answers and ssh is refused at once", "unknown", "running", "ok", "unknown"],
    ["its port answers and the login's shell refuses", "unknown", "running", "ok", "failed"],
    ["its port answers and the connection is closed at once", "unknown", "running", "ok", "unreachable"],
    ["its port takes no more connections", "unknown", "running", "not ssh", "unreachable"],
    ["its port takes none for now", "unknown", "running", "closed", "unreachable"],
    ["its host says off", "off", "stopped", "unreachable", "unreachable"],
    ["QEMU runs and it is silent", "qemu_stalled", "running", "silent", "unreachable"],
    ["its system refuses the port, so it is not silent", "unknown", "running", "refused", "unreachable"],
    ["QEMU has paused it", "qemu_stalled", "paused", "silent", "unreachable"],
    ["QEMU cannot write for it", "qemu_stalled", "io-error", "silent", "unreachable"],
    ["QEMU gave up on it", "qemu_stalled", "internal-error", "silent", "no answer"],
    ["neither answers", "host_unreachable", "unreachable", "unreachable", "unreachable"],
    ["neither answers in time", "host_unreachable", "no answer", "silent", "no answer"],
    ["the host answers and lets nobody in", "unknown", "auth", "silent", "unreachable"],
    ["the host is not the one that is pinned", "unknown", "host_key", "silent", "unreachable"],
    ["the host's script does not work", "unknown", "failed", "silent", "unreachable"],
    ["the host does not know", "unknown", "unknown", "silent", "unreachable"],
    ["the host says that it is on another node", "not_here", "not_here: it is on node b", "silent", "unreachable"],
    ["it is on another node, and only its banner comes", "not_here", "not_here: it is on node b", "ok", "no answer"],
    ["it is on another node and answers at once", "healthy", "not_here: it is on node b", "ok", "ok"],
    ["there is no host to ask", "unknown", null, "silent", "unreachable"],
    ["nothing is looked at", "unknown", null, null, null],
    ["only the host is asked, and QEMU runs", "unknown", "running", null, null],
    ["only the host is asked, and it is off", "off", "stopped", null, null]
  ]
  for (const [what, is, pve, banner, ssh, ms] of rows) {
    it(`when ${what}: ${is}`, () => {
      assert.strictEqual(diagnose(seen(pve, banner, ssh, ms)).pattern, is)
    })
  }

  it("says where the VM is instead, also while it answers", () => {
    const elsewhere = "not_here: not on this host: it is on node b"
    for (const ssh of ["ok", "unreachable"])
      assert.include(diagnose(seen(elsewhere, "silent", ssh)).text, "not on this host: it is on node b.")
    assert.include(diagnose(seen(elsewhere, "ok", "ok")).text, "Power buttons cannot work")
  })

  it("has words that claim no more than was seen", () => {
    for (const pve of hosts) {
      const { text } = diagnose(seen(pve, "silent", "unreachable"))
      const answered = !["unreachable", "no answer", "unknown"].includes(pve)
      if (answered) assert.notMatch(text, /its host answers/, pve)
      if (pve === "paused") assert.include(text, "paused")
    }
    assert.notMatch(diagnose(seen("running", null, null)).text, /silent/)
    assert.notMatch(diagnose(seen("unreachable", null, null)).text, /Neither the VM/)
  })
})
