/** A reader whose machine is gone without a word; with a real one in Subscribers.halfOpen.soak.ts. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { heldIn } from "../../../src/core/http/Subscribers.ts"
import { admitted, held, withSubscribers } from "../../support/http/admitted.ts"
import { upTo } from "../../support/journal/journals.ts"

describe("a half-open peer", () => {
  it.effect("SUB-03 lets go a half-open peer: what it was sent is not acknowledged, though more is sent", () =>
    withSubscribers(
      Effect.gen(function* () {
        const [gone, slow] = [yield* admitted("a"), yield* admitted("a")]
        for (const second of upTo(36)) {
          for (const [{ response }, bytes] of [
            [gone, 20 * second],
            [slow, 20]
          ] as const) {
            response.socket.bytesWritten = 1000 + 20 * second
            held.set(`8080 ${response.socket.remotePort}`, bytes)
          }
          yield* TestClock.adjust("1 second")
          if (second < 29) assert.isFalse(gone.response.destroyed, `${second} s`)
        }
        assert.deepStrictEqual([gone.response.destroyed, slow.response.destroyed], [true, false])
      })
    )
  )

  it("SUB-03 reads what the kernel holds for each connection, and the least of two that look the same", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 024D12C6:9C40 01 0000001F:00000000 01:00000014 00000003     0        0 2 2 0 20 4 30 10 -1
   2: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF0000024D12C6:9C40 01 00000002:00000000 00:0 0`
    assert.deepStrictEqual(
      [...heldIn(table)],
      [
        ["8080 0", 0],
        ["8080 40000", 2]
      ]
    )
  })
})
