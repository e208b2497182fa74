/**
 * One operation from its sending to its verified end. A mutating verb is sent exactly once. When the connection to the host is
 * lost, the host is asked what became of the operation: for a while in the foreground, then in the background, until it says.
 */
import { Clock, Duration, Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Operation } from "../../contract/Power.ts"
import {
  type AskHost,
  disagreesWithExit,
  expectedState,
  type HostReply,
  isMutating,
  isOurScript,
  type LastLine,
  matchesExpected,
  observed,
  outcomeOf,
  parseLine,
  refusalReason
} from "./hostProtocol.ts"
import { monotonic } from "../../core/time/monotonic.ts"

/** What carrying out one operation needs. */
export interface Deps {
  readonly ask: AskHost
  /** As it is now. */
  readonly operation: () => Operation
  readonly update: (change: Partial<Operation>) => Effect.Effect<void>
  /** Adds a line, or several, to its output. */
  readonly appendOutput: (text: string) => Effect.Effect<void>
  readonly background: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

export const runOperation = Effect.fnUntraced(function* (deps: Deps) {
  const { verb, op_id } = deps.operation()
  const sentAt = yield* monotonic
  const reply = yield* deps.ask(verb, op_id, showLine(deps, op_id))
  const lines = linesOf(reply.stdout)
  const believed = withoutDoubtfulExit(reply, lines, op_id)
  if (believed.stderr !== "") yield* deps.appendOutput(believed.stderr.trimEnd())
  if (believed.outcome === "unknown" && isMutating(verb)) return yield* reconcile(deps, believed, sentAt)
  return yield* settle(deps, believed, lines, sentAt)
})

/** An operation that the server left open when it restarted: asked about, never sent again. */
export const resume = (deps: Deps): Effect.Effect<HostReply> =>
  Effect.suspend(() =>
    isMutating(deps.operation().verb)
      ? reconcile(deps, noReply, null)
      : settle(deps, { ...noReply, stderr: "The server restarted; nothing was changed." }, [], null)
  )

const showLine =
  ({ update, appendOutput }: Deps, op_id: string) =>
  (text: string) => {
    const line = parseLine(text, op_id)
    if (line._tag === "Phase") return update({ phase: line.phase })
    if (line._tag === "Refused") return appendOutput(line.reason)
    return line._tag === "Output" ? appendOutput(text) : Effect.void
  }

const withoutDoubtfulExit = (reply: HostReply, lines: ReadonlyArray<string>, op_id: string): HostReply => {
  // 255 is ssh's own, never a verb's.
  const exit_code = reply.exit_code === 255 ? null : reply.exit_code
  if (exit_code === null || !disagreesWithExit(lines, op_id, exit_code)) return { ...reply, exit_code }
  return { ...reply, outcome: "unknown", exit_code: null }
}

/** How the operation ended is not known: the host is asked. `sentAt`: null when it was sent before the server's restart. */
const reconcile = Effect.fnUntraced(function* (deps: Deps, reply: HostReply, sentAt: number | null) {
  const { ask, operation, update, background } = deps
  const { op_id } = operation()
  yield* update({ phase: "asking the host" })
  const end = yield* pollLast(ask, op_id, foreground)
  if (end !== null)
    return yield* settle(deps, { ...reply, ...end, stderr: withMore(reply.stderr, end.words) }, [], sentAt)
  yield* update({ outcome: "unknown", phase: "unknown", evidence: endUnknown })
  yield* background(
    Effect.flatMap(pollLast(ask, op_id, afterwards), (late) =>
      late === null
        ? Effect.void
        : Effect.asVoid(settle(deps, { ...reply, outcome: late.outcome, exit_code: late.exit_code }, [], sentAt))
    )
  )
  return { ...reply, stderr: withMore(reply.stderr, endUnknown) }
})

/** Asks for the host's record of the operation until that has its end; null when it has none within the limit. */
const pollLast = (ask: AskHost, op_id: string, limit: Duration.Duration) =>
  Effect.gen(function* () {
    while (true) {
      const reply = yield* ask("last", op_id, () => Effect.void)
      const lines = linesOf(reply.stdout)
      const last = lines.map((line) => parseLine(line, op_id)).find((line) => line._tag === "Last")
      // A host script that does not know this request will not learn it.
      if (reply.outcome === "rejected" || (reply.outcome === "ok" && !isOurScript(lines))) return null
      const end = last === undefined ? null : endIn(last)
      if (end !== null) return end
      yield* Effect.sleep("2 seconds")
    }
  }).pipe(Effect.timeoutOrElse({ duration: limit, orElse: () => Effect.succeed(null) }))

/** Writes the outcome, and for a verb that succeeded in changing the VM also whether the VM now is what it should be. */
const settle = Effect.fnUntraced(function* (
  { ask, operation, update }: Deps,
  reply: HostReply,
  lines: ReadonlyArray<string>,
  sentAt: number | null
) {
  const { verb, op_id, started_at } = operation()
  const { outcome, exit_code } = reply
  if (expectedState(verb) === null || outcome !== "ok") {
    const reason = outcome === "rejected" ? refusalReason(lines, op_id) : null
    const evidence = reason ?? (lines.length === 0 ? "" : observed(lines, op_id).line)
    yield* update({ outcome, exit_code, phase: "done", evidence })
    return reply
  }
  yield* update({ phase: "reading back" })
  const id = SecureRandom.uuidV4Unsafe()
  const status = yield* ask("status", id, () => Effect.void)
  const seen = observed(linesOf(status.stdout), id)
  // Only the wall clock spans a restart of the server.
  const elapsed =
    sentAt === null ? (yield* Clock.currentTimeMillis) - Date.parse(started_at) : (yield* monotonic) - sentAt
  const verified = matchesExpected(verb, seen, elapsed / 1000)
  yield* update({ outcome, exit_code, phase: "done", verified, evidence: seen.line })
  return reply
})

/** While the caller waits, and after it was told that nothing is known. */
const foreground = Duration.seconds(20)
export const afterwards = Duration.hours(1)

const noReply: HostReply = { outcome: "unknown", exit_code: null, stdout: "", stderr: "" }
export const endUnknown = "The host could not be asked how it ended. Check the VM before you send anything again."

interface End extends Pick<HostReply, "outcome" | "exit_code"> {
  readonly words: string
}

/** Null while it goes on. */
const endIn = ({ known, rc, worker }: LastLine): End | null => {
  // The connection broke before the request was there.
  if (!known) return { outcome: "unreachable", exit_code: null, words: "The host says that it never started it." }
  const asked = "The host was asked what became of it:"
  if (rc !== null) return { outcome: outcomeOf(rc), exit_code: rc, words: `${asked} it ended with ${rc}.` }
  const died = `${asked} its worker ended without saying how.`
  return worker === "dead" ? { outcome: "failed", exit_code: null, words: died } : null
}

const withMore = (stderr: string, words: string): string => `${stderr.trimEnd()}\n${words}\n`.trimStart()

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")
