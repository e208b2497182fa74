/** What the page says of an operation: how long each step took, how it ended, and what to do after a bad end. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Operation } from "../../../src/contract/Power.ts"
import { by, ending, lastWords, phaseWord, seen, steps } from "../../../web/power/ending.ts"
import { root } from "../../support/server/project.ts"
import type { Run } from "../../../web/power/power.ts"
import { at, run } from "../../support/power/runs.ts"

const now = (seconds: number) => Date.parse(at(seconds))
const took = (given: Run, seconds = 40) =>
  steps(given, now(seconds)).map(({ phase, ms }) => [phaseWord(phase), ms === undefined ? "" : ms / 1000])

describe("the steps of an operation", () => {
  const phases = [
    { phase: "accepted", at: at(0) },
    { phase: "stopping", at: at(16) },
    { phase: "starting", at: at(31) },
    { phase: "verifying", at: at(39) }
  ]

  it("each says how long it took, and its end takes no time", () => {
    assert.deepStrictEqual(took(run({ phases: [...phases, { phase: "done", at: at(40) }] })), [
      ["Started", 16],
      ["Powering off", 15],
      ["Powering on", 8],
      ["Checking", 1],
      ["Done", ""]
    ])
  })

  it("the host's end in the middle is no step of its own", () => {
    const read = [...phases, { phase: "done", at: at(40) }, { phase: "reading back", at: at(41) }]
    assert.deepStrictEqual(took(run({ phases: [...read, { phase: "done", at: at(43) }] })).slice(-3), [
      ["Checking", 2],
      ["Checking", 2],
      ["Done", ""]
    ])
  })

  it("the one under way says how long it has taken", () => {
    const open = { ended_at: null, outcome: null, phase: "starting", phases: phases.slice(0, 3) } as const
    assert.deepStrictEqual(took(run(open), 33).at(-1), ["Powering on", 2])
  })

  it("one that only an answer told of has no time, nor has the one before it", () => {
    const open = { ended_at: null, outcome: null, phase: "starting", phases: phases.slice(0, 2) } as const
    assert.deepStrictEqual(took(run(open), 33), [
      ["Started", 16],
      ["Powering off", ""],
      ["Powering on", ""]
    ])
  })

  it("every phase of the host's script has words of its own", () => {
    const scripts = ["host", "vm"].map((part) => readFileSync(join(root, `host/breakglass-${part}`), "utf8"))
    const phases = [...scripts.join("\n").matchAll(/^ +phase '?([a-z]+)/gm)].map(([, phase = ""]) => phase)
    assert.includeMembers(phases, ["accepted", "forensics", "stopping", "killing", "starting", "verifying", "done"])
    assert.deepStrictEqual(
      phases.filter((phase) => !/^[A-Z]/.test(phaseWord(phase))),
      []
    )
  })

  it("a phase that is not known here is shown as it came", () => {
    assert.strictEqual(phaseWord("polishing"), "polishing")
  })
})

describe("the end of an operation", () => {
  const running = (up: number) => `running, QEMU process 4711, up ${up} s`
  const table: ReadonlyArray<readonly [fact: string, change: Partial<Operation>, word: string, next: RegExp]> = [
    ["read back and right", { verified: true }, "done, verified", /^$/],
    ["done, and nothing to read back", {}, "done", /^$/],
    [
      "a cycle whose process is an old one",
      { verified: false, evidence: running(3_553_331) },
      "the host says done, but the VM's process is the old one (up 41 days).",
      /It was probably not restarted/
    ],
    [
      "a start that left it off",
      { verb: "start", verified: false, evidence: "stopped" },
      "the host says done, but the VM is off.",
      /Power on/
    ],
    [
      "a stop that left it on",
      { verb: "stop", verified: false, evidence: running(90) },
      "the host says done, but the VM is still on.",
      /Check/
    ],
    [
      "a reset after which it is paused",
      { verb: "reset", verified: false, evidence: "paused, QEMU process 4711, up 90 s" },
      "the host says done, but the VM was not seen running.",
      /Check/
    ],
    [
      "a QEMU that no signal ends",
      { outcome: "failed", exit_code: 20 },
      "failed",
      /Only a restart of the Proxmox host/
    ],
    [
      "a cycle refused by a host that can still reset",
      { outcome: "rejected", exit_code: 2, evidence: "No quorum. Use reset: it keeps QEMU" },
      "refused by the host",
      /^Nothing was changed\. Reset needs no new start/
    ],
    ["a cycle refused for another reason", { outcome: "rejected", exit_code: 2 }, "refused by the host", /changed\.$/],
    [
      "a host that refuses our key",
      { outcome: "auth" },
      "host refused our key",
      /^Nothing was changed\. The key on the host/
    ],
    ["a host that is busy", { outcome: "busy" }, "host was busy", /^Another operation holds the VM\. Wait/],
    ["any other failure", { outcome: "failed", exit_code: 1 }, "failed", /Read the output/],
    ["an end that nobody told", { outcome: "unknown" }, "result unknown", /^Press Check before anything else\.$/],
    ["a host that was not reached", { outcome: "unreachable" }, "not sent", /cannot be reached/],
    ["a host that is another one", { outcome: "host_key" }, "not sent", /identity is unknown or has changed/]
  ]
  for (const [fact, change, word, next] of table) {
    it(`is put in words, and says what to do: ${fact}`, () => {
      const end = ending(run(change))
      assert.strictEqual(end.word, word)
      assert.match(end.next, next)
      assert.strictEqual(end.tone === "ok", change.verified !== false && (change.outcome ?? "ok") === "ok")
    })
  }

  it("what was read back is said as people say it, and what is not known is left as it came", () => {
    assert.strictEqual(seen(running(3_553_331)), "on; QEMU 4711, up 41 days")
    assert.strictEqual(seen("status: stopped"), "off")
    assert.strictEqual(seen("paused, QEMU process 4711, up 59 s"), "paused; QEMU 4711, up 59 s")
    assert.strictEqual(seen("the host did not say"), "the host did not say")
  })

  it("the host's last own words are found before its lines for the server", () => {
    const said = "== qm ==\nunkillable: QEMU 4711 outlived SIGKILL; only a reboot of the host ends it\n"
    assert.match(
      lastWords(`${said}breakglass-evidence op=1 state=running\nbreakglass-result op=1 rc=20\n`),
      /^unkillable/
    )
    assert.strictEqual(lastWords(""), "")
  })

  it("an operator without a name is not shown as a name", () => {
    assert.deepStrictEqual(["anna", "login", "token"].map(by), ["anna", "a sign-in with the token", "the API token"])
  })
})
