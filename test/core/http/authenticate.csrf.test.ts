/** CSRF rows of the security matrix, by their id. */
import { assert, describe, it } from "@effect/vitest"
import { authenticate, type AuthSettings } from "../../../src/core/http/authenticate.ts"
import {
  anyHost,
  ask,
  bearer,
  cookie,
  endpoints,
  full,
  type Header,
  origin,
  proxied,
  secrets
} from "../../support/http/requests.ts"

const page: ReadonlyArray<Header> = [
  ["Origin", origin],
  ["Sec-Fetch-Site", "same-origin"],
  ["Content-Type", "application/json"]
]

/** An own page's request with one header otherwise; null leaves it out. */
const but = (name: string, value: string | null): ReadonlyArray<Header> => [
  ...page.filter(([each]) => each.toLowerCase() !== name.toLowerCase()),
  ...(value === null ? [] : [[name, value] as const])
]
const hosts = [
  "https://bg.example.org.",
  "https://BG.example.org",
  "https://bg.example.org:8443",
  "https://example.org"
]
const origins = [
  "https://evil.example",
  "null",
  "",
  "https://x.bg.example.org",
  "http://bg.example.org",
  `${origin}/`,
  ...hosts
]
const types = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json;x"
]
const sites = ["cross-site", "same-site", "none", "", "same-origin, cross-site"]

type Change = readonly [what: string, answer: number | "in", headers: ReadonlyArray<Header>, settings?: AuthSettings]
/** What a request that changes something must show when the browser adds its identity by itself. */
const changes: ReadonlyArray<Change> = [
  ["CSRF-01: our own page", "in", page],
  ["CSRF-01: no Origin", 403, but("Origin", null)],
  ...origins.map((value): Change => [`CSRF-01: Origin ${JSON.stringify(value)}`, 403, but("Origin", value)]),
  ["CSRF-01: two Origins", 400, [...page, ["origin", "https://evil.example"]]],
  ["CSRF-01: no public origin, Origin of the Host", "in", page, anyHost],
  ["CSRF-01: no public origin, another Origin", 403, but("Origin", "https://evil.example"), anyHost],
  ["CSRF-01: no public origin, Origin null", 403, but("Origin", "null"), anyHost],
  ["CSRF-01: no public origin, another scheme", 403, but("Origin", "ftp://bg.example.org"), anyHost],
  ...sites.map((value): Change => [`CSRF-02: ${JSON.stringify(value)}`, 403, but("Sec-Fetch-Site", value)]),
  ["CSRF-02: none sent", "in", but("Sec-Fetch-Site", null)],
  ["CSRF-03: no type", 415, but("Content-Type", null)],
  ...[
    ...types,
    "application/jsonp",
    "application/json, text/plain",
    "text/json",
    "application/json; charset=utf-16"
  ].map((value): Change => [`CSRF-03: ${value}`, 415, but("Content-Type", value)]),
  ["CSRF-03: JSON with its charset", "in", but("Content-Type", "application/json; charset=utf-8")]
]
const ambient: ReadonlyArray<readonly [answer: string, headers: ReadonlyArray<Header>]> = [
  ["edge alice", proxied],
  ["login login", [cookie]]
]
/**
 * A read shows no Origin and no type, so those are not asked of it; where it comes from is. The doctor and the screen start
 * programs, and SameSite=Strict does not keep a neighbour on the same site from asking in the operator's name.
 */
const reads = (headers: ReadonlyArray<Header>, who: string) => {
  const [, site = "none"] = headers.find(([name]) => name === "Sec-Fetch-Site") ?? []
  return ["same-origin", "none"].includes(site) ? who : 403
}
const mutating = new Set(endpoints.map(({ method }) => method).filter((method) => method !== "GET"))

