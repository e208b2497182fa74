/** Beside a public origin there may be a direct address: a browser that asks there asks as that, and as nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { authenticate } from "../../../src/core/http/authenticate.ts"
import { cookie, full, type Header, origin, secrets } from "../../support/http/requests.ts"

const json: Header = ["Content-Type", "application/json"]

describe("admit", () => {
  for (const [host, from, answer] of [
    ["10.0.0.5:8080", "http://10.0.0.5:8080", "in"],
    ["10.0.0.5:8080", origin, "in"],
    ["10.0.0.5:8080", "https://10.0.0.5:8080", 403],
    ["10.0.0.5:8080", "http://10.0.0.5", 403],
    ["bg.example.org", "http://10.0.0.5:8080", 403],
    ["10.0.0.5:8081", "http://10.0.0.5:8080", 421]
  ] as const) {
    it(`CSRF-06: beside the public origin the direct address is asked as itself: ${from} at ${host} is ${answer}`, () => {
      const settings = { ...full, directUrl: "http://10.0.0.5:8080" }
      const rawHeaders = [["Host", host] as const, cookie, ["Origin", from] as const, json].flat()
      const facts = { method: "POST", peer: "192.0.2.9", isOwn: () => false, local: "10.0.0.6:1", rawHeaders }
      const admitted = authenticate(facts, settings, secrets(settings))
      assert.strictEqual("via" in admitted ? "in" : admitted.status, answer)
    })
  }
})
