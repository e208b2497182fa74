import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { end, eventually, under } from "./support/proc.ts"
import { makeRig, type Rig, type Shell, shells } from "./support/rig.ts"
import { seeded } from "../support/text/seeded.ts"

const times = Number(process.env["BREAKGLASS_CUTS"] ?? 20)

const cutAt = async (rig: Rig, milliseconds: number) => {
  const op = rig.op()
  const before = rig.vmPid()
  await rig.ssh(`cycle ${op}`, (child) => void setTimeout(() => child.kill("SIGKILL"), milliseconds))
  await rig.quiet()
  const { stdout } = await rig.ssh(`last ${op}`)
  const context = `cut at ${milliseconds.toFixed(1)} ms: ${stdout}`
  assert.isTrue(rig.vmRuns(), context)
  if (stdout.includes(" known=no\n")) {
    assert.strictEqual(rig.vmPid(), before, context)
    return "never arrived"
  }
  assert.match(stdout, / verb=cycle phase=done rc=0 worker=ended /, context)
  assert.include(stdout, `state=running pid=${rig.vmPid()} `, context)
  assert.notStrictEqual(rig.vmPid(), before, context)
  return "finished"
}

/** The session of a process; of one that has ended since it was found, none. */
const sessionOf = (pid: number): ReadonlyArray<number> => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return [Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3])]
  } catch {
    return []
  }
}

const cutAll = async (shell: Shell, moments: ReadonlyArray<number>) => {
  await using rig = await makeRig({ shell })
  await rig.startVm()
  const began = performance.now()
  assert.strictEqual((await rig.ssh(`cycle ${rig.op()}`)).code, 0)
  const whole = performance.now() - began
  const ends: Array<string> = []
  for (const moment of moments) ends.push(await cutAt(rig, moment * whole))
  assert.strictEqual(rig.calls("stop"), rig.calls("start"))
  return ends
}

describe.each(shells)(
  "a client that is lost, under %s",
  { timeout: 30_000 + times * 8_000, concurrent: true },
  (shell) => {
    // Two hosts at once, each with its half of the moments.
    it(`HOST-02 a cycle cut at ${times} random moments ends running every time, and last agrees`, async () => {
      const moments = Array.from({ length: times }, seeded(`HOST-02 under ${shell}`))
      const halves = [moments.slice(0, Math.ceil(times / 2)), moments.slice(Math.ceil(times / 2))]
      const ends = await Promise.all(halves.map((half) => cutAll(shell, half)))
      assert.include(ends.flat(), "finished")
    })

    it("HOST-02 a client killed in the middle of the stop leaves a worker that finishes, on record", async () => {
      await using rig = await makeRig({ shell })
      await rig.startVm()
      rig.fault("stop", "held")
      const op = rig.op()
      await rig.ssh(`cycle ${op}`, (child) => {
        void eventually("qm stop runs", () => rig.calls("stop") === 1).then(() => child.kill("SIGKILL"))
      })
      assert.strictEqual(rig.calls("start"), 0)
      rig.mend("stop")
      await eventually("END", () => rig.log().some((line) => line.includes(`op=${op} verb=cycle END rc=0 vm=running`)))
      assert.isTrue(rig.vmRuns())
    })

    it("HOST-02 the output comes while the worker is at it, and the end of the whole ssh session does not end it", async () => {
      await using rig = await makeRig({ shell })
      await rig.startVm()
      rig.fault("stop", "held")
      const op = rig.op()
      let heard = ""
      const client = rig.ssh(`cycle ${op}`, (child) => child.stdout?.on("data", (chunk: Buffer) => (heard += chunk)))
      await eventually("the client hears of the stop", () => heard.includes(`breakglass-phase op=${op} stopping`))
      assert.strictEqual(rig.live(op, "rc"), "")
      const worker = Number(rig.live(op, "worker").split(" ")[0])
      assert.deepStrictEqual(sessionOf(worker), [worker])
      const front = under(rig.dir).filter(
        ({ argv }) => (argv[1] ?? "").endsWith("breakglass-host") && !argv.includes("--worker")
      )
      const sessions = front.flatMap(({ pid }) => sessionOf(pid))
      assert.isNotEmpty(sessions)
      for (const { pid } of under(rig.dir)) if (sessionOf(pid).some((session) => sessions.includes(session))) end(pid)
      await client
      rig.mend("stop")
      await eventually("END", () => rig.log().some((line) => line.includes(`op=${op} verb=cycle END rc=0 vm=running`)))
      assert.isTrue(rig.vmRuns())
    })

    it("HOST-02 hangup, interrupt, pipe and terminate do not turn a worker from its end", async () => {
      await using rig = await makeRig({ shell })
      await rig.startVm()
      rig.fault("stop", "held")
      const op = rig.op()
      const client = rig.ssh(`cycle ${op}`)
      await eventually("qm stop runs", () => rig.calls("stop") === 1)
      const worker = Number(rig.live(op, "worker").split(" ")[0])
      for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"] as const) process.kill(worker, signal)
      rig.mend("stop")
      assert.strictEqual((await client).code, 0)
      assert.isTrue(rig.vmRuns())
    })
  }
)