describe("admit", () => {
  for (const [what, answer, headers, settings = full] of changes) {
    it(`${what} is ${answer}, whatever the method and the identity`, () => {
      for (const [who, identity] of ambient) {
        const wanted = answer === "in" ? who : answer
        for (const method of [...mutating, "PUT", "DELETE", "OPTIONS", "post"]) {
          assert.strictEqual(ask([...identity, ...headers], { method, settings }), wanted, method)
        }
        const read = what.startsWith("CSRF-02") ? reads(headers, who) : who
        if (answer !== 400) assert.strictEqual(ask([...identity, ...headers], { settings }), read, "GET")
      }
    })
  }

  for (const [site, answer] of [
    ["same-origin", "in"],
    ["none", "in"],
    [null, "in"],
    ["same-site", 403],
    ["cross-site", 403],
    ["", 403],
    ["Same-Origin", 403],
    ["same-origin, cross-site", 403]
  ] as const) {
    it(`CSRF-02: a read from ${JSON.stringify(site)} is ${answer}, however it is asked; a bearer is not asked`, () => {
      const from: ReadonlyArray<Header> = site === null ? [] : [["Sec-Fetch-Site", site]]
      for (const mode of ["navigate", "no-cors", "cors"]) {
        const headers: ReadonlyArray<Header> = [...from, ["Sec-Fetch-Mode", mode]]
        for (const method of ["GET", "HEAD"]) {
          for (const [who, identity] of ambient) {
            assert.strictEqual(ask([...identity, ...headers], { method }), answer === "in" ? who : answer)
          }
          assert.strictEqual(ask([bearer, ...headers], { method }), "bearer token")
          assert.strictEqual(ask(headers, { method }), 401)
        }
      }
    })
  }

  it("CSRF-01: an Origin of null is foreign also where there is no Host", () => {
    const rawHeaders = [...proxied, ...but("Origin", "null")].flat()
    const answer = authenticate(
      { method: "POST", peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders },
      anyHost,
      secrets(anyHost)
    )
    assert.strictEqual("via" in answer ? answer.via : answer.status, 403)
  })

  for (const value of ["evil.example", "192.0.2.7", "127.0.0.1:9", "bg.example.org.", "bg.example.org:8443", ""]) {
    it(`CSRF-06: Host ${JSON.stringify(value)} is 421 where a public origin is set; a bearer is not asked`, () => {
      const at = (headers: ReadonlyArray<Header>, method: string, settings: AuthSettings) => {
        const rawHeaders = [["Host", value] as const, ...headers].flat()
        const answer = authenticate(
          { method, peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders },
          settings,
          secrets(settings)
        )
        return "via" in answer ? answer.via : answer.status
      }
      for (const [, identity] of ambient) {
        for (const method of ["GET", "HEAD", ...mutating]) {
          assert.strictEqual(at([...identity, ...page], method, full), 421, method)
        }
        assert.isString(at(identity, "GET", anyHost))
      }
      assert.strictEqual(at([bearer], "POST", full), "bearer")
      assert.strictEqual(at([], "GET", full), 401)
    })
  }

  it("CSRF-06: the address that the request came in on is a name for this server too, and no rebinding's", () => {
    const rawHeaders = [["Host", "127.0.0.1:8080"] as const, ...proxied].flat()
    const answer = authenticate(
      { method: "GET", peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders },
      full,
      secrets(full)
    )
    assert.isTrue("via" in answer)
  })

  it("CSRF-06: Host with the scheme's own port, as some proxies pass it on, is the same host; without one set too", () => {
    const rawHeaders = [["Host", "bg.example.org:443"] as const, ...proxied, ...page].flat()
    for (const settings of [full, anyHost]) {
      const facts = { peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders }
      assert.isTrue("via" in authenticate({ method: "POST", ...facts }, settings, secrets(settings)))
    }
  })

  it("CSRF-06: Host in another case is the same host", () => {
    const rawHeaders = [["Host", "BG.example.ORG"] as const, ...proxied].flat()
    const answer = authenticate(
      { method: "GET", peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders },
      full,
      secrets(full)
    )
    assert.isTrue("via" in answer)
  })

  it("CSRF-08: a bearer is no ambient identity: it may come from anywhere and with any type", () => {
    for (const headers of [[], ...changes.filter(([, answer]) => answer !== 400).map(([, , headers]) => headers)]) {
      assert.strictEqual(ask([bearer, ...headers], { method: "POST" }), "bearer token")
    }
  })
})
