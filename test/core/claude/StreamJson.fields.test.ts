/**
 * CLI-06 as a property of the recordings: of each kind of line some fields are needed, named here, and no other field can
 * take a line, or what else it says, with it: absent, null, or of any other type.
 */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { decodeLine } from "../../../src/core/claude/StreamJson.ts"
import { recorded } from "../../support/claude/recordings.ts"

type Json = Readonly<Record<string, unknown>>

/** By kind: where a field is needed. A list's parts are written [], and one part of it that is not read loses only itself. */
const needed: Readonly<Record<string, RegExp>> = {
  system: /^(type|subtype)$/,
  assistant: /^(type|message|message\.content|message\.content\[\](\.(type|text|id|name))?)$/,
  user: /^(type|message|message\.content|message\.content\[\](\.(type|tool_use_id|content\[\](\.(type|text))?))?)$/,
  result: /^type$/,
  stream_event: /^(type|event|event\.type|event\.delta|event\.delta\.(type|text))$/
}

/** What an operator would miss, of what is read of a line. */
const told = (line: unknown): unknown => {
  const message = Option.getOrNull(decodeLine(JSON.stringify(line)))
  if (message === null) return null
  if (message.type === "system") return [message.type, message.subtype]
  if (message.type === "result") return message.type
  if (message.type === "stream_event") return "event" in message ? message.event.delta.text : message.type
  const { content } = message.message
  if (typeof content === "string") return content
  return content.map((block) => {
    if ("text" in block) return block.text
    if ("name" in block) return [block.name, block.id]
    return "tool_use_id" in block ? block.tool_use_id : null
  })
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** The line with one field changed, for every field of it at any depth that is read. */
function* changed(value: unknown, path: string, odd: unknown): Generator<readonly [path: string, value: unknown]> {
  if (Array.isArray(value)) {
    for (const [at, part] of value.entries())
      for (const [where, other] of changed(part, `${path}[]`, odd)) yield [where, value.with(at, other)]
    return
  }
  if (!isObject(value)) return
  for (const [key, part] of Object.entries(value)) {
    const where = path === "" ? key : `${path}.${key}`
    const { [key]: _, ...rest } = value
    yield [where, odd === undefined ? rest : { ...rest, [key]: odd }]
    for (const [inner, other] of changed(part, where, odd)) yield [inner, { ...value, [key]: other }]
  }
}

const odd: Readonly<Record<string, unknown>> = {
  absent: undefined,
  null: null,
  "a string": "odd",
  "a number": -1.5,
  "a boolean": true,
  "a list": [],
  "an object": {}
}

const read = recorded.filter(({ line }) => Option.isSome(decodeLine(line)))
/** One of each shape: its keys, and those of what it holds. */
const shapes = new Map(
  read.map(({ said }) => [[...changed(said, "", null)].map(([path]) => path).join(" ") + said.type, said] as const)
)

describe("CLI-06 a field that is not needed", () => {
  it("is looked at in lines of every kind that is read", () => {
    const kinds = new Set([...shapes.values()].map(({ type }) => type))
    assert.sameMembers([...kinds], Object.keys(needed))
    assert.isAbove(shapes.size, 40)
  })

  for (const [how, value] of Object.entries(odd)) {
    it(`may be ${how}: the line says what it said`, () => {
      const lost: Array<string> = []
      for (const line of shapes.values()) {
        for (const [path, other] of changed(line, "", value)) {
          if (needed[line.type]?.test(path)) continue
          if (JSON.stringify(told(other)) !== JSON.stringify(told(line))) lost.push(`${line.type}: ${path}`)
        }
      }
      assert.deepStrictEqual([...new Set(lost)], [])
    })
  }

  it("is none of those called needed: without any one of these a line says less", () => {
    const missed = new Set<string>()
    for (const line of shapes.values()) {
      for (const [path, other] of changed(line, "", undefined)) {
        if (JSON.stringify(told(other)) !== JSON.stringify(told(line))) missed.add(`${line.type}: ${path}`)
      }
    }
    assert.includeMembers(
      [...missed],
      [
        ...["system: type", "system: subtype", "result: type", "assistant: message", "assistant: message.content"],
        ...[
          "assistant: message.content[].text",
          "assistant: message.content[].id",
          "assistant: message.content[].name"
        ],
        ...["user: message.content", "user: message.content[].tool_use_id", "stream_event: type"],
        "stream_event: event.delta.text"
      ]
    )
  })
})
