/** Every scenario over the simulated VM, with the same expectations as over the real way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { simulate } from "../../../src/breakglass/demo/vm.ts"
import { Screen } from "../../../src/breakglass/power/Screen.ts"
import { readPng } from "../../support/text/png.ts"
import { type Outcome, type Scenario, scenarios, type View, views } from "../../support/power/powerScenarios.ts"
import { aDay, begin, directly, elsewhere, over, phases, power, until } from "../../support/power/powerSimulation.ts"

const carriedOut = ({ verb, initially, faults = {}, busy }: Scenario) => {
  const ask = simulate(faults)
  return Effect.gen(function* () {
    yield* aDay
    if (initially === "stopped") yield* directly(ask, "stop")
    if (busy === true) {
      yield* elsewhere(ask, "cycle")
      yield* TestClock.adjust("2 seconds")
    }
    const id = yield* begin(verb)
    const { outcome, exit_code, verified } = yield* until(id, over)
    yield* TestClock.adjust("1 minute")
    const state = faults.unreachable === true ? "status: running" : (yield* directly(ask, "status")).stdout
    const vm = /^status: running$/m.test(state) ? "running" : "stopped"
    return { outcome, exit_code, verified, phases: yield* phases(id), vm } satisfies Outcome
  }).pipe(Effect.provide(power(ask)))
}

const looked = ({ initially, faults = {} }: View) => {
  const ask = simulate(faults)
  return Effect.gen(function* () {
    if (initially === "stopped") yield* directly(ask, "stop")
    const fiber = yield* Effect.forkChild((yield* Screen).take, { startImmediately: true })
    yield* TestClock.adjust("1 second")
    return yield* Effect.match(Fiber.join(fiber), {
      onFailure: ({ why }) => why,
      onSuccess: (png) => {
        readPng(png)
        return "a picture"
      }
    })
  }).pipe(Effect.provide(power(ask)))
}

describe("the simulated VM", () => {
  for (const view of views) {
    it.effect(`shows its screen, or why not, when ${view.when}`, () =>
      Effect.map(looked(view), (given) => assert.strictEqual(given, view.gives))
    )
  }
  for (const scenario of scenarios) {
    it.effect(`${scenario.verb} when ${scenario.when}`, () =>
      Effect.map(carriedOut(scenario), (outcome) => assert.deepStrictEqual(outcome, scenario.ends))
    )
  }
})
