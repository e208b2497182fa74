/**
 * What an attached stream does next, as a pure step: nothing here has a clock, a timer or a socket. A stream that opens and
 * says nothing is held back by a proxy, and is asked for in pieces instead. A 401 or 404 ends the attempts: they never loop.
 */
import { backoff, type Link } from "./link.ts"
import type { End } from "./readStream.ts"

export interface State {
  readonly phase: "resting" | "connected" | "closed"
  readonly link: Link
  /** When a byte arrived last; 0 before the first. All times are ms since the epoch. */
  readonly lastSeen: number
  readonly startedAt: number
  /** Failures in a row: the next wait depends on them. */
  readonly attempt: number
  /** Polls still to do before the stream is tried again; 0 when the stream is whole. */
  readonly polls: number
  /** This connection asks for an answer that ends. */
  readonly poll: boolean
  /** This connection has given at least one byte. */
  readonly spoke: boolean
  /** The page is hidden, and this reader follows only while it is visible. */
  readonly paused: boolean
}

export type Event =
  /** The wait is over. */
  | { readonly kind: "wake" }
  | { readonly kind: "opened" }
  | { readonly kind: "bytes"; readonly caughtUp: boolean }
  /** `random`: from 0 to 1, so that not all phones come back in the same instant. */
  | { readonly kind: "ended"; readonly end: End; readonly random: number }
  /** The operator or the browser wants to know now: ends a wait, and replaces a silent connection, or with `force` any. */
  | { readonly kind: "check"; readonly force?: boolean }
  | { readonly kind: "hidden" }
  | { readonly kind: "shown" }
  | { readonly kind: "close" }

export type Command =
  | { readonly kind: "connect"; readonly poll: boolean }
  /** Until it is woken, when there is no `ms`. */
  | { readonly kind: "rest"; readonly ms?: number }
  | { readonly kind: "abort" }

type Next = readonly [State, Command?]

/** Silence of this length may be a dead connection; a connection that lasted this long was a good one. */
export const steadyMs = 5000
export const pollEveryMs = 3000
/** So many polls, and then the stream is tried again. */
export const pollsPerTry = 20

export const initial = (paused: boolean): State => ({
  phase: "resting",
  link: { state: "connecting" },
  lastSeen: 0,
  startedAt: 0,
  attempt: 0,
  polls: 0,
  poll: false,
  spoke: false,
  paused
})

export const step = (state: State, event: Event, now: number): Next => {
  if (state.phase === "closed") return [state]
  switch (event.kind) {
    case "wake":
      return state.phase === "resting" ? connect(state, now) : [state]
    case "opened":
      return [state.link.state === "polling" ? state : { ...state, link: { state: "catching_up" } }]
    case "bytes": {
      const link: Link = event.caughtUp && !state.poll ? { state: "live" } : state.link
      return [{ ...state, spoke: true, lastSeen: now, link }]
    }
    case "ended":
      return ended(state, event.end, event.random, now)
    case "check":
      return check(state, now, event.force)
    case "shown":
      return check({ ...state, paused: false }, now)
    case "hidden":
      return [{ ...state, paused: true }, ...abortIf(state.phase === "connected")]
    case "close":
      return [{ ...state, phase: "closed" }, { kind: "abort" }]
  }
}

const abortIf = (wanted: boolean): [] | [Command] => (wanted ? [{ kind: "abort" }] : [])

const check = (state: State, now: number, force = false): Next =>
  state.phase === "resting"
    ? connect(state, now)
    : [state, ...abortIf(force || now - Math.max(state.lastSeen, state.startedAt) > steadyMs)]

const connect = (state: State, now: number): Next => {
  if (state.paused) return [{ ...state, phase: "resting", link: { state: "connecting" } }, { kind: "rest" }]
  const poll = state.polls > 1
  return [
    { ...state, phase: "connected", link: whileTrying(state.link), startedAt: now, poll, spoke: false },
    { kind: "connect", poll }
  ]
}

/** What is lost stays lost until an answer comes. */
const whileTrying = (link: Link): Link => {
  if (link.state === "waiting") return { ...link, until: 0 }
  return link.state === "polling" ? link : { state: "connecting" }
}

const ended = (before: State, end: End, random: number, now: number): Next => {
  const good = now - before.startedAt > steadyMs && before.lastSeen > before.startedAt
  const state: State = { ...before, phase: "resting", attempt: good ? 0 : before.attempt }
  const { attempt, poll, spoke } = state
  if (end.kind === "checked") return connect(state, now)
  if (!("reason" in end)) return [{ ...state, link: { state: end.kind } }, { kind: "rest" }]
  if (end.kind === "refused") {
    return [{ ...state, link: { state: "refused", reason: end.reason } }, { kind: "rest" }]
  }
  if (poll && spoke) {
    return [
      { ...state, polls: state.polls - 1, link: { state: "polling" } },
      { kind: "rest", ms: pollEveryMs }
    ]
  }
  if (end.kind === "held" && !poll) return connect({ ...state, polls: pollsPerTry }, now)
  const ms = backoff(attempt, random)
  const link: Link = { state: "waiting", until: now + ms, reason: end.reason, attempt }
  return [
    { ...state, polls: 0, attempt: attempt + 1, link },
    { kind: "rest", ms }
  ]
}
