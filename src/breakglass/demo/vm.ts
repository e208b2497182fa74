/**
 * A VM that exists only here, behind the same `HostLink` as a real one: what the demo's buttons act on. It speaks as
 * `host/breakglass-host` does, remembers its operations, refuses a second one at a time, and fails on request.
 */
import { Clock, Effect, Layer } from "effect"
import type { Verb } from "../../contract/Power.ts"
import { Observer } from "../observe/Observer.ts"
import { HostLink } from "../power/HostLink.ts"
import { type AskHost, type HostReply, isMutating, outcomeOf } from "../power/hostProtocol.ts"
import * as Console from "./console.ts"
import { type Faults, steps, type Vm } from "./steps.ts"

export const layer = (): Layer.Layer<HostLink | Observer> => {
  const ask = simulate({})
  // Only the host's word can be had about a VM that is not there; the rest follows from it.
  const state = Effect.map(
    ask("status", "observer", () => Effect.void),
    ({ outcome, stdout }) => (outcome === "ok" ? (/^status: (\w+)/m.exec(stdout)?.[1] ?? "unknown") : outcome)
  )
  const inside = Effect.map(state, (state) => ({ state: state === "running" ? "ok" : "unreachable" }))
  return Layer.mergeAll(
    Layer.succeed(HostLink, { ask, probe: ask }),
    Layer.succeed(Observer, {
      probes: [
        { probe: "pve", ask: Effect.map(state, (state) => ({ state })) },
        { probe: "tcp22", ask: inside },
        { probe: "ssh", ask: inside, explain: () => Effect.succeed("simulated: there is no VM") }
      ]
    })
  )
}

export type { Faults }

type OnLine = (line: string) => Effect.Effect<void>

/** What the simulated host knows. */
interface Host {
  readonly vm: Vm
  readonly faults: Faults
  readonly records: Map<string, Recorded>
  /** The mutating operation that runs. */
  busy: string | null
}

interface Recorded {
  readonly verb: Verb
  readonly lines: Array<string>
  rc: number | null
  /** The connection broke: the host goes on, and nothing of it is heard. */
  cut: boolean
}

export const simulate = (faults: Faults): AskHost => {
  const vm: Vm = { running: true, pid: 4711, born: 0, stuck: false, tried: false, wedged: true }
  const host: Host = { vm, faults, records: new Map(), busy: null }
  return (request, id, onLine) =>
    Effect.gen(function* () {
      if (faults.unreachable === true) return unreachable
      if (request === "selftest") return reply(0, ["simulated: there is no host"])
      if (request === "last") return reply(0, [lastLine(id, host.records.get(id))])
      if (request === "screen") {
        const lines = screenLines(vm, faults, id)
        yield* Effect.sleep("300 millis")
        for (const line of lines) yield* onLine(line)
        return reply(0, lines)
      }
      if (isMutating(request) && host.busy !== null)
        return reply(75, [`busy: op=${host.busy}`, `breakglass-result op=${id} verb=${request} rc=75`])
      return yield* operate(host, request, id, onLine)
    })
}

const operate = (host: Host, verb: Verb, id: string, onLine: OnLine) =>
  Effect.gen(function* () {
    const { vm, faults, records } = host
    const record: Recorded = { verb, lines: [], rc: null, cut: false }
    records.set(id, record)
    const print = (text: string) => {
      record.lines.push(text)
      if (faults.cutAt !== undefined && text.endsWith(` ${faults.cutAt}`)) record.cut = true
      return record.cut ? Effect.void : onLine(text)
    }
    if (isMutating(verb)) host.busy = id
    const rc = yield* takeSteps(host, verb, id, print)
    const age = Math.floor(((yield* Clock.currentTimeMillis) - vm.born) / 1000)
    const state = vm.running ? "running" : "stopped"
    yield* print(
      `breakglass-evidence op=${id} state=${state} pid=${vm.running ? vm.pid : "-"} uptime=${vm.running ? age : "-"}`
    )
    yield* print(`breakglass-phase op=${id} done`)
    yield* print(`breakglass-result op=${id} verb=${verb} rc=${rc} vm=${state} secs=0`)
    record.rc = rc
    if (host.busy === id) host.busy = null
    return record.cut ? lost : reply(rc, record.lines)
  })

/** Gives the exit code. */
const takeSteps = ({ vm, faults }: Host, verb: Verb, id: string, print: OnLine) =>
  Effect.gen(function* () {
    for (const step of steps[verb]) {
      if (step.skipped?.(vm) === true) continue
      if (step.phase !== undefined) yield* print(`breakglass-phase op=${id} ${step.phase}`)
      yield* Effect.sleep(step.takes)
      const rc = step.does?.(vm, faults, yield* Clock.currentTimeMillis) ?? 0
      if (step.says !== undefined) yield* print(step.says(vm))
      if (rc !== 0) return rc
    }
    return 0
  })

const screenLines = ({ running, wedged }: Vm, { noDisplay }: Faults, id: string): ReadonlyArray<string> => {
  const result = `breakglass-result op=${id} verb=screen rc=0 vm=${running ? "running" : "stopped"} secs=0`
  if (!running) return ["no display: the VM is stopped", result]
  if (noDisplay === true) return ["no display", result]
  const picture = Console.draw(wedged ? Console.hung : Console.login)
  const head = `breakglass-screen op=${id} format=ppm encoding=base64 bytes=${picture.length}`
  return [head, ...(picture.toString("base64").match(/.{1,76}/g) ?? []), result]
}

const lastLine = (id: string, record: Recorded | undefined): string =>
  record === undefined
    ? `breakglass-last op=${id} known=no`
    : `breakglass-last op=${id} known=yes verb=${record.verb} phase=? rc=${record.rc ?? "-"} worker=${record.rc === null ? "alive" : "ended"}`

const reply = (rc: number, lines: ReadonlyArray<string>): HostReply => ({
  outcome: outcomeOf(rc),
  exit_code: rc,
  stdout: lines.map((line) => `${line}\n`).join(""),
  stderr: ""
})
const lost: HostReply = { outcome: "unknown", exit_code: null, stdout: "", stderr: "The connection to the host broke." }
const unreachable: HostReply = {
  outcome: "unreachable",
  exit_code: null,
  stdout: "",
  stderr: "The host does not answer."
}
