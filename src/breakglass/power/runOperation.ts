/**
 * One operation from its sending to its verified end. A mutating verb is sent exactly once: when the host is lost, it is
 * asked what became of the operation, for a while in the foreground and then on, until it says.
 */
import { Clock, Duration, Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Operation, OpOutcome, Verb } from "../../contract/Power.ts"
import {
  changes,
  contradicts,
  expected,
  fits,
  hear,
  observed,
  ours,
  outcomeOf,
  refusal,
  type Said
} from "./hostProtocol.ts"
import { steady } from "../../core/time/monotonic.ts"

/** What the host answered. `exit_code` is null when it was not heard. */
export interface Answer {
  readonly outcome: OpOutcome
  readonly exit_code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Asks the host: a verb, what became of an operation, for the VM's screen, or about itself. `say` is given each line as it comes. */
export type Ask = (
  verb: Verb | "last" | "screen" | "selftest",
  opId: string,
  say: (line: string) => Effect.Effect<void>
) => Effect.Effect<Answer>

export interface Parts {
  readonly ask: Ask
  readonly operation: () => Operation
  readonly move: (change: Partial<Operation>) => Effect.Effect<void>
  readonly print: (text: string) => Effect.Effect<void>
  readonly background: (effect: Effect.Effect<void>) => Effect.Effect<void>
}

export const make = ({ ask, operation, move, print, background }: Parts) => {
  let sent: number | null = null

  const run = Effect.gen(function* () {
    const { verb, op_id } = operation()
    sent = yield* steady
    const said = yield* ask(verb, op_id, (line) => {
      const word = hear(line, op_id)
      if (word._tag === "Phase") return move({ phase: word.phase })
      if (word._tag === "Refused") return print(word.words)
      return word._tag === "Output" ? print(line) : Effect.void
    })
    const lines = linesOf(said.stdout)
    // 255 is ssh's own, never a verb's.
    const heard: Answer = said.exit_code === 255 ? { ...said, exit_code: null } : said
    const { exit_code } = heard
    const doubtful = exit_code !== null && contradicts(lines, op_id, exit_code)
    const answer: Answer = doubtful ? { ...heard, outcome: "unknown", exit_code: null } : heard
    if (answer.stderr !== "") yield* print(answer.stderr.trimEnd())
    if (answer.outcome === "unknown" && changes(verb)) return yield* lost(answer)
    return yield* settle(answer, lines)
  })

  /** An operation that a former life of the server left open: asked about, never sent. */
  const takeUp = Effect.suspend(() =>
    changes(operation().verb)
      ? lost(unheard)
      : settle({ ...unheard, stderr: "The server restarted; nothing was changed." }, [])
  )

  const lost = Effect.fnUntraced(function* (answer: Answer) {
    yield* move({ phase: "asking the host" })
    const told = yield* until(foreground)
    if (told !== null) return yield* settle({ ...answer, ...told, stderr: more(answer.stderr, told.words) }, [])
    yield* move({ outcome: "unknown", phase: "unknown", evidence: notTold })
    yield* background(
      Effect.flatMap(until(afterwards), (late) =>
        late === null
          ? Effect.void
          : Effect.asVoid(settle({ ...answer, outcome: late.outcome, exit_code: late.exit_code }, []))
      )
    )
    return { ...answer, stderr: more(answer.stderr, notTold) }
  })

  /** Asks `last` until the host says how it ended; null when it has not said so by then. */
  const until = (limit: Duration.Duration) =>
    Effect.gen(function* () {
      const { op_id } = operation()
      while (true) {
        const answer = yield* ask("last", op_id, () => Effect.void)
        const lines = linesOf(answer.stdout)
        const last = lines
          .map((line) => hear(line, op_id))
          .find((said): said is Extract<Said, { _tag: "Last" }> => said._tag === "Last")
        // A host script that does not know the question will not learn it.
        if (answer.outcome === "rejected" || (answer.outcome === "ok" && !ours(lines))) return null
        const told = last === undefined ? null : ending(last)
        if (told !== null) return told
        yield* Effect.sleep("2 seconds")
      }
    }).pipe(Effect.timeoutOrElse({ duration: limit, orElse: () => Effect.succeed(null) }))

  const settle = Effect.fnUntraced(function* (answer: Answer, lines: ReadonlyArray<string>) {
    const { verb, op_id, started_at } = operation()
    const { outcome, exit_code } = answer
    if (expected(verb) === null || outcome !== "ok") {
      const why = outcome === "rejected" ? refusal(lines, op_id) : null
      const evidence = why ?? (lines.length === 0 ? "" : observed(lines, op_id).line)
      yield* move({ outcome, exit_code, phase: "done", evidence })
      return answer
    }
    yield* move({ phase: "reading back" })
    const id = SecureRandom.uuidV4Unsafe()
    const status = yield* ask("status", id, () => Effect.void)
    const seen = observed(linesOf(status.stdout), id)
    // Of what a former life sent only the wall's clock knows.
    const elapsed = sent === null ? (yield* Clock.currentTimeMillis) - Date.parse(started_at) : (yield* steady) - sent
    yield* move({ outcome, exit_code, phase: "done", verified: fits(verb, seen, elapsed / 1000), evidence: seen.line })
    return answer
  })

  return { run, takeUp }
}

/** While the caller waits, and after it was told that nothing is known. */
const foreground = Duration.seconds(20)
export const afterwards = Duration.hours(1)

const unheard: Answer = { outcome: "unknown", exit_code: null, stdout: "", stderr: "" }
export const notTold = "The host could not be asked how it ended. Check the VM before you send anything again."

const ending = ({ known, rc, worker }: Extract<Said, { _tag: "Last" }>): Told | null => {
  // The connection broke on the way there.
  if (!known) return { outcome: "unreachable", exit_code: null, words: "The host says that it never began it." }
  const ended = "The host was asked what became of it:"
  if (rc !== null) return { outcome: outcomeOf(rc), exit_code: rc, words: `${ended} it ended with ${rc}.` }
  const died = `${ended} its worker ended without saying how.`
  return worker === "dead" ? { outcome: "failed", exit_code: null, words: died } : null
}

interface Told extends Pick<Answer, "outcome" | "exit_code"> {
  readonly words: string
}

const more = (said: string, words: string): string => `${said.trimEnd()}\n${words}\n`.trimStart()

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")
