/** What the page says of the VM, and what can be pressed: tables over what is known. */
import { assert, describe, it } from "@effect/vitest"
import { operation } from "../../support/power/runs.ts"
import type { Operation, Pattern, Status, Verb } from "../../../src/contract/Power.ts"
import type { Link } from "../../../web/link/link.ts"
import { current, emptyPower, learn } from "../../../web/power/power.ts"
import { disabledReason } from "../../../web/power/disabledReason.ts"
import { type VmKnowledge, vmState } from "../../../web/power/vmState.ts"

const now = Date.UTC(2026, 0, 1)
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
const open = (verb: Verb, seconds: number): Operation =>
  operation({ op_id: `${verb}${seconds}`, verb, started_at: ago(seconds) })

const knowing = (
  operations: ReadonlyArray<Operation>,
  status?: Status,
  state: Link["state"] = "live"
): VmKnowledge => ({
  power: { ...operations.reduce(learn, emptyPower), status },
  link: { state } as Link,
  lastSeen: now,
  signedOut: false,
  now,
  serverNow: now
})

const reason = (known: VmKnowledge, verb: Verb): string =>
  disabledReason(
    {
      signedOut: known.signedOut,
      online: true,
      identified: true,
      current: current(known.power),
      tone: vmState(known).tone,
      asking: undefined
    },
    verb
  )

const free = ""
const cycling = "Power cycle is running, by anna."
const table: ReadonlyArray<readonly [operations: ReadonlyArray<Operation>, word: string, why: string]> = [
  [[], "Unknown", free],
  [[open("cycle", 42)], "cycle…", cycling],
  [[open("cycle", 42), open("status", 3)], "cycle…", cycling],
  [[open("cycle", 42), open("forensics", 3)], "cycle…", cycling],
  [[open("forensics", 42)], "Unknown", free],
  [[open("status", 3)], "Unknown", free]
]

describe("what runs on the VM", () => {
  for (const [operations, word, why] of table) {
    const running = operations.map(({ verb }) => verb).join(" and ") || "nothing"
    it(`while ${running} runs the strip says ${word}, and ${why === free ? "any verb" : "only a look"} can be asked for`, () => {
      const known = knowing(operations)
      assert.strictEqual(vmState(known).word, word)
      for (const verb of ["cycle", "reset", "start", "stop"] as const) assert.strictEqual(reason(known, verb), why)
      for (const verb of ["status", "forensics"] as const) assert.strictEqual(reason(known, verb), free)
    })
  }
})

describe("what would do nothing", () => {
  const seen = (pattern: Pattern, seconds: number): Status => ({
    pattern,
    text: "",
    observed_at: ago(seconds),
    probes: []
  })
  const on = "Already on."
  const off = "Already off."
  const states: ReadonlyArray<
    readonly [fact: string, status: Status | undefined, link: Link["state"], start: string, stop: string]
  > = [
    ["well, just now: no power on", seen("healthy", 5), "live", on, free],
    ["off, just now: no power off", seen("off", 5), "live", free, off],
    ["well, a minute ago: both", seen("healthy", 60), "live", free, free],
    ["off, a minute ago: both", seen("off", 60), "live", free, free],
    ["well, and the link is lost: both", seen("healthy", 5), "connecting", free, free],
    ["off, and the link is lost: both", seen("off", 5), "catching_up", free, free],
    ["wedged: both", seen("qemu_stalled", 5), "live", free, free],
    ["no host: both", seen("host_unreachable", 5), "live", free, free],
    ["not known: both", seen("unknown", 5), "live", free, free],
    ["never seen: both", undefined, "live", free, free]
  ]
  for (const [fact, status, link, start, stop] of states) {
    it(`is held back: ${fact}`, () => {
      const known = knowing([], status, link)
      assert.strictEqual(reason(known, "start"), start)
      assert.strictEqual(reason(known, "stop"), stop)
      for (const verb of ["cycle", "reset", "status", "forensics"] as const)
        assert.strictEqual(reason(known, verb), free)
    })
  }
})
