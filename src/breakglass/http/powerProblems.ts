/** What the power room's errors are over HTTP: what was not done, and what to do. */
import { Effect } from "effect"
import { NoPicture, OperationBusy, OperationIdTaken } from "../../contract/breakglass/Api.ts"
import { NotFound } from "../../contract/Problem.ts"
import type { NoScreen, OperationRunning, PowerError, ScreenUnknown } from "../power/errors.ts"

/** By the error's tag. */
const problems = {
  OperationRunning: (running: OperationRunning) => {
    const { verb, actor, started_at, op_id, message } = running
    return new OperationBusy({ verb, actor, started_at, op_id, detail: message })
  },
  IdInUse: () =>
    new OperationIdTaken({
      detail: "This op_id was used for another verb. Nothing was sent. Try again with a new one."
    }),
  NoScreen: ({ why }: NoScreen) => new NotFound({ detail: why }),
  ScreenUnknown: ({ why }: ScreenUnknown) => new NoPicture({ detail: why })
}

type Problems = typeof problems
type ProblemOf<E extends PowerError> = ReturnType<Problems[E["_tag"]]>

/** The same, failing with problems. */
export const withPowerProblems = <A, E extends PowerError, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, ProblemOf<E>, R> =>
  Effect.mapError(effect, (error) => {
    const problem = problems[error._tag] as (error: PowerError) => ProblemOf<E>
    return problem(error)
  })
