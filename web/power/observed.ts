/** The newest thing known of the VM: what the server's probes say, or what the host said at the end of an operation. */
import type { Tone } from "../components/Mark.tsx"
import type { Pattern } from "../../src/contract/Power.ts"
import type { Power, Run } from "./power.ts"

export interface Observed {
  /** The server's name for it; or `running`, of which the host says no more. */
  readonly pattern: string
  readonly tone: Tone
  readonly word: string
  readonly text: string
  readonly at: number
}

const patterns = {
  healthy: { tone: "ok", word: "reachable" },
  off: { tone: "off", word: "off" },
  host_unreachable: { tone: "bad", word: "host unreachable" },
  not_here: { tone: "bad", word: "not on this host" },
  disk_stalled: { tone: "bad", word: "disk stalled" },
  qemu_stalled: { tone: "bad", word: "stalled" },
  swap_crawl: { tone: "bad", word: "very slow" },
  unknown: { tone: "unknown", word: "unknown" }
} satisfies Record<Pattern, Pick<Observed, "tone" | "word">>

/** A probe that began before an operation's end may be reported this much after it, ms. */
const lookMs = 3000

export const observed = (power: Power): Observed | undefined => {
  const { status } = power
  const probed =
    status === undefined
      ? undefined
      : {
          ...(patterns[status.pattern] ?? patterns.unknown),
          pattern: status.pattern,
          text: status.text,
          at: Date.parse(status.observed_at)
        }
  const said = fromHost(power)
  return probed === undefined || (said !== undefined && said.at + lookMs > probed.at) ? said : probed
}

const fromHost = (power: Power): Observed | undefined => {
  for (const run of power.operations) {
    if (run.ended_at === null) continue
    const at = Date.parse(run.ended_at)
    const state = stateAfter(run)
    if (state === "running")
      return { pattern: "running", tone: "ok", word: "running", text: "The host says it is running.", at }
    if (state === "stopped")
      return { pattern: "off", tone: "off", word: "off", text: "The host says it is powered off.", at }
  }
  return undefined
}

/** Read back after a verb, or said in the host's own last line: a program that prints the like cannot come after that. */
const stateAfter = (run: Run): string | undefined => {
  if (run.verified === true) return run.verb === "stop" ? "stopped" : "running"
  return /^breakglass-result .*\bvm=(running|stopped)\b/m.exec(run.output.slice(-2000))?.[1]
}
