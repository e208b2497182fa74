/**
 * Would the agent and the verbs work now? Every leg of the rescue path is tried at once, each with its own limit. It changes
 * nothing. It starts programs, so callers that ask at the same time share one examination.
 */
import { Context, Effect, Layer, Option } from "effect"
import type { Check } from "../../contract/breakglass/Api.ts"
import { Cli } from "../../core/claude/ClaudeCheck.ts"
import { Journal } from "../../core/journal/Journal.ts"
import { SubprocessRunner } from "../../core/process/SubprocessRunner.ts"
import { monotonic } from "../../core/time/monotonic.ts"
import { shareInFlight } from "../../core/time/shareInFlight.ts"
import { Config } from "../config/Config.ts"
import { Targets } from "../target/Targets.ts"
import * as Legs from "./legs.ts"

export class Doctor extends Context.Service<Doctor, { readonly examine: Effect.Effect<ReadonlyArray<Check>> }>()(
  "breakglass/Doctor"
) {
  static readonly layer = Layer.effect(
    Doctor,
    Effect.gen(function* () {
      const config = yield* Config
      const { all } = yield* Targets
      const legs = [
        Legs.journal(yield* Journal),
        Legs.agent(config.claude, yield* Cli, yield* SubprocessRunner),
        Legs.credential(config.credential),
        ...all.flatMap(Legs.target)
      ]
      return Doctor.of({ examine: yield* shareInFlight(Effect.forEach(legs, examine, { concurrency: "unbounded" })) })
    })
  )
}

const examine = Effect.fnUntraced(function* ({ name, test, fix }: Legs.Leg) {
  const from = yield* monotonic
  const finding = Option.getOrElse(yield* Effect.timeoutOption(test, "15 seconds"), () => noAnswer)
  const took_ms = (yield* monotonic) - from
  const check: Check = { name, ...(finding.ok ? {} : { fix }), ...finding, took_ms }
  return check
})

const noAnswer: Legs.Finding = { ok: false, detail: "no answer in 15 s" }
