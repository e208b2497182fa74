/** Listens to one run of the CLI: what it says becomes events of the log, in order, one transaction per burst. */
import { Deferred, Effect, Option } from "effect"
import { decodeLine, failed, type Message, type Result } from "../claude/StreamJson.ts"
import type { Event } from "../../contract/Event.ts"
import type { Line } from "../process/lines.ts"
import type { EventSink } from "./EventSink.ts"
import { type Redact, Veil } from "../redact/redact.ts"
import { monotonic } from "../time/monotonic.ts"
import { type OpenTools, translate } from "./toEvents.ts"
import { conversationLost } from "./verdict.ts"

export class Ear {
  result: Result | null = null
  opened = false
  open: OpenTools = new Map()
  /** Seconds without a sign of life. What is not read is none: newer CLIs print heartbeats that say nothing of the work. */
  quiet = 0
  /** The model writes a summary of a conversation that grew too long; it says nothing meanwhile. */
  compacting = false
  /** Whether it waits for the disk: what is said meanwhile it has yet to hear. */
  deaf = false
  readonly closing: Deferred.Deferred<void>
  private readonly sink: EventSink
  private readonly redact: Redact
  private readonly conversation: string
  /** The summary was given up because the turn was told to end; 2.1.197 answers that with "Prompt is too long". */
  private gaveUp = false
  /** Prose that its readers have yet to be shown. */
  private prose = ""
  private veil: Veil

  /** `conversation` is the id the CLI was given. */
  constructor(sink: EventSink, redact: Redact, conversation: string, closing: Deferred.Deferred<void>) {
    this.sink = sink
    this.redact = redact
    this.conversation = conversation
    this.veil = new Veil(redact)
    this.closing = closing
  }

  hear(lines: ReadonlyArray<Line>) {
    return Effect.gen({ self: this }, function* () {
      const now = yield* monotonic
      const events: Array<Event> = []
      const before = this.open
      for (const line of lines) {
        if (line._tag === "Cut") {
          this.quiet = 0
          events.push(unread(line))
          continue
        }
        const message = Option.getOrNull(decodeLine(line.text))
        if (message === null || this.heartbeat(message)) continue
        this.quiet = 0
        events.push(...this.take(message, now))
      }
      this.deaf = true
      if (events.length > 0) yield* this.sink.append(events)
      this.deaf = false
      if (this.prose !== "") yield* this.sink.writing(this.prose)
      this.prose = ""
      if (this.open !== before) yield* this.progress
      if (this.result !== null) yield* Deferred.succeed(this.closing, undefined)
    })
  }

  get progress() {
    return Effect.gen({ self: this }, function* () {
      const now = yield* monotonic
      const tools = [...this.open].map(([tool_id, { name, since }]) => ({ tool_id, name, elapsed_ms: now - since }))
      yield* this.sink.running(tools)
    })
  }

  /** A compaction that is under way is announced again and again, also when the model behind it is dead. */
  private heartbeat(message: Message): boolean {
    if (message.type === "stream_event") return false
    const compacting = message.type === "system" && message.subtype === "status" && message.status === "compacting"
    const again = compacting && this.compacting
    this.compacting = compacting
    return again
  }

  private take(message: Message, now: number): ReadonlyArray<Event> {
    if (message.type === "stream_event") {
      if ("event" in message) this.prose += this.veil.push(message.event.delta.text)
      return []
    }
    if (message.type === "system" && message.subtype === "init") {
      this.opened = true
      const { session_id = this.conversation } = message
      return translate({ ...message, session_id }, this.open, now).events
    }
    if (message.type === "system" && message.subtype === "status") {
      this.gaveUp = message.compact_error === "aborted"
      if (this.gaveUp) return []
    }
    if (message.type === "assistant" && this.gaveUp) return []
    if (message.type === "result") {
      this.result = message
      // Not the end of a turn but of a try: the turn goes on with another conversation.
      if (conversationLost(message, "") || (this.gaveUp && failed(message))) return []
    }
    const { events, open } = translate(message, this.open, now)
    this.open = open
    if (events.some(({ kind }) => kind === "text")) {
      this.prose = ""
      this.veil = new Veil(this.redact)
    }
    return events
  }
}

const unread = (line: Extract<Line, { _tag: "Cut" }>): Event => ({
  kind: "notice",
  code: "line_skipped",
  text:
    line.why === "overlong"
      ? `The agent printed a line of ${line.bytes} bytes, over the limit; it was skipped and the turn goes on.`
      : `The agent ended in the middle of a line; its ${line.bytes} bytes were skipped.`
})
