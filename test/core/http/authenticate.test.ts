/** AUTH rows of the security matrix, by their id. */
import { assert, describe, it } from "@effect/vitest"
import { authenticate } from "../../../src/core/http/authenticate.ts"
import { RequireOperator } from "../../../src/contract/Operator.ts"
import {
  anyUser,
  ask,
  type Asked,
  bearer,
  cookie,
  cookies,
  edge,
  endpoints,
  full,
  type Header,
  host,
  proof,
  proxied,
  secrets,
  token,
  user
} from "../../support/http/requests.ts"

const none = { token: null, edgeSecret: null, trustedProxies: [] }
const untrusted = { peer: "127.0.0.2" }

type Row = readonly [what: string, answer: string | number, headers: ReadonlyArray<Header>, asked?: Asked]
const table: ReadonlyArray<Row> = [
  ["AUTH-01: nothing", 401, []],
  ["AUTH-01: a bad bearer", 401, [["Authorization", `Bearer ${"t".repeat(32)}`]]],
  ["AUTH-01: a good bearer", "bearer token", [bearer]],
  ["AUTH-01: a good bearer from anywhere", "bearer token", [bearer], { peer: "203.0.113.9" }],
  ["AUTH-01: a good proxy identity", "edge alice", proxied],
  ["AUTH-01: a proxy identity without the edge secret", 401, [user("alice")]],
  ["AUTH-01: a proxy identity from an untrusted peer", 401, proxied, untrusted],
  ["AUTH-01: the edge secret without an identity", 401, [proof]],
  ["AUTH-01: a good cookie", "login login", [cookie]],
  ["AUTH-01: a bad cookie", 401, [["Cookie", "breakglass=bad; xbreakglass=good"]]],
  ["AUTH-01: a good cookie under https's own name", "login login", [cookies("__Host-breakglass=good")]],
  [
    "AUTH-01: a good cookie behind another app's of its name",
    "login login",
    [cookies("breakglass=x", "breakglass=good")]
  ],
  ["AUTH-01: a good cookie before another app's", "login login", [cookies("breakglass=good", "breakglass=x")]],
  ["AUTH-01: so in a header of its own", "login login", [cookies("breakglass=x"), cookies("breakglass=good")]],
  ["AUTH-01: so under the other name", "login login", [cookies("__Host-breakglass=x", "breakglass=good")]],
  [
    "AUTH-01: a good cookie behind more of its name than are tried",
    401,
    [cookies(...Array.from({ length: 32 }, (_, at) => `breakglass=${at}`), "breakglass=good")]
  ],
  ["AUTH-01: a good value under another name", 401, [cookies("__Secure-breakglass=good", "breakglass2=good")]],
  ["AUTH-01: all of it where nothing is configured", 401, [...proxied, cookie], { settings: { ...full, ...none } }],
  ["AUTH-01: the bearer where nothing is configured", 401, [bearer], { settings: { ...full, ...none } }],
  ["AUTH-03: a CIDR alone, from inside", "edge alice", [user("alice")], { settings: { ...full, edgeSecret: null } }],
  ["AUTH-03: and from outside", 401, [user("alice")], { ...untrusted, settings: { ...full, edgeSecret: null } }],
  [
    "AUTH-03: from inside, at an address of this machine",
    401,
    [user("alice")],
    { isOwn: () => true, settings: { ...full, edgeSecret: null } }
  ],
  ["AUTH-03: so with the edge secret", "edge alice", proxied, { isOwn: () => true }],
  ["AUTH-03: from no address", 401, [user("alice")], { peer: "", settings: { ...full, edgeSecret: null } }],
  ["AUTH-03: a secret alone", "edge alice", proxied, { ...untrusted, settings: { ...full, trustedProxies: [] } }],
  ["AUTH-03: an IPv4 peer of a dual-stack socket", "edge alice", proxied, { peer: "::ffff:127.0.0.1" }],
  ...["", "e".repeat(32), edge.slice(1), `${edge}E`, `${edge} `, `${edge},${edge}`].map((given): Row => [
    `AUTH-04: edge secret ${given}`,
    401,
    [user("alice"), ["X-Breakglass-Edge", given]]
  ]),
  ["AUTH-05: the same identity twice", 400, [...proxied, user("alice")]],
  ["AUTH-05: two identities", 400, [...proxied, user("bob")]],
  ["AUTH-05: in another case", 400, [...proxied, ["x-AUTHENTIK-username", "alice"]]],
  ["AUTH-05: twice from an untrusted peer", 400, [...proxied, user("bob")], untrusted],
  ["AUTH-05: twice beside a good bearer", 400, [...proxied, user("bob"), bearer]],
  ["AUTH-05: the edge secret twice", 400, [...proxied, proof]],
  ["AUTH-05: the host twice", 400, [...proxied, host]],
  ...["X_Authentik_Username", "X.Authentik.Username", "X-Authentik_Username", "x~authentik~username"].flatMap(
    (alias): ReadonlyArray<Row> => [
      [`AUTH-06: ${alias} alone`, 400, [[alias, "alice"], proof]],
      [`AUTH-06: ${alias} beside the real one`, 400, [...proxied, [alias, "alice"]]],
      [`AUTH-06: ${alias} from an untrusted peer`, 400, [[alias, "alice"]], untrusted]
    ]
  ),
  ["AUTH-06: an alias of the edge secret's header", 400, [user("alice"), ["X_Breakglass_Edge", edge]]],
  ...["", " ", "\t", "a b", "a, b", "a,b", "a".repeat(129), "\u00e9", "\u00d1\u0091", "a\u000bb", "a\0", "a\u007f"].map(
    (value): Row => [`AUTH-07: user ${JSON.stringify(value)}`, 401, [user(value), proof], { settings: anyUser }]
  ),
  ["AUTH-07: 128 characters", `edge ${"a".repeat(128)}`, [user("a".repeat(128)), proof], { settings: anyUser }],
  ...["mallory", "guest", "Alice", "ALICE", "alice.", "alice@example.org", "alic", "alice;bob"].map((name): Row => [
    `AUTH-08: ${name}, who is not on the list`,
    403,
    [user(name), proof]
  ]),
  ...["agent", "Agent", "token", "login", "demo", "server"].map((name): Row => [
    `AUTH-08: ${name}, by which the log means another`,
    403,
    [user(name), proof],
    { settings: anyUser }
  ]),
  ["AUTH-08: the second of the list", "edge bob", [user("bob"), proof]],
  ["AUTH-08: anyone, where there is no list", "edge mallory", [user("mallory"), proof], { settings: anyUser }],
  [
    "AUTH-10: hop-by-hop names of the identity's headers",
    "edge alice",
    [...proxied, ["Connection", "x-breakglass-edge"]]
  ],
  ...[
    ...[`bearer ${token}`, `BEARER ${token}`, `Bearer  ${token}`, `Bearer\t${token}`, ` Bearer ${token}`],
    ...[`Bearer ${token}\n`, `Bearer ${token} `, `Bearer ${token}\0`, `Bearer ${token}T`, `Bearer ${token.slice(1)}`],
    ...[
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${"\u00e9".repeat(32)}`,
      "Bearer ",
      "Bearer"
    ],
    ...[`Bearer ${"T".repeat(1024 * 1024)}`, `Token ${token}`, token, "", "Digest x", "Bearer undefined", "Bearer null"]
  ].map((value): Row => [`AUTH-11: ${JSON.stringify(value.slice(0, 60))}`, 401, [["Authorization", value]]]),
  ["AUTH-11: a good bearer twice", 400, [bearer, bearer]],
  ["AUTH-11: a good bearer and Basic", 400, [bearer, ["authorization", "Basic eDp5"]]],
  ["AUTH-13: a good bearer, and an identity that nobody proves", "bearer token", [bearer, user("alice")]],
  ["AUTH-13: a good bearer, and one from an untrusted peer", "bearer token", [bearer, ...proxied], untrusted],
  ["AUTH-13: a good bearer, and a proven identity", "bearer token", [bearer, ...proxied]],
  ["AUTH-13: a good bearer, and a proven identity not on the list", 403, [bearer, user("mallory"), proof]],
  ["AUTH-13: a good bearer, and a proven identity that is none", 401, [bearer, user("a b"), proof]],
  ["AUTH-13: a proven identity, and a bad bearer", 401, [...proxied, ["Authorization", "Bearer x"]]],
  ["AUTH-13: a good cookie, and a bad bearer", 401, [cookie, ["Authorization", "Bearer x"]]],
  ["AUTH-13: a good cookie, and a proven identity not on the list", 403, [cookie, user("mallory"), proof]],
  ["AUTH-13: a good cookie, and an identity that nobody proves", "login login", [cookie, user("mallory")]],
  ["AUTH-17: the edge's own Basic", "edge alice", [...proxied, ["Authorization", "Basic eDp5"]]],
  ["AUTH-17: Basic and a good cookie", "login login", [cookie, ["Authorization", "basic eDp5"]]],
  ["AUTH-17: Basic alone", 401, [["Authorization", `Basic ${Buffer.from(`x:${token}`).toString("base64")}`]]]
]

describe("admit", () => {
  for (const [what, answer, headers, asked] of table) {
    it(`${what} is ${answer}`, () => assert.strictEqual(ask(headers, asked), answer))
  }

  it("AUTH-09: forged forwarding headers change nothing of any of these", () => {
    const forwarded = ["For", "Host", "Proto", "Prefix", "User"].map((name) => `X-Forwarded-${name}`)
    const names = [...forwarded, "Forwarded", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL", "Remote-User"]
    const forged = names.map((name): Header => [name, "127.0.0.1"])
    for (const [what, , headers, asked] of table) {
      assert.strictEqual(ask([...forged, ...headers], asked), ask(headers, asked), what)
    }
  })

  it("AUTH-01: every route asks it, but the one that signs in and the two that probes ask", () => {
    const open = endpoints
      .filter(({ middlewares }) => !middlewares.has(RequireOperator))
      .map(({ method, path }) => `${method} ${path}`)
    assert.deepStrictEqual(open, ["POST /api/login", "GET /health", "GET /ready"])
    assert.isAbove(endpoints.length, 12)
  })

  it("refuses in words that repeat nothing it was given", () => {
    for (const [what, , headers, asked] of table) {
      const rawHeaders = headers.flat()
      const answer = authenticate(
        { method: "GET", peer: "127.0.0.1", isOwn: () => false, local: "127.0.0.1:8080", rawHeaders, ...asked },
        full,
        secrets(full)
      )
      if ("via" in answer) continue
      const said = JSON.stringify(answer)
      assert.deepStrictEqual(
        headers.filter(([, value]) => value.length > 5 && said.includes(value)),
        [],
        what
      )
    }
  })
})
