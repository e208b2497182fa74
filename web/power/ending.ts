/** What an operation went through and how it ended, in words for people; after a bad end, what to do. */
import type { OpOutcome } from "../../src/contract/Power.ts"
import { resetIsLeft } from "./advice.ts"
import type { Tone } from "../components/Mark.tsx"
import type { Run } from "./power.ts"
import { revealHidden } from "../text/revealHidden.ts"
import { age } from "../text/format.ts"

export interface Ending {
  readonly tone: Tone
  readonly word: string
  /** What to do now; "" when there is nothing to do. */
  readonly next: string
}

const outcomes = {
  ok: { tone: "ok", word: "done", next: "" },
  failed: { tone: "bad", word: "failed", next: "Read the output, then press Check." },
  rejected: { tone: "bad", word: "refused by the host", next: "Nothing was changed." },
  busy: { tone: "bad", word: "host was busy", next: "Another operation holds the VM. Wait for it, then press Check." },
  unreachable: { tone: "bad", word: "not sent", next: "The Proxmox host cannot be reached. Check its network." },
  host_key: {
    tone: "bad",
    word: "not sent",
    next: "The host's identity is unknown or has changed. Do not go on before you know why."
  },
  auth: {
    tone: "bad",
    word: "host refused our key",
    next: "Nothing was changed. The key on the host needs repair."
  },
  unknown: { tone: "unknown", word: "result unknown", next: "Press Check before anything else." }
} satisfies Record<OpOutcome, Ending>

export const ending = (run: Run): Ending => {
  if (run.ended_at === null) return { tone: "busy", word: "running", next: "" }
  const end: Ending = outcomes[run.outcome ?? "unknown"] ?? outcomes.unknown
  if (run.outcome === "ok" && run.verified !== null) {
    return run.verified ? { ...end, word: "done, verified" } : unverified(run)
  }
  if (resetIsLeft(run)) return { ...end, next: "Nothing was changed. Reset needs no new start: it can still work." }
  // The host's exit code for a QEMU that no signal ends.
  return run.outcome === "failed" && run.exit_code === 20
    ? { ...end, next: "The VM's process cannot be ended. Only a restart of the Proxmox host helps." }
    : end
}

/** The host says done, and what was read back afterwards says otherwise. */
const unverified = ({ verb, evidence }: Run): Ending => {
  const says = "the host says done, but the VM"
  if (!/^(running|status: running)/.test(evidence)) {
    const off = /\bstopped\b/.test(evidence)
    const word = `${says} ${off ? "is off" : "was not seen running"}.`
    return { tone: "unknown", word, next: `Press ${off ? "Power on" : "Check"}.` }
  }
  const [, seconds] = /up (\d+) s$/.exec(evidence) ?? []
  return verb === "stop"
    ? { tone: "unknown", word: `${says} is still on.`, next: "Press Check, then try again." }
    : {
        tone: "unknown",
        word: `${says}'s process is the old one${seconds === undefined ? "" : ` (up ${long(seconds)})`}.`,
        next: "It was probably not restarted. Press Check, then try again."
      }
}

/** What the host said about the VM, in the page's words. */
export const seen = (evidence: string): string =>
  evidence
    .replace(/^(status: )?(running|stopped)/, (_all, _status, state: string) => (state === "running" ? "on" : "off"))
    .replace(
      /, QEMU process (\d+), up (\d+) s$/,
      (_all, pid: string, seconds: string) => `; QEMU ${pid}, up ${long(seconds)}`
    )

const long = (seconds: string): string => age(Number(seconds) * 1000).replace(/ d$/, " days")

/** The host's last own words: a failure's reason. */
export const lastWords = (output: string): string =>
  output
    .slice(-2000)
    .split("\n")
    .findLast((line) => line.trim() !== "" && !line.startsWith("breakglass-")) ?? ""

const phases: Readonly<Record<string, string>> = {
  accepted: "Started",
  waiting: "Waiting for another operation",
  forensics: "Saving evidence",
  stopping: "Powering off",
  killing: "Forcing off",
  starting: "Powering on",
  verifying: "Checking",
  "asking the host": "Connection lost: asking the host how it ended",
  "reading back": "Checking",
  done: "Done",
  unknown: "Result unknown"
}
export const phaseWord = (phase: string): string => phases[phase] ?? phase

export interface Step {
  readonly phase: string
  /** How long it took, or has taken by `now`; undefined for the last one, and when its end was not reported. */
  readonly ms: number | undefined
}

export const steps = ({ phases, phase, ended_at }: Run, now: number): ReadonlyArray<Step> => {
  // The stream may not have reported the last one yet.
  const ahead = phases.at(-1)?.phase === phase ? [] : [{ phase, at: ended_at }]
  // The host is done; the operation is when that was read back.
  const all = [...phases, ...ahead].filter(({ phase }, at, { length }) => phase !== "done" || at === length - 1)
  return all.map(({ phase, at }, index) => {
    const next = all[index + 1]
    const to = next === undefined ? (ended_at === null ? now : undefined) : next.at && Date.parse(next.at)
    return { phase, ms: at && to ? Math.max(0, to - Date.parse(at)) : undefined }
  })
}

/** The server's names for operators it knows no name of. */
const people: Readonly<Record<string, string>> = { login: "a sign-in with the token", token: "the API token" }
export const by = (actor: string): string => people[actor] ?? revealHidden(actor)
