/** What an operation waits for before it is sent, on a disk that gives no answer. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import * as Executor from "../../../src/breakglass/power/executor.ts"
import type { AskHost } from "../../../src/breakglass/power/hostProtocol.ts"
import * as Registry from "../../../src/breakglass/power/registry.ts"
import type { Verb, VmEvent } from "../../../src/contract/Power.ts"
import type { EventLog } from "../../../src/core/log/EventLog.ts"

const begun = Effect.fnUntraced(function* (verb: Verb) {
  const sent: Array<string> = []
  const ask: AskHost = (request) => {
    sent.push(request)
    return Effect.never
  }
  const disk = yield* Deferred.make<void>()
  const log = { append: () => Deferred.await(disk) } as unknown as EventLog<VmEvent>
  const executor = Executor.make({ ask, log, scope: yield* Effect.scope })
  const operation = { ...Registry.blank, op_id: randomUUID(), verb, actor: "op", started_at: "", phase: "accepted" }
  yield* executor.start(Registry.make().add(operation), [])
  // At the end what was told is waited for.
  yield* Effect.addFinalizer(() => Deferred.succeed(disk, undefined))
  return sent
})

describe("an operation whose beginning the disk does not take", () => {
  it.effect("is sent at once when it only reads", () =>
    Effect.gen(function* () {
      const sent = yield* begun("status")
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(sent, ["status"])
    })
  )

  it.effect("is sent after half a second when it changes the VM, and not before", () =>
    Effect.gen(function* () {
      const sent = yield* begun("cycle")
      yield* TestClock.adjust("499 millis")
      assert.deepStrictEqual(sent, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(sent, ["cycle"])
    })
  )
})
