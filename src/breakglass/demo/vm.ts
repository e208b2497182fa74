/**
 * A VM that exists only here, behind the same door as the real one: what the demo's buttons press. It speaks as
 * `host/breakglass-host` does, remembers its operations, refuses a second one at a time, and fails on request.
 */
import { Clock, Effect, Layer } from "effect"
import type { Verb } from "../../contract/Power.ts"
import type { Answer, Ask } from "../power/runOperation.ts"
import { changes, outcomeOf } from "../power/hostProtocol.ts"
import { Observer } from "../observe/Observer.ts"
import { make, PveVerbs } from "../power/PveVerbs.ts"
import * as Console from "./console.ts"
import { type Faults, steps, type Vm } from "./steps.ts"

export const layer = (faults: Faults = {}) => {
  const ask = simulate(faults)
  // Of a VM that is not there only the host's word can be had; the rest follows from it.
  const state = Effect.map(
    ask("status", "observer", () => Effect.void),
    ({ outcome, stdout }) => (outcome === "ok" ? (/^status: (\w+)/m.exec(stdout)?.[1] ?? "unknown") : outcome)
  )
  const inside = Effect.map(state, (state) => ({ state: state === "running" ? "ok" : "unreachable" }))
  return Layer.mergeAll(
    Layer.effect(
      PveVerbs,
      Effect.suspend(() => make(ask))
    ),
    Layer.succeed(Observer, {
      looks: [
        { probe: "pve", state: Effect.map(state, (state) => ({ state })) },
        { probe: "tcp22", state: inside },
        { probe: "ssh", state: inside, words: () => Effect.succeed("simulated: there is no VM") }
      ]
    })
  )
}

export type { Faults }

export const simulate = (faults: Faults): Ask => {
  const vm: Vm = { running: true, pid: 4711, born: 0, stuck: false, tried: false, wedged: true }
  const records = new Map<string, Recorded>()
  let busy: string | null = null

  const work = (verb: Verb, id: string, line: (text: string) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      for (const step of steps[verb]) {
        if (step.skipped?.(vm) === true) continue
        if (step.phase !== undefined) yield* line(`breakglass-phase op=${id} ${step.phase}`)
        yield* Effect.sleep(step.takes)
        const rc = step.does?.(vm, faults, yield* Clock.currentTimeMillis) ?? 0
        if (step.says !== undefined) yield* line(step.says(vm))
        if (rc !== 0) return rc
      }
      return 0
    })

  const operate = (verb: Verb, id: string, say: (line: string) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const record: Recorded = { verb, lines: [], rc: null, cut: false }
      records.set(id, record)
      const line = (text: string) => {
        record.lines.push(text)
        if (faults.cutAt !== undefined && text.endsWith(` ${faults.cutAt}`)) record.cut = true
        return record.cut ? Effect.void : say(text)
      }
      if (changes(verb)) busy = id
      const rc = yield* work(verb, id, line)
      const age = Math.floor(((yield* Clock.currentTimeMillis) - vm.born) / 1000)
      const state = vm.running ? "running" : "stopped"
      yield* line(
        `breakglass-evidence op=${id} state=${state} pid=${vm.running ? vm.pid : "-"} uptime=${vm.running ? age : "-"}`
      )
      yield* line(`breakglass-phase op=${id} done`)
      yield* line(`breakglass-result op=${id} verb=${verb} rc=${rc} vm=${state} secs=0`)
      record.rc = rc
      if (busy === id) busy = null
      return record.cut ? lost : answer(rc, record.lines)
    })

  return (verb, id, say) =>
    Effect.gen(function* () {
      if (faults.unreachable === true) return unreachable
      if (verb === "selftest") return answer(0, ["simulated: there is no host"])
      if (verb === "last") return answer(0, [recall(id, records.get(id))])
      if (verb === "screen") {
        const lines = screen(vm, faults, id)
        yield* Effect.sleep("300 millis")
        for (const line of lines) yield* say(line)
        return answer(0, lines)
      }
      if (changes(verb) && busy !== null)
        return answer(75, [`busy: op=${busy}`, `breakglass-result op=${id} verb=${verb} rc=75`])
      return yield* operate(verb, id, say)
    })
}

interface Recorded {
  readonly verb: Verb
  readonly lines: Array<string>
  rc: number | null
  cut: boolean
}

const screen = ({ running, wedged }: Vm, { noDisplay }: Faults, id: string): ReadonlyArray<string> => {
  const result = `breakglass-result op=${id} verb=screen rc=0 vm=${running ? "running" : "stopped"} secs=0`
  if (!running) return ["no display: the VM is stopped", result]
  if (noDisplay === true) return ["no display", result]
  const picture = Console.draw(wedged ? Console.hung : Console.login)
  const head = `breakglass-screen op=${id} format=ppm encoding=base64 bytes=${picture.length}`
  return [head, ...(picture.toString("base64").match(/.{1,76}/g) ?? []), result]
}

const recall = (id: string, record: Recorded | undefined): string =>
  record === undefined
    ? `breakglass-last op=${id} known=no`
    : `breakglass-last op=${id} known=yes verb=${record.verb} phase=? rc=${record.rc ?? "-"} worker=${record.rc === null ? "alive" : "ended"}`

const answer = (rc: number, lines: ReadonlyArray<string>): Answer => ({
  outcome: outcomeOf(rc),
  exit_code: rc,
  stdout: lines.map((line) => `${line}\n`).join(""),
  stderr: ""
})
const lost: Answer = { outcome: "unknown", exit_code: null, stdout: "", stderr: "The connection to the host broke." }
const unreachable: Answer = { outcome: "unreachable", exit_code: null, stdout: "", stderr: "The host does not answer." }
