/** Every scenario over the real way: server, ssh, sshd, the shipped host script, a fake qm. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync, writeFileSync } from "node:fs"
import { eventually } from "../../../host/support/proc.ts"
import { run as runProgram } from "../../../host/support/sshd.ts"
import { powerless, stick } from "../../../host/support/stuck.ts"
import { type Power, startPower } from "../../../support/power/powerBench.ts"
import { nobodys } from "../../../support/server/processes.ts"
import { readPng } from "../../../support/text/png.ts"
import { type Outcome, type Scenario, scenarios, type View, views } from "../../../support/power/powerScenarios.ts"
import { afterAll, beforeAll } from "vitest"

const prepare = async ({ rig, shim }: Power, { initially, faults = {} }: Pick<Scenario, "initially" | "faults">) => {
  await rig.quiet()
  await runProgram(`${rig.dir}/pve/qm`, [initially === "running" ? "start" : "stop", rig.vmid])
  if (faults.unreachable === true) shim.port(nobodys)
}

const carriedOut = async (power: Power, { verb, initially, faults = {}, busy }: Scenario): Promise<Outcome> => {
  const { rig, shim } = power
  await prepare(power, { initially, faults })
  if (faults.noStart === true) rig.fault("start", "fail")
  shim.cutAt(faults.cutAt ?? null)
  const other = busy === true ? await cycling(power) : null
  const { operation, phases } = await power.run(verb)
  rig.mend("start")
  rig.mend("stop")
  shim.cutAt(null)
  shim.port(rig.port)
  await other?.over
  const { outcome, exit_code, verified } = operation
  return { outcome, exit_code, verified, phases, vm: rig.vmRuns() ? "running" : "stopped" }
}

const looked = async (power: Power, { initially, faults = {} }: View): Promise<string> => {
  const { rig, shim } = power
  const headless = `${rig.dir}/pve/vm/headless`
  await prepare(power, { initially, faults })
  if (faults.noDisplay === true) writeFileSync(headless, "")
  const answer = await power.server.request("/api/pve/screen")
  shim.port(rig.port)
  rmSync(headless, { force: true })
  if (!answer.ok) return ((await answer.json()) as { readonly detail: string }).detail
  readPng(await answer.bytes())
  return "a picture"
}

/** A cycle that somebody else asked the host for, in the middle of its stop. */
const cycling = async ({ rig }: Power) => {
  rig.fault("stop", "held")
  const op = rig.op()
  const over = rig.ssh(`cycle ${op}`)
  await eventually("somebody else's cycle is stopping", () => rig.live(op, "phase").includes("stopping"))
  return { over }
}

/** Hosts side by side: most of a scenario is waiting. */
const hosts = 3

describe("the real way", { timeout: 120_000, concurrent: true }, () => {
  let all: ReadonlyArray<Power> = []
  const idle: Array<Power> = []
  const waiting: Array<(power: Power) => void> = []
  const lend = (power: Power) => (waiting.shift() ?? ((one: Power) => idle.push(one)))(power)
  const borrow = () => {
    const power = idle.pop()
    return power === undefined ? new Promise<Power>((settle) => waiting.push(settle)) : Promise.resolve(power)
  }
  beforeAll(async () => {
    all = await Promise.all(Array.from({ length: hosts }, () => startPower({ conf: { VERIFY_SECS: "2" } })))
    for (const power of all) lend(power)
  }, 60_000)
  afterAll(() => Promise.all(all.map((power) => power[Symbol.asyncDispose]())))

  for (const view of views) {
    it(`shows the screen, or why not, when ${view.when}`, async () => {
      const power = await borrow()
      try {
        assert.strictEqual(await looked(power, view), view.gives)
      } finally {
        lend(power)
      }
    })
  }

  for (const scenario of scenarios.filter(({ faults }) => faults?.unkillable !== true)) {
    it(`${scenario.verb} when ${scenario.when}`, async () => {
      const power = await borrow()
      try {
        assert.deepStrictEqual(await carriedOut(power, scenario), scenario.ends)
      } finally {
        lend(power)
      }
    })
  }

  for (const scenario of scenarios.filter(({ faults }) => faults?.unkillable === true)) {
    it(`${scenario.verb} when ${scenario.when}`, async () => {
      await using stuck = await startPower({
        wrap: powerless,
        conf: { STOP_SECS: "1", TERM_SECS: "1", KILL_SECS: "1" },
        initially: "stopped"
      })
      stick(stuck.rig)
      assert.deepStrictEqual(await carriedOut(stuck, scenario), scenario.ends)
    })
  }
})
