/**
 * A scripted stand-in for the `claude` program, at the seam where programs are started: the real command, decoder and
 * Stop act on it. It speaks the CLI's stream-json as recorded from 2.1.197 and starts nothing.
 */
import { type Cause, Clock, Deferred, Effect, Fiber, Layer, Option, Queue, Schema, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { flags } from "../../core/claude/help.ts"
import type { Line } from "../../core/process/lines.ts"
import {
  type Exited,
  type Program,
  type Process,
  SpawnFailed,
  SubprocessRunner
} from "../../core/process/SubprocessRunner.ts"
import { followUp, incident, type Step, type Tool } from "./incident.ts"

/** `script` is asked for the steps of each prompt: which of the conversation it is, from 0, and its text. */
export const layer = (script: (turn: number, prompt: string) => ReadonlyArray<Step> = demo) =>
  Layer.sync(SubprocessRunner, () => {
    const turns = new Map<string, number>()
    return SubprocessRunner.of({
      start: (program) =>
        program.file.endsWith("claude")
          ? Effect.acquireRelease(begin(program, turns, script), ({ end }) => end)
          : Effect.fail(new SpawnFailed({ file: program.file, reason: "ENOENT" }))
    })
  })

const demo = (turn: number) => (turn === 0 ? incident : followUp)

const begin = Effect.fnUntraced(function* (
  program: Program,
  turns: Map<string, number>,
  script: (turn: number, prompt: string) => ReadonlyArray<Step>
) {
  const said = yield* Queue.unbounded<Line, Cause.Done>()
  const exited = yield* Deferred.make<Exited>()
  const id = program.args.at(-1) ?? ""
  const voice = new Voice(said, id)
  const leave = (code: number) => Effect.andThen(Deferred.succeed(exited, { code, signal: null }), Queue.end(said))
  if (program.args.includes("--version")) yield* Queue.offer(said, { _tag: "Line", text: "2.1.197 (scripted)" })
  if (program.args.includes("--help"))
    yield* Queue.offerAll(
      said,
      flags.map((flag): Line => ({ _tag: "Line", text: `  ${flag}` }))
    )
  let playing: Fiber.Fiber<void> | null = null
  let failed = false

  const hear = (line: string) =>
    Effect.gen(function* () {
      const heard = Option.getOrNull(decode(line))
      if (heard?.type === "user") {
        const turn = turns.get(id) ?? 0
        turns.set(id, turn + 1)
        playing = yield* Effect.forkChild(voice.play(script(turn, heard.message.content)))
      } else if (heard?.type === "control_request" && playing !== null) {
        yield* Fiber.interrupt(playing)
        failed = yield* voice.interrupted
      }
    })
  const life = Effect.gen(function* () {
    yield* Stream.runForEach(program.stdin ?? Stream.empty, hear)
    if (playing !== null) yield* Fiber.await(playing)
    yield* leave(failed ? 1 : 0)
  })
  const living = yield* Effect.forkScoped(life)
  const processes = Effect.map(Deferred.isDone(exited), (gone) => new Set(gone ? [] : [1]))
  const running: Process = {
    pid: 1,
    lines: Stream.fromQueue(said),
    stderr: Effect.succeed(""),
    exited: Deferred.await(exited),
    processes,
    unmarked: Effect.succeed(false),
    end: Effect.gen(function* () {
      const seen = yield* processes
      yield* Fiber.interrupt(living)
      yield* leave(137)
      return { found: seen, survivors: 0 }
    })
  }
  return running
})

/** Says the steps, line by line, at a pace a person can follow. */
class Voice {
  private readonly said: Queue.Queue<Line, Cause.Done>
  private readonly session_id: string
  private open: ReadonlySet<string> = new Set()
  private finished = false
  private cost = 0
  private began = 0

  constructor(said: Queue.Queue<Line, Cause.Done>, session_id: string) {
    this.said = said
    this.session_id = session_id
  }

  play(steps: ReadonlyArray<Step>) {
    return Effect.gen({ self: this }, function* () {
      this.finished = false
      this.began = yield* Clock.currentTimeMillis
      yield* this.say({ type: "system", subtype: "init", tools: ["Bash", "Read"], model: "demo" })
      let last = ""
      for (const step of steps) {
        yield* Effect.sleep("400 millis")
        this.cost += 0.004
        if (step._tag === "Say") yield* this.prose((last = step.text))
        else yield* this.tools(step.tools)
      }
      yield* this.close({ subtype: "success", is_error: false, result: last, terminal_reason: "completed" })
      this.finished = true
    })
  }

  /** The end of a turn that was stopped; false when it had ended already. */
  get interrupted() {
    return Effect.gen({ self: this }, function* () {
      yield* this.say({ type: "control_response", response: { subtype: "success", request_id: "stop" } })
      if (this.finished) return false
      const refused = "The user doesn't want to proceed with this tool use. The tool use was rejected."
      for (const id of this.open) yield* this.answer(id, refused, true)
      const terminal_reason = this.open.size > 0 ? "aborted_tools" : "aborted_streaming"
      this.open = new Set()
      yield* this.close({ subtype: "error_during_execution", is_error: true, errors: [], terminal_reason })
      return true
    })
  }

  private prose(text: string) {
    return Effect.gen({ self: this }, function* () {
      for (const delta of text.match(/\S+\s*|\s+/g) ?? []) {
        yield* this.say({
          type: "stream_event",
          event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: delta } }
        })
        yield* Effect.sleep("45 millis")
      }
      yield* this.assistant({ type: "text", text })
    })
  }

  private tools(tools: ReadonlyArray<Tool>) {
    return Effect.gen({ self: this }, function* () {
      const called = tools.map((tool) => ({ tool, id: `toolu_${SecureRandom.uuidV4Unsafe().replaceAll("-", "")}` }))
      this.open = new Set(called.map(({ id }) => id))
      for (const { tool, id } of called) {
        yield* this.assistant({ type: "tool_use", id, name: "Bash", input: { command: tool.command } })
      }
      yield* Effect.forEach(
        called,
        ({ tool, id }) => Effect.andThen(Effect.sleep(tool.takes), this.answer(id, tool.output, tool.failed ?? false)),
        { concurrency: "unbounded", discard: true }
      )
    })
  }

  private answer(tool_use_id: string, content: string, is_error: boolean) {
    this.open = new Set([...this.open].filter((id) => id !== tool_use_id))
    return this.say({
      type: "user",
      message: { role: "user", content: [{ type: "tool_result", tool_use_id, content, is_error }] }
    })
  }

  private assistant(block: unknown) {
    return this.say({ type: "assistant", message: { role: "assistant", model: "demo", content: [block] } })
  }

  private close(verdict: Record<string, unknown>) {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      this.say({
        type: "result",
        ...verdict,
        duration_ms: now - this.began,
        total_cost_usd: this.cost,
        usage: { input_tokens: 0, output_tokens: 0 }
      })
    )
  }

  private say(message: Record<string, unknown>) {
    return Queue.offer(this.said, { _tag: "Line", text: JSON.stringify({ ...message, session_id: this.session_id }) })
  }
}

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Union([
      Schema.Struct({ type: Schema.tag("user"), message: Schema.Struct({ content: Schema.String }) }),
      Schema.Struct({ type: Schema.tag("control_request") })
    ])
  )
)
