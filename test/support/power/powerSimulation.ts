/** The power service over a host that answers in words, under the test's own clock. */
import { ConfigProvider, Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { Config } from "../../../src/breakglass/config/Config.ts"
import type { AskHost } from "../../../src/breakglass/power/hostProtocol.ts"
import { HostLink } from "../../../src/breakglass/power/HostLink.ts"
import { PveVerbs } from "../../../src/breakglass/power/PveVerbs.ts"
import { Screen } from "../../../src/breakglass/power/Screen.ts"
import { LogRegistry } from "../../../src/core/log/LogRegistry.ts"
import * as Redact from "../../../src/core/redact/redact.ts"
import type { Operation, Verb, VmEvent } from "../../../src/contract/Power.ts"
import { directory, eventsOf, layerOwnThread } from "../journal/journals.ts"
import { distinct } from "../http/frames.ts"

/** In `home` when one is named (a former life's), else in a directory of its own. */
export const power = (ask: AskHost, home?: string) => {
  const config = Layer.unwrap(
    Effect.gen(function* () {
      const place = home ?? (yield* directory)
      const record = { HOME: place, BREAKGLASS_SESSIONS_DIR: place }
      return Config.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(record))))
    })
  )
  return Layer.mergeAll(PveVerbs.layer({ log: "vm", redact: Redact.make([]) }), Screen.layer).pipe(
    Layer.provide(Layer.succeed(HostLink, { ask, probe: ask })),
    Layer.provide([layerOwnThread, LogRegistry.layer]),
    Layer.provide(config)
  )
}

/** A host that knows when it was: VMs are older than the test. */
export const aDay = TestClock.adjust("1 day")

export const begin = Effect.fnUntraced(function* (verb: Verb, op_id: string = randomUUID()) {
  const service = yield* PveVerbs
  return (yield* service.start({ verb, op_id, actor: "op" })).op_id
})

export const operation = Effect.fnUntraced(function* (op_id: string) {
  const service = yield* PveVerbs
  return Option.getOrThrow(yield* service.get(op_id))
})

/** Lets the clock run until it holds of the operation. */
export const until = Effect.fnUntraced(function* (op_id: string, holds: (operation: Operation) => boolean) {
  for (let steps = 0; steps < 5000; steps++) {
    const now = yield* operation(op_id)
    if (holds(now)) return now
    yield* TestClock.adjust("100 millis")
  }
  return yield* Effect.die(`never: ${JSON.stringify(yield* operation(op_id))}`)
})

export const over = ({ ended_at }: Operation) => ended_at !== null

/** From its sending to its end. */
export const carriedOut = Effect.fnUntraced(function* (verb: Verb) {
  const id = yield* begin(verb)
  return yield* until(id, over)
})

export const phases = Effect.fnUntraced(function* (op_id: string) {
  const service = yield* PveVerbs
  const items = yield* Stream.runCollect(service.attach({ after: null, follow: false }))
  return distinct(
    eventsOf<VmEvent>(items).flatMap((event) =>
      event.kind === "operation" && event.op.op_id === op_id ? [event.op.phase] : []
    )
  )
})

/** Somebody else asks the host, and we do not wait. */
export const elsewhere = (ask: AskHost, verb: Verb) => Effect.forkChild(ask(verb, randomUUID(), () => Effect.void))

/** As {@link elsewhere}, to its end. */
export const directly = Effect.fnUntraced(function* (ask: AskHost, verb: Verb) {
  const fiber = yield* elsewhere(ask, verb)
  yield* TestClock.adjust("1 minute")
  return yield* Fiber.join(fiber)
})
