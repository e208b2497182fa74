/** Connection, VM and agent put into words. A state older than it should be is never shown as if it were now. */
import type { Verb } from "../../src/contract/Power.ts"
import type { SessionRow } from "../link/api.ts"
import type { AppState } from "./AppModel.ts"
import type { Tone } from "../components/Mark.tsx"
import { advised } from "../power/advice.ts"
import { current, type Link } from "../link/link.ts"
import { observed } from "../power/observed.ts"
import { looks } from "../power/power.ts"
import { labels } from "../power/verbs.ts"
import { age, stopwatch } from "../text/format.ts"

export interface Said {
  readonly tone: Tone
  readonly word: string
  /** How old it is, or how far behind; "" when that says nothing. */
  readonly age: string
}

/** The open session's stream, or the VM's when none is open. */
export const shownLink = (app: AppState) => app.session.value ?? app.power

const links = {
  live: ["ok", "Live"],
  polling: ["busy", "Checking"],
  connecting: ["busy", "Connecting"],
  catching_up: ["busy", "Catching up"],
  waiting: ["bad", "Reconnecting"],
  signed_out: ["bad", "Signed out"],
  gone: ["bad", "Not found"],
  refused: ["bad", "Refused"]
} satisfies Record<Link["state"], readonly [Tone, string]>

export const linkOf = (app: AppState): Said => {
  const link = shownLink(app).link.value
  const state = app.signedOut.value ? "signed_out" : link.state
  const [tone, word] = links[state]
  return {
    tone,
    word: state === "waiting" && isOffline(app, link) ? "Offline" : word,
    age: state === "polling" ? "every 3 s" : state === "catching_up" ? behind(app) : unheard(app)
  }
}

/** Since when the server has not been heard. */
const unheard = (app: AppState): string => {
  const seen = shownLink(app).lastSeen.value
  return seen === 0 ? "" : notable(app.now.value - seen)
}

/** A state of some seconds ago is the state of now. */
const notable = (ms: number): string => (ms > 5000 ? age(ms) : "")

const isOffline = (app: AppState, link: Link): boolean =>
  link.state === "waiting" && (!app.online.value || link.attempt >= 3)

const behind = (app: AppState): string => {
  const row = app.sessions.rows.value?.find((each) => each.session_id === app.route.value)
  const missing = (row?.last_event_id ?? -1) - (app.session.value?.transcript.value.last ?? -1)
  return missing > 0 ? `${missing} to load` : ""
}

export const agentOf = (app: AppState): Said => {
  const session = app.session.value
  if (session === undefined) {
    const rows = app.sessions.rows.value
    if (rows === undefined || !app.sessions.fresh.value) return unknown(app)
    const active = rows.filter((row) => worksIn(app, row)).length
    return active === 0 ? { tone: "off", word: "Idle", age: "" } : { tone: "busy", word: `${active} working`, age: "" }
  }
  if (!current(session.link.value)) return unknown(app)
  const { turn } = session.transcript.value
  return turn === undefined
    ? { tone: "off", word: "Idle", age: "" }
    : { tone: "busy", word: "Working", age: stopwatch(app.serverNow.value - Date.parse(turn.at)) }
}

const unknown = (app: AppState): Said => ({ tone: "unknown", word: "Unknown", age: unheard(app) })

/** Of the session that is open its log knows; of the others the list, which is some seconds old. */
export const worksIn = (app: AppState, row: SessionRow): boolean => {
  const open = row.session_id === app.route.value ? app.session.value?.place.value : undefined
  return open?.current === true ? open.running : row.turn_active
}

/** The VM is looked at every few seconds, and a look may take ten: an age below this says nothing. */
const agedMs = 15_000
const staleMs = 45_000

const isFresh = (app: AppState, at: number): boolean =>
  app.serverNow.value - at <= staleMs && current(app.power.link.value)

/** The button to press next, if there is one. */
export const advisedVerb = (app: AppState): Verb | undefined => {
  const power = app.power.power.value
  return advised(power, isFresh(app, observed(power)?.at ?? 0), app.serverNow.value)
}

interface SaidOfVm extends Said {
  readonly text: string
  /** What was seen is not well, and the server can be asked why. */
  readonly doubt?: boolean
}

export const vmOf = (app: AppState): SaidOfVm => {
  const run = app.power.current.value
  if (run !== undefined && !looks(run.verb)) {
    const since = stopwatch(app.serverNow.value - Date.parse(run.started_at))
    const stale = !current(app.power.link.value)
    return {
      tone: stale ? "unknown" : "busy",
      word: `${run.verb}…`,
      age: since,
      text: `${labels[run.verb].name} ${stale ? `was running when last seen${lastSeen(app)}.` : "is running."}`
    }
  }
  const seen = observed(app.power.power.value)
  if (seen === undefined) {
    return { tone: "unknown", word: "Unknown", age: "", text: unseen(app) }
  }
  const since = app.serverNow.value - seen.at
  if (!isFresh(app, seen.at)) {
    return { tone: "unknown", word: `${capital(seen.word)}?`, age: age(since), text: `${age(since)} ago: ${seen.text}` }
  }
  const doubt = seen.tone === "bad" || seen.tone === "unknown"
  return { tone: seen.tone, word: capital(seen.word), age: since > agedMs ? age(since) : "", text: seen.text, doubt }
}

/** Nothing has come yet; on a lost link nothing is on its way either. */
const unseen = (app: AppState): string => {
  if (app.signedOut.value) return "State unknown: sign in first."
  return app.power.link.value.state === "waiting" ? "State unknown: no connection to the server." : "Checking the VM…"
}

const lastSeen = (app: AppState): string => {
  const seen = app.power.lastSeen.value
  return seen === 0 ? "" : `, ${age(app.now.value - seen)} ago`
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
