/**
 * Whether the agent's program can be used, found out before an operator needs it: it is asked for its --help once, beside
 * the start. A Claude Code that does not know a flag of ours turns the chat off, with the reason, and is looked at again at
 * the next prompt: it may have been mended meanwhile. Of any other trouble the page tells, and the turn that is tried. One
 * that gave no answer in time is what it was before, and if nothing is known of it is asked again beside the next prompt.
 */
import { Context, Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import * as Path from "node:path"
import { missing } from "./help.ts"
import { SubprocessRunner } from "../process/SubprocessRunner.ts"

/** Why the agent cannot work; null when it can, as far as is known. */
export type Trouble = string | null

/** The program lacks a flag that a run needs; `trouble` says which, and what to install. */
export class CliUnfit extends Schema.TaggedError<CliUnfit>()("CliUnfit", { trouble: Schema.String }) {}

interface Found {
  readonly trouble: Trouble
  /** A turn with it would not do what it should. */
  readonly unfit: boolean
}

export class Cli extends Context.Service<
  Cli,
  {
    /** As last found; starts nothing. */
    readonly trouble: Effect.Effect<Trouble>
    /** As it is now. */
    readonly look: Effect.Effect<Trouble>
    /** Passes a prompt on, or refuses it. */
    readonly usable: Effect.Effect<void, CliUnfit>
  }
>()("breakglass/Cli") {
  /** `file` is the program: a name on PATH, or an absolute path. */
  static readonly layer = (file: string) =>
    Layer.effect(
      Cli,
      Effect.gen(function* () {
        const scope = yield* Effect.scope
        const runner = yield* SubprocessRunner
        let found: Found | null = null
        /** The last look had no answer. */
        let late = false
        let looking: Fiber.Fiber<Found> | null = null
        const once = asked(file).pipe(
          Effect.provideService(SubprocessRunner, runner),
          Effect.tap((now) => {
            late = Option.isNone(now)
            const before = found?.trouble
            found = Option.getOrElse(now, () => found)
            const { trouble } = found ?? well
            if (trouble === null || trouble === before) return Effect.void
            return Effect.logWarning(`The chat is off, the VM controls are not. ${trouble}`)
          }),
          Effect.map(() => found ?? well),
          Effect.ensuring(Effect.sync(() => (looking = null)))
        )
        // Of its own, so that whoever waits can leave; and one at a time, however many wait.
        const look = Effect.gen(function* () {
          looking ??= yield* Effect.forkIn(once, scope)
          return yield* Fiber.join(looking)
        })
        yield* Effect.forkIn(look, scope)
        return Cli.of({
          trouble: Effect.sync(() => found?.trouble ?? null),
          look: Effect.map(look, ({ trouble }) => trouble),
          usable: Effect.gen(function* () {
            if (found !== null && found.trouble === null) return
            // It has had its time: a prompt does not wait for it again.
            if (found === null && late) return yield* Effect.asVoid(Effect.forkIn(look, scope))
            const { trouble, unfit } = yield* look
            if (unfit && trouble !== null) return yield* new CliUnfit({ trouble })
          })
        })
      })
    )
}

/** A help takes a third of a second; of a machine so busy that it takes longer nothing follows about the program. */
const limit = "5 seconds"

const asked = (file: string): Effect.Effect<Option.Option<Found>, never, SubprocessRunner> =>
  Effect.gen(function* () {
    const runner = yield* SubprocessRunner
    const running = yield* runner.start({ file, args: ["--help"], inherit: ["PATH", "HOME"] })
    const lines = yield* Stream.runCollect(Stream.take(running.lines, 2000))
    const unknown = missing(lines.map((line) => (line._tag === "Line" ? line.text : "")).join("\n"))
    return unknown.length === 0 ? well : { trouble: mismatch(file, unknown), unfit: true }
  }).pipe(
    Effect.scoped,
    Effect.catch(({ reason }) => Effect.succeed({ trouble: absent(file, reason), unfit: false })),
    Effect.timeoutOption(limit)
  )

const well: Found = { trouble: null, unfit: false }

/** The oldest and the newest version that this server is tested with, and the one that npm installs: the newest. */
export const tested = { oldest: "2.1.197", newest: "2.1.332" } as const

/** A version that lies outside of what was tested: no fault of its own. null: tested, or as good as. */
export const untested = (said: string): string | null => {
  const version = /^\d+(?:\.\d+)+/.exec(said)?.[0]
  if (version === undefined) return "not known to be a Claude Code"
  if (version.localeCompare(tested.newest, "en", { numeric: true }) > 0) return `newer than tested (${tested.newest})`
  if (version.localeCompare(tested.oldest, "en", { numeric: true }) < 0) return `older than tested (${tested.oldest})`
  return null
}

const absent = (file: string, reason: string): string =>
  reason === "ENOENT"
    ? `The agent is not installed on the server. No program "${Path.basename(file)}" was found. ` +
      "Install Claude Code or set BREAKGLASS_CLAUDE to its path."
    : `The agent on the server cannot be started. "${Path.basename(file)}" gave ${reason}.`

const mismatch = (file: string, unknown: ReadonlyArray<string>): string =>
  `The agent on the server cannot be used. "${Path.basename(file)} --help" does not list ${unknown.join(", ")}: ` +
  "it is not a Claude Code that this server can drive. " +
  `Install ${tested.newest}, or set BREAKGLASS_CLAUDE to its path.`
