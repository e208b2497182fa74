/** What the simulated host does for each verb, step by step, in the order and with the phases of `host/breakglass-host`. */
import type { Verb } from "../../contract/Power.ts"

export interface Faults {
  /** The connection breaks at this phase; the host goes on. */
  readonly cutAt?: Phase
  /** Nothing answers, from the first word. */
  readonly unreachable?: true
  /** QEMU outlives SIGKILL: exit 20. */
  readonly unkillable?: true
  /** `qm start` fails every time. */
  readonly noStart?: true
  /** A VM without a graphics card. */
  readonly noDisplay?: true
}

type Phase = "accepted" | "forensics" | "stopping" | "starting" | "verifying"

export interface Vm {
  running: boolean
  pid: number
  /** Milliseconds. */
  born: number
  /** QEMU has outlived `qm stop`. */
  stuck: boolean
  /** A start was tried. */
  tried: boolean
  /** Until it is started anew. */
  wedged: boolean
}
export interface Step {
  readonly phase?: Phase | "killing"
  /** As the host does: not everything there is to do is done. */
  readonly skipped?: (vm: Vm) => boolean
  /** Milliseconds. */
  readonly takes: number
  /** The exit code, when it is not 0. */
  readonly does?: (vm: Vm, faults: Faults, now: number) => number | undefined
  readonly says?: (vm: Vm) => string
}

const accepted: Step = { phase: "accepted", takes: 100 }
const forensics: Step = {
  phase: "forensics",
  takes: 1500,
  says: () =>
    "== qm status ==\nstatus: running\n== QMP query-blockstats ==\nno write completed between the two looks\n== pressure io ==\nfull avg10=58.77"
}
const off: Step = {
  phase: "stopping",
  takes: 2000,
  does: (vm, { unkillable }) => {
    if (unkillable === true) vm.stuck = true
    else vm.running = false
    return undefined
  },
  says: ({ running }) => (running ? "qm stop: exit 255" : "QEMU has ended")
}
const kill: Step = {
  phase: "killing",
  takes: 2000,
  skipped: ({ stuck }) => !stuck,
  does: () => 20,
  says: () => "unkillable: QEMU outlived SIGKILL; only a reboot of the host ends it"
}
const on: Step = {
  phase: "starting",
  takes: 2500,
  does: (vm, { noStart }, now) => {
    vm.tried = !vm.running
    if (vm.running || noStart === true) return undefined
    vm.pid += 1
    vm.born = now
    vm.running = true
    vm.wedged = false
    return undefined
  },
  says: ({ running, tried, pid }) =>
    !running ? "qm start, try 3 of 3: exit 255" : tried ? `QEMU ${pid} runs` : "already running"
}
const verify: Step = {
  phase: "verifying",
  takes: 600,
  skipped: ({ tried }) => !tried,
  does: ({ running }) => (running ? undefined : 1)
}
const status: Step = { takes: 150, says: ({ running }) => (running ? "status: running" : "status: stopped") }
const present: Step = {
  takes: 0,
  skipped: ({ running }) => running,
  does: () => 1,
  says: () => "nothing to reset: the VM has no QEMU process; start it instead"
}
const reset: Step = {
  phase: "starting",
  takes: 800,
  does: (vm) => {
    vm.tried = true
    vm.wedged = false
    return undefined
  },
  says: () => "reset sent"
}

export const steps: Record<Verb, ReadonlyArray<Step>> = {
  status: [status],
  forensics: [accepted, forensics],
  reset: [accepted, forensics, present, reset, verify],
  stop: [accepted, forensics, off, kill],
  start: [accepted, forensics, on, verify],
  cycle: [accepted, forensics, off, kill, on, verify]
}
