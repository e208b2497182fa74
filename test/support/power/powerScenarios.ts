/** What becomes of a verb, whoever carries it out: the simulated VM and the real way are held to the same list. */
import type { Faults } from "../../../src/breakglass/demo/steps.ts"
import type { Operation, Verb } from "../../../src/contract/Power.ts"

export interface Scenario {
  readonly verb: Verb
  readonly when: string
  readonly initially: "running" | "stopped"
  readonly faults?: Faults
  /** Somebody else's cycle is running on the host. */
  readonly busy?: true
  readonly ends: Outcome
}

export interface Outcome extends Pick<Operation, "outcome" | "exit_code" | "verified"> {
  readonly phases: ReadonlyArray<string>
  /** The VM, when all is over. */
  readonly vm: "running" | "stopped"
}

const looked = (vm: "running" | "stopped"): Outcome => ({
  outcome: "ok",
  exit_code: 0,
  verified: null,
  phases: ["accepted", "done"],
  vm
})
const done = (vm: "running" | "stopped", ...phases: ReadonlyArray<string>): Outcome => ({
  outcome: "ok",
  exit_code: 0,
  verified: true,
  phases: ["accepted", "forensics", ...phases, "done"],
  vm
})
const failed = (exit_code: number, vm: "running" | "stopped", ...phases: ReadonlyArray<string>): Outcome => ({
  ...done(vm, ...phases),
  outcome: "failed",
  exit_code,
  verified: null
})

/** As long as the host is heard; `done` is its own word, before the server reads back. */
const cycled = ["stopping", "starting", "verifying", "done", "reading back"]
const started = ["starting", "verifying", "done", "reading back"]

const plain: ReadonlyArray<Scenario> = [
  { verb: "status", when: "it runs", initially: "running", ends: looked("running") },
  { verb: "status", when: "it is off", initially: "stopped", ends: looked("stopped") },
  {
    verb: "forensics",
    when: "it runs",
    initially: "running",
    ends: { ...looked("running"), phases: ["accepted", "forensics", "done"] }
  },
  {
    verb: "stop",
    when: "it runs",
    initially: "running",
    ends: done("stopped", "stopping", "done", "reading back")
  },
  {
    verb: "stop",
    when: "it is off already",
    initially: "stopped",
    ends: done("stopped", "stopping", "done", "reading back")
  },
  { verb: "start", when: "it is off", initially: "stopped", ends: done("running", ...started) },
  {
    verb: "start",
    when: "it runs already",
    initially: "running",
    ends: done("running", "starting", "done", "reading back")
  },
  { verb: "cycle", when: "it runs", initially: "running", ends: done("running", ...cycled) },
  { verb: "cycle", when: "it is off", initially: "stopped", ends: done("running", ...cycled) },
  { verb: "reset", when: "it runs", initially: "running", ends: done("running", ...started) },
  { verb: "reset", when: "it is off", initially: "stopped", ends: failed(1, "stopped") }
]

const faulty: ReadonlyArray<Scenario> = [
  {
    verb: "cycle",
    when: "QEMU outlives SIGKILL",
    initially: "running",
    faults: { unkillable: true },
    ends: failed(20, "running", "stopping", "killing")
  },
  {
    verb: "start",
    when: "every start fails",
    initially: "stopped",
    faults: { noStart: true },
    ends: failed(1, "stopped", "starting", "verifying")
  },
  {
    verb: "cycle",
    when: "every start fails",
    initially: "running",
    faults: { noStart: true },
    ends: failed(1, "stopped", "stopping", "starting", "verifying")
  },
  {
    verb: "stop",
    when: "another operation runs on the host",
    initially: "running",
    busy: true,
    ends: { outcome: "busy", exit_code: 75, verified: null, phases: ["accepted", "done"], vm: "running" }
  },
  ...(["status", "cycle"] as const).map((verb): Scenario => ({
    verb,
    when: "the host is out of reach",
    initially: "running",
    faults: { unreachable: true },
    ends: { outcome: "unreachable", exit_code: null, verified: null, phases: ["accepted", "done"], vm: "running" }
  }))
]

/** The phase at which the connection breaks is the first that is not heard. */
const cut = (verb: Verb, initially: "running" | "stopped", vm: "running" | "stopped", ...steps: ReadonlyArray<Step>) =>
  steps.map((cutAt, at): Scenario => ({
    verb,
    when: `the connection breaks at ${cutAt}`,
    initially,
    faults: { cutAt },
    ends: {
      outcome: "ok",
      exit_code: 0,
      verified: true,
      phases: [...(at === 0 ? ["accepted"] : steps.slice(0, at)), "asking the host", "reading back", "done"],
      vm
    }
  }))
type Step = NonNullable<Faults["cutAt"]>

export const scenarios: ReadonlyArray<Scenario> = [
  ...plain,
  ...faulty,
  ...cut("cycle", "running", "running", "accepted", "forensics", "stopping", "starting", "verifying"),
  ...cut("stop", "running", "stopped", "accepted", "forensics", "stopping"),
  ...cut("start", "stopped", "running", "accepted", "forensics", "starting", "verifying"),
  ...cut("reset", "running", "running", "accepted", "forensics", "starting", "verifying")
]

/** What a look at the VM's own screen gives, whoever is asked: a picture, or the reason why there is none. */
export interface View {
  readonly when: string
  readonly initially: "running" | "stopped"
  readonly faults?: Faults
  readonly gives: string
}

export const views: ReadonlyArray<View> = [
  { when: "it runs", initially: "running", gives: "a picture" },
  { when: "it is off", initially: "stopped", gives: "This VM has no display: it is stopped." },
  { when: "it has no display", initially: "running", faults: { noDisplay: true }, gives: "This VM has no display." },
  {
    when: "the host is out of reach",
    initially: "running",
    faults: { unreachable: true },
    gives: "The host was not reached."
  }
]
