/** What one run of the CLI says, as it says it: events for the sink, in order, one append for each burst of lines. */
import { Deferred, Effect, Option } from "effect"
import { decodeLine, failed, type Message, type Result } from "../claude/StreamJson.ts"
import type { Event } from "../../contract/Event.ts"
import type { Line } from "../process/lines.ts"
import { type Redact, RedactingStream } from "../redact/redact.ts"
import { monotonic } from "../time/monotonic.ts"
import type { EventSink } from "./EventSink.ts"
import { type OpenTools, toEvents } from "./toEvents.ts"
import { conversationLost } from "./verdict.ts"

export class ClaudeOutput {
  result: Result | null = null
  opened = false
  openTools: OpenTools = new Map()
  /** Seconds without a sign of life. A line that is not read is none: newer CLIs print heartbeats that say nothing of the work. */
  silentSeconds = 0
  /** The model writes a summary of a conversation that grew too long. It says nothing meanwhile. */
  compacting = false
  /** An append is under way: lines that come meanwhile wait for it, so silence says nothing about the CLI. */
  appending = false
  /** Done once the CLI has said its result. */
  readonly closing: Deferred.Deferred<void>
  private readonly sink: EventSink
  private readonly redact: Redact
  private readonly conversation: string
  /** The summary was given up because the run was told to end; 2.1.197 answers that with "Prompt is too long". */
  private summaryAborted = false
  /** Prose that the sink has yet to be given. */
  private prose = ""
  private proseStream: RedactingStream

  /** `conversation` is the id that the CLI was given. */
  constructor(sink: EventSink, redact: Redact, conversation: string, closing: Deferred.Deferred<void>) {
    this.sink = sink
    this.redact = redact
    this.conversation = conversation
    this.proseStream = new RedactingStream(redact)
    this.closing = closing
  }

  onLines(lines: ReadonlyArray<Line>) {
    return Effect.gen({ self: this }, function* () {
      const now = yield* monotonic
      const before = this.openTools
      const events = lines.flatMap((line) => this.onLine(line, now))
      this.appending = true
      if (events.length > 0) yield* this.sink.append(events)
      this.appending = false
      if (this.prose !== "") yield* this.sink.writing(this.prose)
      this.prose = ""
      if (this.openTools !== before) yield* this.showProgress
      if (this.result !== null) yield* Deferred.succeed(this.closing, undefined)
    })
  }

  /** Tells the sink how long each tool has been running. */
  get showProgress() {
    return Effect.gen({ self: this }, function* () {
      const now = yield* monotonic
      const tools = [...this.openTools].map(([tool_id, { name, since }]) => ({
        tool_id,
        name,
        elapsed_ms: now - since
      }))
      yield* this.sink.running(tools)
    })
  }

  private onLine(line: Line, now: number): ReadonlyArray<Event> {
    if (line._tag === "Cut") {
      this.silentSeconds = 0
      return [skipped(line)]
    }
    const message = Option.getOrNull(decodeLine(line.text))
    if (message === null || this.isHeartbeat(message)) return []
    this.silentSeconds = 0
    return this.onMessage(message, now)
  }

  /** A compaction that is under way is announced again and again, also when the model behind it is dead. */
  private isHeartbeat(message: Message): boolean {
    if (message.type === "stream_event") return false
    const compacting = message.type === "system" && message.subtype === "status" && message.status === "compacting"
    const again = compacting && this.compacting
    this.compacting = compacting
    return again
  }

  private onMessage(message: Message, now: number): ReadonlyArray<Event> {
    if (message.type === "stream_event") {
      if ("event" in message) this.prose += this.proseStream.push(message.event.delta.text)
      return []
    }
    if (message.type === "system" && message.subtype === "init") {
      this.opened = true
      const { session_id = this.conversation } = message
      return toEvents({ ...message, session_id }, this.openTools, now).events
    }
    if (message.type === "system" && message.subtype === "status") {
      this.summaryAborted = message.compact_error === "aborted"
      if (this.summaryAborted) return []
    }
    if (message.type === "assistant" && this.summaryAborted) return []
    if (message.type === "result") {
      this.result = message
      // This ends a run and not the turn: the turn goes on with another conversation.
      if (conversationLost(message, "") || (this.summaryAborted && failed(message))) return []
    }
    const { events, open } = toEvents(message, this.openTools, now)
    this.openTools = open
    if (events.some(({ kind }) => kind === "text")) {
      this.prose = ""
      this.proseStream = new RedactingStream(this.redact)
    }
    return events
  }
}

const skipped = (line: Extract<Line, { _tag: "Cut" }>): Event => ({
  kind: "notice",
  code: "line_skipped",
  text:
    line.why === "overlong"
      ? `The agent printed a line of ${line.bytes} bytes, over the limit; it was skipped and the turn goes on.`
      : `The agent ended in the middle of a line; its ${line.bytes} bytes were skipped.`
})
