/**
 * What `host/breakglass-host` is asked and what it prints, line by line; pure. Only a line that carries the operation's own id
 * is believed to be the script's. Every other line is output, whatever it looks like.
 */
import type { Effect } from "effect"
import { mutating, type OpOutcome, type Verb } from "../../contract/Power.ts"

/** `exit_code` is null when the verb's own was not received. */
export interface HostReply {
  readonly outcome: OpOutcome
  readonly exit_code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `last`: what became of an operation. `screen`: a picture of the VM's screen. `selftest`: the host's set-up. */
export type HostRequest = Verb | "last" | "screen" | "selftest"

/** `onLine` is given each line of stdout as it comes. */
export type AskHost = (
  request: HostRequest,
  opId: string,
  onLine: (line: string) => Effect.Effect<void>
) => Effect.Effect<HostReply>

/** One line of the host's. */
export type HostLine =
  | { readonly _tag: "Phase"; readonly phase: string }
  | {
      readonly _tag: "Evidence"
      readonly state: string
      readonly pid: string
      readonly uptime: string
      readonly where: string
    }
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Result"; readonly rc: number }
  | LastLine
  | { readonly _tag: "Output"; readonly text: string }

/** What became of an operation, as the host's record has it. `rc` is null when it has not ended or has not said how. */
export interface LastLine {
  readonly _tag: "Last"
  readonly known: boolean
  readonly rc: number | null
  readonly worker: string
}

export const parseLine = (text: string, opId: string): HostLine => {
  const [word, id, ...rest] = text.split(" ")
  const output: HostLine = { _tag: "Output", text }
  if (id !== `op=${opId}`) return output
  const field = (name: string) => rest.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? ""
  switch (word) {
    case "breakglass-phase":
      return /^[a-z-]{1,20}$/.test(rest[0] ?? "") && rest.length === 1
        ? { _tag: "Phase", phase: rest[0] ?? "" }
        : output
    case "breakglass-evidence":
      return {
        _tag: "Evidence",
        state: field("state"),
        pid: field("pid"),
        uptime: field("uptime"),
        where: whereabouts(field("why"), field("node"))
      }
    case "breakglass-refused":
      return /^reason=[a-z_]{1,20}$/.test(rest[0] ?? "") && rest.length > 1
        ? { _tag: "Refused", reason: rest.slice(1).join(" ") }
        : output
    case "breakglass-result":
      return /^[0-9]{1,3}$/.test(field("rc")) ? { _tag: "Result", rc: Number(field("rc")) } : output
    case "breakglass-last":
      return {
        _tag: "Last",
        known: field("known") === "yes",
        rc: /^[0-9]{1,3}$/.test(field("rc")) ? Number(field("rc")) : null,
        worker: field("worker")
      }
    default:
      return output
  }
}

/** Why the host has no such VM to switch, in words; empty when it has one. The node is the cluster's own name for it. */
const whereabouts = (why: string, node: string): string => {
  const on = /^[A-Za-z0-9.-]{1,64}$/.test(node) ? `on node ${node}` : "on another node"
  switch (why) {
    case "elsewhere":
      return `not on this host: it is ${on}`
    case "nowhere":
      return "not on this host, nor on another node of its cluster"
    case "container":
      return `no VM: this id is a container's, ${on}`
    case "template":
      return "no VM that can run: this id is a template's"
    default:
      return ""
  }
}

/**
 * The forced command's exit codes. 2: rejected or refused, nothing was changed. 75: another operation runs. 20: a QEMU that only
 * a reboot of the host ends. 78: the host's configuration is wrong.
 */
export const outcomeOf = (code: number): OpOutcome =>
  code === 0 ? "ok" : code === 2 ? "rejected" : code === 75 ? "busy" : "failed"

/**
 * Whether the host's last line disagrees with the exit code: then neither is believed. An exit 0 from a host that runs our
 * script needs its result line as well. A failure needs none: the script may have failed before it could print one.
 */
export const disagreesWithExit = (lines: ReadonlyArray<string>, opId: string, code: number): boolean => {
  const last = parseLine(lines.at(-1) ?? "", opId)
  return last._tag === "Result" ? last.rc !== code : code === 0 && isOurScript(lines)
}

/** Another script prints no line of ours: its exit code is all there is, and `verified` rests on what is read back. */
export const isOurScript = (lines: ReadonlyArray<string>): boolean =>
  lines.some((line) => line.startsWith("breakglass-"))

export const isMutating = (verb: Verb): boolean => (mutating as ReadonlyArray<Verb>).includes(verb)

/** The state a verb should leave the VM in; null when it changes nothing. */
export const expectedState = (verb: Verb): "running" | "stopped" | null => {
  switch (verb) {
    case "start":
    case "cycle":
    case "reset":
      return "running"
    case "stop":
      return "stopped"
    case "status":
    case "forensics":
      return null
  }
}

/** What is known of the VM from what the host printed: the script's evidence, or the bare word of `qm status`. */
export interface Observed {
  readonly state: string
  /** Seconds the QEMU process has lived; null when there is none, or the host did not say. */
  readonly uptime: number | null
  readonly line: string
}

/** Why the host started nothing, in its own words; null when it did not say that. */
export const refusalReason = (lines: ReadonlyArray<string>, opId: string): string | null =>
  lines
    .map((line) => parseLine(line, opId))
    .flatMap((line) => (line._tag === "Refused" ? [line.reason] : []))
    .at(0) ?? null

export const observed = (lines: ReadonlyArray<string>, opId: string): Observed => {
  for (const text of [...lines].reverse()) {
    const line = parseLine(text, opId)
    if (line._tag === "Evidence") {
      if (line.state === "unknown" && line.where !== "") return { state: "not_here", uptime: null, line: line.where }
      const uptime = /^[0-9]{1,12}$/.test(line.uptime) ? Number(line.uptime) : null
      const process = uptime === null ? "" : `, QEMU process ${line.pid}, up ${uptime} s`
      return { state: line.state, uptime, line: `${line.state}${process}` }
    }
    const [, state] = /^status: ([a-z-]+)/.exec(text) ?? []
    if (state !== undefined) return { state, uptime: null, line: text }
  }
  return { state: "unknown", uptime: null, line: "the host did not say" }
}

/**
 * Whether what was read back is what the verb should have done; null when it does not show. `elapsed`: seconds since the verb
 * was sent. After a cycle, a QEMU older than the operation is not a new one. The host counts whole seconds.
 */
export const matchesExpected = (verb: Verb, { state, uptime }: Observed, elapsed: number): boolean | null => {
  if (state === "unknown") return null
  if (state !== expectedState(verb)) return false
  if (verb !== "cycle") return true
  return uptime === null ? null : uptime <= elapsed + 1
}
