import { assert, describe, it } from "@effect/vitest"
import { uuid } from "../../../web/link/uuid.ts"

describe("uuid", () => {
  it("has the form the server takes for an op_id, and is another one each time", () => {
    const ids = Array.from({ length: 200 }, uuid)
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.strictEqual(new Set(ids).size, ids.length)
  })
})
