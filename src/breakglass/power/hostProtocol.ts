/**
 * What `host/breakglass-host` prints, line by line; pure. Only lines with the operation's own id are believed to be the
 * script's: everything else is output, whatever it looks like.
 */
import { mutating, type OpOutcome, type Verb } from "../../contract/Power.ts"

export type Said =
  | { readonly _tag: "Phase"; readonly phase: string }
  | {
      readonly _tag: "Evidence"
      readonly state: string
      readonly pid: string
      readonly uptime: string
      readonly where: string
    }
  | { readonly _tag: "Refused"; readonly words: string }
  | { readonly _tag: "Result"; readonly rc: number }
  | { readonly _tag: "Last"; readonly known: boolean; readonly rc: number | null; readonly worker: string }
  | { readonly _tag: "Output"; readonly text: string }

export const hear = (text: string, opId: string): Said => {
  const [word, id, ...rest] = text.split(" ")
  const output: Said = { _tag: "Output", text }
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
        ? { _tag: "Refused", words: rest.slice(1).join(" ") }
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

/** The forced command's exit codes. 2: rejected or refused, nothing was changed. 20: a QEMU that only a reboot of the host ends. 78: its configuration is wrong. */
export const outcomeOf = (code: number): OpOutcome =>
  code === 0 ? "ok" : code === 2 ? "rejected" : code === 75 ? "busy" : "failed"

/**
 * Whether the host's last word contradicts the code it ended with: then neither is believed. "Done" needs its word as well,
 * from a host that speaks like ours; what failed may have done so before there was anybody to say it.
 */
export const contradicts = (lines: ReadonlyArray<string>, opId: string, code: number): boolean => {
  const said = hear(lines.at(-1) ?? "", opId)
  return said._tag === "Result" ? said.rc !== code : code === 0 && ours(lines)
}

/** Another script's exit code, which SSH carries, stands alone; `verified` then rests on what is read back. */
export const ours = (lines: ReadonlyArray<string>): boolean => lines.some((line) => line.startsWith("breakglass-"))

export const changes = (verb: Verb): boolean => (mutating as ReadonlyArray<Verb>).includes(verb)

/** What a verb should have made of the VM; null when it changes nothing. */
export const expected = (verb: Verb): "running" | "stopped" | null => {
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
  /** Seconds the QEMU process has lived; null when there is none, or it was not said. */
  readonly uptime: number | null
  readonly line: string
}

/** Why the host began nothing, in its own words; null when that is not what it said. */
export const refusal = (lines: ReadonlyArray<string>, opId: string): string | null =>
  lines
    .map((line) => hear(line, opId))
    .flatMap((said) => (said._tag === "Refused" ? [said.words] : []))
    .at(0) ?? null

export const observed = (lines: ReadonlyArray<string>, opId: string): Observed => {
  for (const line of [...lines].reverse()) {
    const said = hear(line, opId)
    if (said._tag === "Evidence") {
      if (said.state === "unknown" && said.where !== "") return { state: "not_here", uptime: null, line: said.where }
      const uptime = /^[0-9]{1,12}$/.test(said.uptime) ? Number(said.uptime) : null
      const process = uptime === null ? "" : `, QEMU process ${said.pid}, up ${uptime} s`
      return { state: said.state, uptime, line: `${said.state}${process}` }
    }
    const [, state] = /^status: ([a-z-]+)/.exec(line) ?? []
    if (state !== undefined) return { state, uptime: null, line }
  }
  return { state: "unknown", uptime: null, line: "the host did not say" }
}

/**
 * Whether what is read back fits what was done; null when it does not tell. After a cycle a QEMU older than the operation is
 * not a new one; the host counts whole seconds.
 */
export const fits = (verb: Verb, { state, uptime }: Observed, elapsed: number): boolean | null => {
  if (state === "unknown") return null
  if (state !== expected(verb)) return false
  if (verb !== "cycle") return true
  return uptime === null ? null : uptime <= elapsed + 1
}
