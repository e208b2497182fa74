/** Two targets are two values: what is done to one, and what is known of it, is not the other's. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { HostLink } from "../../../src/breakglass/power/HostLink.ts"
import { Observer } from "../../../src/breakglass/observe/Observer.ts"
import { type TargetSettings, Targets } from "../../../src/breakglass/target/Targets.ts"
import { LogRegistry } from "../../../src/core/log/LogRegistry.ts"
import * as Redact from "../../../src/core/redact/redact.ts"
import { settings } from "../../support/http/requests.ts"
import { directory, ownThread, sent } from "../../support/journal/journals.ts"
import { Journal } from "../../../src/core/journal/Journal.ts"
import { host, result, runs } from "../../support/power/hostWords.ts"

const [first] = settings({}).targets
const second: TargetSettings = { ...first, id: "vm-2", name: "other", vmid: "103" }
const hosts = () => {
  const script = (verb: string) => (verb === "cycle" ? { lines: [result(0)], takes: 5000 } : runs)
  return new Map([first, second].map(({ id }) => [id, host(script)]))
}

describe("two targets", () => {
  it.effect("have a host, an operation under way and a log each", () => {
    const each = hosts()
    const asked = (id: string) => each.get(id)?.asked.filter((verb) => verb === "cycle").length
    const layer = Targets.layerOver([first, second], Redact.make([]), ({ id }) => {
      const ask = each.get(id)?.ask ?? assert.fail(id)
      return Layer.mergeAll(Layer.succeed(HostLink, { ask, probe: ask }), Layer.succeed(Observer, { probes: [] }))
    })
    const journal = Layer.effect(
      Journal,
      Effect.flatMap(directory, (path) => ownThread(path))
    )
    return Effect.gen(function* () {
      const { all, primary } = yield* Targets
      assert.deepStrictEqual(
        all.map(({ name }) => name),
        [first.name, "other"]
      )
      assert.strictEqual(primary, all[0])
      for (const { power } of all) {
        yield* power.start({ verb: "cycle", op_id: randomUUID(), actor: "op" })
        yield* TestClock.adjust("1 second")
      }
      // Neither was refused for the other's.
      assert.deepStrictEqual([asked("vm"), asked("vm-2")], [1, 1])
      for (const { power } of all) {
        assert.lengthOf(yield* power.list, 1)
        const log = yield* Stream.runCollect(sent(power.attach({ after: null, follow: false })))
        assert.include(Buffer.concat([...log]).toString(), '"kind":"operation"')
      }
    }).pipe(Effect.provide(Layer.provide(layer, [journal, LogRegistry.layer])))
  })
})
