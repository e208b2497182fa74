/** A VM that exists only here, behind the same door as the real one: what the demo's buttons press. */
import { Effect, Layer } from "effect"
import type { Verb } from "../../contract/Pve.ts"
import { type Answer, type Ask, make, PveVerbs } from "../PveVerbs.ts"

export const layer = Layer.effect(
  PveVerbs,
  Effect.suspend(() => make(simulate()))
)

/** Times are short, but in proportion to the real ones. */
const simulate = (): Ask => {
  const vm = { running: true, pid: 4711 }
  return (verb, opId, say) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const tell = (line: string) => {
        lines.push(line)
        return say(line)
      }
      for (const step of steps[verb]) {
        yield* Effect.sleep(step.takes)
        step.does?.(vm)
        yield* tell(step.says(vm))
      }
      const state = vm.running ? "running" : "stopped"
      yield* tell(`breakglass-result op=${opId} verb=${verb} rc=0 vm=${state} secs=0`)
      const answer: Answer = {
        outcome: "ok",
        exit_code: 0,
        stdout: lines.map((line) => `${line}\n`).join(""),
        stderr: ""
      }
      return answer
    })
}

interface Vm {
  running: boolean
  pid: number
}
interface Step {
  /** Milliseconds. */
  readonly takes: number
  readonly does?: (vm: Vm) => void
  readonly says: (vm: Vm) => string
}

const status: Step = {
  takes: 150,
  says: ({ running, pid }) => (running ? `status: running (pid ${pid})` : "status: stopped")
}
const forensics: Step = {
  takes: 1500,
  says: () => "forensics: qm config, QMP block statistics and thread states captured"
}
const off: Step = { takes: 2000, does: (vm) => (vm.running = false), says: () => "stopped" }
const on: Step = {
  takes: 2500,
  does: (vm) => {
    if (!vm.running) vm.pid += 1
    vm.running = true
  },
  says: ({ pid }) => `started (pid ${pid})`
}
const steps: Record<Verb, ReadonlyArray<Step>> = {
  status: [status],
  forensics: [forensics, status],
  reset: [forensics, { takes: 800, says: () => "reset sent" }, status],
  stop: [forensics, off, status],
  start: [on, status],
  cycle: [forensics, off, on, status]
}
