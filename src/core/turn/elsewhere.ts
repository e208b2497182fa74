/** Other machines that a run may start something on: ending its processes here does not end what it started there. */
import { Effect, type Scope } from "effect"
import type { Event } from "../../contract/Event.ts"
import type { SubprocessRunner } from "../process/SubprocessRunner.ts"

/** It started nothing there (`none`); none of it runs any more (`ended`); or that is `unknown`. */
export type Remote = Extract<Event, { kind: "cancelled" }>["remote"]

export interface Elsewhere {
  /** For the environment of the run. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Ends what the run started there, while its processes here are being ended. Its answer is asked for its last word once
   * they have been.
   */
  readonly stop: (run: Ending) => Effect.Effect<(ended: Ended) => Remote, never, SubprocessRunner>
}

interface Ending {
  /** Its processes here. */
  readonly pids: ReadonlySet<number>
  /** It ended by itself. */
  readonly exited: boolean
}

interface Ended {
  /** One of its processes here was seen without its marker. */
  readonly unmarked: boolean
}

/** Made for one run, and gone with its scope. */
export type MakeElsewhere = Effect.Effect<Elsewhere, never, Scope.Scope | SubprocessRunner>

/** For a run that reaches no other machine. */
export const nowhere: MakeElsewhere = Effect.succeed({ env: {}, stop: () => Effect.succeed(() => "none") })
