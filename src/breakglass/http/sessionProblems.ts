/** What a session's errors are over HTTP: what was not done, and what to do. */
import { Effect } from "effect"
import { AgentUnavailable, JournalUnavailable, TooManyTurns, TurnInProgress } from "../../contract/breakglass/Api.ts"
import { NotFound } from "../../contract/Problem.ts"
import type { CliUnfit } from "../../core/claude/ClaudeCheck.ts"
import type { JournalFailed } from "../../core/journal/Journal.ts"
import type { SessionError, TurnLimit } from "../session/errors.ts"

/** By the error's tag. */
const problems = {
  NoSession: () => new NotFound({ detail: "There is no such session. Nothing was done." }),
  NoEvent: () => noEvent,
  TurnRunning: () =>
    new TurnInProgress({
      detail: "A turn is running in this session. The prompt was not taken. Wait for its end, or stop it."
    }),
  TurnLimit: ({ limit }: TurnLimit) =>
    new TooManyTurns({ detail: `${limit} turns are running, which is the limit. The prompt was not taken.` }),
  CliUnfit: ({ trouble }: CliUnfit) => new AgentUnavailable({ detail: `${trouble} Nothing was started.` }),
  EndPending: () => nothingDone("'s own disk is full or does not answer"),
  StopUnrecorded: () =>
    new JournalUnavailable({
      detail: "Stop was sent. The journal takes no writes, so how the turn ended will be in the log when it does."
    }),
  StopPending: () =>
    new JournalUnavailable({
      detail:
        "Stop was taken. The disk of the journal does not answer, so the turn has not begun; when it does, the turn is " +
        "ended before the agent is started."
    }),
  JournalFailed: ({ full, reason, cure = null }: JournalFailed) => {
    if (full) return new JournalUnavailable({ detail: `Nothing was started: ${reason}.` })
    const diskFull = /disk is full|ENOSPC/.test(reason)
    return nothingDone(diskFull ? "'s own disk is full" : ` cannot use its journal (${reason})`, cure)
  }
}

const nothingDone = (why: string, cure: string | null = null) =>
  new JournalUnavailable({
    detail: `Nothing was done: the breakglass server${why}. VM controls work.${cure === null ? "" : ` ${cure}`}`
  })

export const noEvent = new NotFound({ detail: "There is no such event, or no more of it than the log shows." })

type Problems = typeof problems
type ProblemOf<E extends SessionError> = ReturnType<Problems[E["_tag"]]>

/** The same, failing with problems. */
export const withProblems = <A, E extends SessionError, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, ProblemOf<E>, R> =>
  Effect.mapError(effect, (error) => {
    const problem = problems[error._tag] as (error: SessionError) => ProblemOf<E>
    return problem(error)
  })
