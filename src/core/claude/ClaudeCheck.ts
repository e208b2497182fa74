/**
 * Whether the agent's program can be used, found out before an operator needs it: it is asked for its --help once, while the
 * server starts. A Claude Code that lacks a flag we use turns the chat off, with the reason, and is asked again at the next
 * prompt: it may have been fixed by then. The page shows any other trouble, and a turn is tried all the same. No answer in
 * time changes nothing; if nothing was known before, the program is asked again while the next prompt goes on.
 */
import { Context, Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import * as Path from "node:path"
import { missing } from "./help.ts"
import { SubprocessRunner } from "../process/SubprocessRunner.ts"

/** Why the agent cannot work; null when it can, as far as is known. */
export type Trouble = string | null

/** The program lacks a flag that a run needs; `trouble` says which, and what to install. */
export class CliUnfit extends Schema.TaggedError<CliUnfit>()("CliUnfit", { trouble: Schema.String }) {}

interface Checked {
  readonly trouble: Trouble
  /** A turn with it would not do what it should. */
  readonly unfit: boolean
}

export class Cli extends Context.Service<
  Cli,
  {
    /** As last checked; starts nothing. */
    readonly trouble: Effect.Effect<Trouble>
    /** As it is now: asks the program. */
    readonly check: Effect.Effect<Trouble>
    /** Succeeds when a turn can be tried. */
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
        let known: Checked | null = null
        /** The last check had no answer in time. */
        let late = false
        let checking: Fiber.Fiber<Checked> | null = null
        const once = ask(file).pipe(
          Effect.provideService(SubprocessRunner, runner),
          Effect.tap((now) => {
            late = Option.isNone(now)
            const before = known?.trouble
            known = Option.getOrElse(now, () => known)
            const { trouble } = known ?? fit
            if (trouble === null || trouble === before) return Effect.void
            return Effect.logWarning(`The chat is off, the VM controls are not. ${trouble}`)
          }),
          Effect.map(() => known ?? fit),
          Effect.ensuring(Effect.sync(() => (checking = null)))
        )
        // A fiber of its own, so that a caller can leave; one at a time, however many wait.
        const check = Effect.gen(function* () {
          checking ??= yield* Effect.forkIn(once, scope)
          return yield* Fiber.join(checking)
        })
        yield* Effect.forkIn(check, scope)
        return Cli.of({
          trouble: Effect.sync(() => known?.trouble ?? null),
          check: Effect.map(check, ({ trouble }) => trouble),
          usable: Effect.gen(function* () {
            if (known !== null && known.trouble === null) return
            // A prompt does not wait again for a program that did not answer in time.
            if (known === null && late) return yield* Effect.asVoid(Effect.forkIn(check, scope))
            const { trouble, unfit } = yield* check
            if (unfit && trouble !== null) return yield* new CliUnfit({ trouble })
          })
        })
      })
    )
}

/** --help takes a third of a second. When a busy machine takes longer, that says nothing about the program. */
const limit = "5 seconds"

const ask = (file: string): Effect.Effect<Option.Option<Checked>, never, SubprocessRunner> =>
  Effect.gen(function* () {
    const runner = yield* SubprocessRunner
    const running = yield* runner.start({ file, args: ["--help"], inherit: ["PATH", "HOME"] })
    const lines = yield* Stream.runCollect(Stream.take(running.lines, 2000))
    const unknown = missing(lines.map((line) => (line._tag === "Line" ? line.text : "")).join("\n"))
    return unknown.length === 0 ? fit : { trouble: lacksFlags(file, unknown), unfit: true }
  }).pipe(
    Effect.scoped,
    Effect.catch(({ reason }) => Effect.succeed({ trouble: notInstalled(file, reason), unfit: false })),
    Effect.timeoutOption(limit)
  )

const fit: Checked = { trouble: null, unfit: false }

/** The oldest and the newest version that this server is tested with, and the one that npm installs: the newest. */
export const tested = { oldest: "2.1.197", newest: "2.1.332" } as const

/** How a version lies outside of what was tested, which is no fault; null: it does not. */
export const untested = (printed: string): string | null => {
  const version = /^\d+(?:\.\d+)+/.exec(printed)?.[0]
  if (version === undefined) return "not known to be a Claude Code"
  if (version.localeCompare(tested.newest, "en", { numeric: true }) > 0) return `newer than tested (${tested.newest})`
  if (version.localeCompare(tested.oldest, "en", { numeric: true }) < 0) return `older than tested (${tested.oldest})`
  return null
}

const notInstalled = (file: string, reason: string): string =>
  reason === "ENOENT"
    ? `The agent is not installed on the server. No program "${Path.basename(file)}" was found. ` +
      "Install Claude Code or set BREAKGLASS_CLAUDE to its path."
    : `The agent on the server cannot be started. "${Path.basename(file)}" gave ${reason}.`

const lacksFlags = (file: string, unknown: ReadonlyArray<string>): string =>
  `The agent on the server cannot be used. "${Path.basename(file)} --help" does not list ${unknown.join(", ")}: ` +
  "it is not a Claude Code that this server can drive. " +
  `Install ${tested.newest}, or set BREAKGLASS_CLAUDE to its path.`
