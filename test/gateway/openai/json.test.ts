import { assert, describe, it } from "@effect/vitest"
import { checked } from "../../../src/gateway/openai/json.ts"

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { name: { type: "string" }, size: { type: "integer", minimum: 1 } },
  required: ["name"],
  additionalProperties: false
}
const bySchema = (text: string) => checked(text, { type: "json_schema", schema })

describe("an answer asked for as JSON", () => {
  it("is passed on without the fence around it", () => {
    assert.deepStrictEqual(bySchema('```json\n{"name":"a"}\n```'), { json: '{"name":"a"}' })
    assert.deepStrictEqual(checked(' {"a":1} ', { type: "json_object" }), { json: '{"a":1}' })
  })

  it.each([
    ["prose", "I cannot say."],
    ["half of it", '{"name":'],
    ["another type", '{"name":1}'],
    ["nothing that is required", "{}"],
    ["more than was allowed", '{"name":"a","more":1}'],
    ["a value out of its range", '{"name":"a","size":0}']
  ])("is never passed on when it is %s", (_name, text) => {
    assert.property(bySchema(text), "wrong")
  })

  it("as an object is one", () => {
    assert.deepStrictEqual(checked("[1]", { type: "json_object" }), {
      wrong: "The model's answer is JSON, but not an object."
    })
  })

  it("names the place that does not keep to the schema, and no value", () => {
    const { wrong } = bySchema('{"name":"a","size":"secret"}') as { wrong: string }
    assert.include(wrong, "#/size")
    assert.notInclude(wrong, "secret")
  })
})
