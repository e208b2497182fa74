/** Why the power room did not do what it was asked. `http/powerProblems.ts` says it to a person. */
import { Schema } from "effect"
import { Verb } from "../../contract/Power.ts"

/** Another mutating operation runs, or as many reads of this actor's as may; which, whose and since when. Nothing was sent. */
export class OperationRunning extends Schema.TaggedError<OperationRunning>()("OperationRunning", {
  verb: Verb,
  actor: Schema.String,
  started_at: Schema.String,
  op_id: Schema.String
}) {
  override get message(): string {
    return `${this.actor} is already ${doing[this.verb]} (since ${this.started_at}). Nothing was sent.`
  }
}

/** The id belongs to an operation with another verb. Nothing was sent. */
export class IdInUse extends Schema.TaggedError<IdInUse>()("IdInUse", {}) {}

/** The VM has no screen: it is off, or has no display. */
export class NoScreen extends Schema.TaggedError<NoScreen>()("NoScreen", { why: Schema.String }) {}

/** Whether the VM has a screen, and what it shows, is not known. */
export class ScreenUnknown extends Schema.TaggedError<ScreenUnknown>()("ScreenUnknown", { why: Schema.String }) {}

export type NotStarted = OperationRunning | IdInUse
export type NoPicture = NoScreen | ScreenUnknown
export type PowerError = NotStarted | NoPicture

const doing = {
  cycle: "power cycling the VM",
  forensics: "collecting evidence",
  reset: "resetting the VM",
  start: "powering on the VM",
  status: "checking the VM",
  stop: "powering off the VM"
} satisfies Record<Verb, string>
