import { assert, describe, it } from "@effect/vitest"
import { addressOf, placeOf } from "../../../web/link/address.ts"

describe("address", () => {
  it("names a session and an event of it", () => {
    assert.deepStrictEqual(placeOf(addressOf("abc-1")), { session: "abc-1", event: undefined })
    assert.deepStrictEqual(placeOf(addressOf("abc-1", 7)), { session: "abc-1", event: 7 })
  })
  it("is the first screen when it names nothing", () => {
    for (const hash of ["", "#/", "#/s/", "#/s/a/e/x", "#/s/a b"]) assert.isUndefined(placeOf(hash).session)
  })
})
