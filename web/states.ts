/** Connection and VM put into words. A state older than it should be is never shown as if it were now. */
import type { AppState } from "./AppModel.ts"
import type { Link } from "./attach.ts"
import type { Tone } from "./components/Mark.tsx"
import type { Pattern } from "./power.ts"
import { age } from "./words.ts"

export interface Said {
  readonly tone: Tone
  readonly word: string
}

const links = {
  connecting: { tone: "busy", word: "Connecting" },
  catching_up: { tone: "busy", word: "Catching up" },
  live: { tone: "ok", word: "Live" },
  waiting: { tone: "bad", word: "Offline" },
  signed_out: { tone: "bad", word: "Signed out" },
  gone: { tone: "bad", word: "Gone" },
  refused: { tone: "bad", word: "Refused" }
} satisfies Record<Link["state"], Said>

/** The open session's stream, or the VM's when none is open. */
export const shownLink = (app: AppState) => app.session.value ?? app.power

export const linkOf = (app: AppState): Said =>
  app.signedOut.value ? links.signed_out : links[shownLink(app).link.value.state]

const patterns = {
  healthy: { tone: "ok", word: "Healthy" },
  off: { tone: "off", word: "Powered off" },
  host_unreachable: { tone: "bad", word: "No host" },
  qemu_stalled: { tone: "bad", word: "QEMU stalled" },
  swap_crawl: { tone: "bad", word: "Swap crawl" },
  unknown: { tone: "unknown", word: "Unknown" }
} satisfies Record<Pattern, Said>

const staleMs = 45_000

export const vmOf = (app: AppState): Said & { readonly text: string } => {
  const run = app.power.current.value
  const status = app.power.status.value
  if (run !== undefined) return { tone: "busy", word: `${run.verb}…`, text: `${run.verb} is running.` }
  if (status === undefined) return { tone: "unknown", word: "Not observed", text: "The VM has not been observed yet." }
  const since = app.now.value - Date.parse(status.observed_at)
  const known = patterns[status.pattern] ?? patterns.unknown
  if (since > staleMs || app.power.link.value.state !== "live") {
    return { tone: "unknown", word: `${age(since)} ago`, text: `Last observed ${age(since)} ago: ${status.text}` }
  }
  return { ...known, text: status.text }
}
