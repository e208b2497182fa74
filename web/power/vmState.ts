/** The VM put into words. A state older than it should be is never shown as if it were now. */
import type { Verb } from "../../src/contract/Power.ts"
import type { Status } from "../components/Mark.tsx"
import { current as isCurrent, type Link } from "../link/link.ts"
import { age, stopwatch } from "../text/format.ts"
import { advised } from "./advice.ts"
import { observed } from "./observed.ts"
import { current, isMutating, type Power } from "./power.ts"
import { labels } from "./verbs.ts"

/** What is known of the VM, and how it is known. Times are ms since the epoch. */
export interface VmKnowledge {
  readonly power: Power
  /** Of the VM's own stream, as is `lastSeen`: 0 before its first byte. */
  readonly link: Link
  readonly lastSeen: number
  readonly signedOut: boolean
  readonly now: number
  /** Now by the server's clock: what it gave a time to is compared with this. */
  readonly serverNow: number
}

export interface VmState extends Status {
  /** The state in a sentence. */
  readonly text: string
  /** What was seen is not well, and the server can be asked why. */
  readonly doubt: boolean
}

/** The VM is probed every few seconds, and a probe may take ten: an age below this says nothing. */
const agedMs = 15_000
const staleMs = 45_000

const isFresh = ({ link, serverNow }: VmKnowledge, at: number): boolean => serverNow - at <= staleMs && isCurrent(link)

/** The button to press next, if there is one. */
export const recommended = (known: VmKnowledge): Verb | undefined =>
  advised(known.power, isFresh(known, observed(known.power)?.at ?? 0), known.serverNow)

export const vmState = (known: VmKnowledge): VmState => {
  const run = current(known.power)
  if (run !== undefined && isMutating(run.verb)) {
    const stale = !isCurrent(known.link)
    return {
      tone: stale ? "unknown" : "busy",
      word: `${run.verb}…`,
      age: stopwatch(known.serverNow - Date.parse(run.started_at)),
      text: `${labels[run.verb].name} ${stale ? `was running when last seen${lastSeen(known)}.` : "is running."}`,
      doubt: false
    }
  }
  const seen = observed(known.power)
  if (seen === undefined) return { tone: "unknown", word: "Unknown", age: "", text: unseen(known), doubt: false }
  const since = known.serverNow - seen.at
  const word = seen.word.charAt(0).toUpperCase() + seen.word.slice(1)
  if (!isFresh(known, seen.at)) {
    return { tone: "unknown", word: `${word}?`, age: age(since), text: `${age(since)} ago: ${seen.text}`, doubt: false }
  }
  const doubt = seen.tone === "bad" || seen.tone === "unknown"
  return { tone: seen.tone, word, age: since > agedMs ? age(since) : "", text: seen.text, doubt }
}

/** Nothing has come yet; on a lost link nothing is on its way either. */
const unseen = ({ signedOut, link }: VmKnowledge): string => {
  if (signedOut) return "State unknown: sign in first."
  return link.state === "waiting" ? "State unknown: no connection to the server." : "Checking the VM…"
}

const lastSeen = ({ lastSeen, now }: VmKnowledge): string => (lastSeen === 0 ? "" : `, ${age(now - lastSeen)} ago`)
