/** What the composer needs of the session that is open. */
import type { ReadonlySignal } from "@preact/signals"
import type { Link } from "../link/link.ts"
import type { Transcript } from "../transcript/transcript.ts"
import type { SendGate } from "./outbox.ts"
import type { OutboxState } from "./OutboxModel.ts"

export interface Conversation {
  readonly transcript: ReadonlySignal<Transcript>
  readonly link: ReadonlySignal<Link>
  readonly running: ReadonlySignal<boolean>
  readonly gate: ReadonlySignal<SendGate>
  readonly outbox: OutboxState
  readonly stopping: ReadonlySignal<boolean>
  /** Why Stop did not end the turn, or "". */
  readonly problem: ReadonlySignal<string>
  readonly send: (text: string, model: string) => void
  readonly stop: () => Promise<void>
}
