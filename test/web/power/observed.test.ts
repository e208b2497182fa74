import { assert, describe, it } from "@effect/vitest"
import { observed } from "../../../web/power/observed.ts"
import { emptyPower, type Run } from "../../../web/power/power.ts"
import { at, run as of } from "../../support/power/runs.ts"

const run = (verb: Run["verb"], second: number, output: string) =>
  of({ verb, op_id: `${second}`, started_at: at(second), ended_at: at(second + 1), output })

describe("observed", () => {
  const line = (vm: string) => `x\nbreakglass-result op=1 verb=status rc=0 vm=${vm} secs=0\n`
  it("believes the host's last line, and the newer of two", () => {
    const off = { ...emptyPower, operations: [run("stop", 9, line("stopped")), run("status", 1, line("running"))] }
    assert.strictEqual(observed(off)?.word, "off")
    const status = { pattern: "healthy", text: "fine", observed_at: at(30), probes: [] } as const
    assert.strictEqual(observed({ ...off, status })?.word, "reachable")
  })
  it("knows nothing from an operation that did not say", () => {
    assert.isUndefined(observed({ ...emptyPower, operations: [run("status", 1, "vm=running")] }))
  })
})
