/**
 * The only place that starts a program: an argv list, no shell, the environment by name, dead with its scope together
 * with all it started. An exit code is an answer, not an error; only not starting is one.
 */
import { Context, Deferred, Effect, Exit, Layer, Schedule, Schema, type Scope, Stream } from "effect"
import * as Child from "node:child_process"
import type { Readable, Writable } from "node:stream"
import type * as Lines from "./lines.ts"
import * as Marker from "./marker.ts"
import * as Pipes from "./pipes.ts"

export interface Program {
  /** A name looked up on the PATH the program is given, or an absolute path. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Variables handed on from the server's own environment, when they are set there. Nothing else is. */
  readonly inherit: ReadonlyArray<string>
  /** Variables set for this program. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Fed as it arrives; the pipe is closed when the stream ends. Without it stdin is /dev/null. */
  readonly stdin?: Stream.Stream<string>
  /** Finds what the program started; see `marker.ts`. Put into its environment. No process older than this one has it. */
  readonly marker?: Marker.Marker
}

export interface Process {
  readonly pid: number
  /** stdout, line by line. Ends with the program (plus a short drain), even if a grandchild still holds the pipe. */
  readonly lines: Stream.Stream<Lines.Line>
  /** The last 64 KiB of stderr. Waits for the exit and for what is still in the pipe then. */
  readonly stderr: Effect.Effect<string>
  readonly exited: Effect.Effect<Exited>
  /** The processes it has now, its own among them; null when /proc cannot be read. What was seen once is remembered. */
  readonly processes: Effect.Effect<ReadonlySet<number> | null>
  /** Whether one of them was seen without its marker. */
  readonly unmarked: Effect.Effect<boolean>
  /** SIGKILLs the program's group and sweeps its marker. Safe to call again. */
  readonly end: Effect.Effect<Marker.Swept>
}

/** As `wait` reports it: one of the two is null. */
export interface Exited {
  readonly code: number | null
  readonly signal: string | null
}

/** The program could not be started. `reason` is the errno name (ENOENT, EACCES, E2BIG …), never argv. */
export class SpawnFailed extends Schema.TaggedError<SpawnFailed>()("SpawnFailed", {
  file: Schema.String,
  reason: Schema.String
}) {}

export class SubprocessRunner extends Context.Service<
  SubprocessRunner,
  {
    /** Starts a program that lives as long as the scope. */
    start(program: Program): Effect.Effect<Process, SpawnFailed, Scope.Scope>
  }
>()("SubprocessRunner") {
  static readonly layer = Layer.succeed(
    SubprocessRunner,
    SubprocessRunner.of({
      start: (program) => Effect.map(Effect.acquireRelease(spawn(program), release), ({ running }) => running)
    })
  )
}

const spawn = Effect.fnUntraced(function* (program: Program) {
  const scope = yield* Effect.scope
  const exited = yield* Deferred.make<Exited>()
  const failed = (error: unknown) => new SpawnFailed({ file: program.file, reason: errno(error) })
  const child = yield* Effect.callback<Started, SpawnFailed>((resume) => {
    try {
      const child = launch(program)
      // Both stay: a signal that cannot be delivered later must not take the server down.
      child.on("error", (error) => resume(Effect.fail(failed(error))))
      child.once("exit", (code, signal) => Deferred.doneUnsafe(exited, Exit.succeed({ code, signal })))
      // Without a file descriptor left there are no pipes, and the error is on its way.
      if (child.stdout === null || child.stdout === undefined || child.pid === undefined) return
      const { stdin, stdout, stderr } = child
      const destroyPipes = () => [stdin, stdout, stderr].forEach((pipe) => pipe?.destroy())
      const started = { pid: child.pid, stdin, stdout: Pipes.listen(stdout), stderr: Pipes.tail(stderr), destroyPipes }
      child.once("spawn", () => resume(Effect.succeed(started)))
    } catch (error) {
      resume(Effect.fail(failed(error)))
    }
  })
  const { pid, stdin, stdout, stderr, destroyPipes } = child
  if (program.stdin !== undefined && stdin !== null) yield* Effect.forkIn(Pipes.feed(stdin, program.stdin), scope)
  const late = Effect.andThen(Deferred.await(exited), Effect.sleep(Pipes.drain))
  yield* Effect.forkIn(Effect.andThen(late, Effect.sync(stdout.drainAndClose)), scope)
  // Once it has exited its pid may be another program's.
  const alone = Effect.map(Deferred.isDone(exited), (gone) => new Set(gone ? [] : [pid]))
  const trace = program.marker === undefined ? null : Marker.trace(program.marker, Marker.began())
  const find = trace?.look ?? alone
  // One that sets another marker is known by its parent, while it has that.
  if (trace !== null) yield* Effect.forkIn(Effect.repeat(trace.look, Schedule.spaced("250 millis")), scope)
  const running: Process = {
    pid,
    lines: Stream.fromPull(Effect.succeed(stdout.pull)),
    stderr: Effect.andThen(
      Effect.raceFirst(Effect.andThen(Deferred.await(exited), stderr.ended), late),
      Effect.sync(stderr.text)
    ),
    exited: Deferred.await(exited),
    processes: find,
    unmarked: trace?.unmarked ?? Effect.succeed(false),
    end: end(pid, find, trace)
  }
  return { running, destroyPipes }
})

/** A pipe stays open for as long as a child that escaped holds its other end, unless this end is closed. */
const release = ({ running, destroyPipes }: { readonly running: Process; readonly destroyPipes: () => void }) =>
  Effect.andThen(running.end, Effect.sync(destroyPipes))

interface Started {
  readonly pid: number
  readonly stdin: Writable | null
  readonly stdout: ReturnType<typeof Pipes.listen>
  readonly stderr: ReturnType<typeof Pipes.tail>
  readonly destroyPipes: () => void
}

const launch = (program: Program): Child.ChildProcessByStdio<Writable | null, Readable, Readable> =>
  Child.spawn(program.file, [...program.args], {
    env: environment(program),
    cwd: program.cwd,
    // A group of its own: Ctrl-C in the operator's terminal is for the server, which then ends its turns itself.
    detached: true,
    stdio: [program.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"]
  }) as Child.ChildProcessByStdio<Writable | null, Readable, Readable>

const environment = ({ inherit, env, marker }: Program): Record<string, string> => {
  const named = inherit.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const mark =
    marker === undefined ? [] : [[marker.slice(0, marker.indexOf("=")), marker.slice(marker.indexOf("=") + 1)]]
  return { ...Object.fromEntries(named), ...env, ...Object.fromEntries(mark) }
}

const errno = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"

const end = (pid: number, find: Process["processes"], trace: Marker.Trace | null) => {
  let group = true
  return Effect.gen(function* () {
    const before = yield* Marker.freeze(find)
    // Once: when they are gone their number may be another program's.
    const signalled = group && Marker.signal(-pid, "SIGKILL")
    group = false
    // Without a marker it is known by its number and its group alone, and neither is there any more.
    if (trace === null && before.size === 0 && !signalled) return { found: before, survivors: 0 }
    const { found, survivors } = yield* Marker.sweep(find, trace?.whole)
    return { found: new Set([...before, ...found]), survivors }
  })
}
