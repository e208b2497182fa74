import { assert, describe, it } from "@effect/vitest"
import { parseCidr } from "../../../src/core/settings/cidr.ts"

const inside: ReadonlyArray<readonly [cidr: string, inside: ReadonlyArray<string>, outside: ReadonlyArray<string>]> = [
  ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "::FFFF:10.1.2.3"], ["9.255.255.255", "11.0.0.0"]],
  ["10.1.2.3/8", ["10.255.0.1"], ["11.1.2.3", "::10.1.2.3", "10::1"]],
  ["192.168.1.20", ["192.168.1.20", "::ffff:192.168.1.20", "::ffff:c0a8:114"], ["192.168.1.2", "192.168.1.201"]],
  ["127.0.0.1/32", ["127.0.0.1"], ["127.0.0.2", "::1", "127.0.0.1.evil", "127.0.0.1:80", " 127.0.0.1", "0x7f000001"]],
  ["192.168.1.128/25", ["192.168.1.128", "192.168.1.255"], ["192.168.1.127"]],
  ["10.0.0.0/31", ["10.0.0.0", "10.0.0.1"], ["10.0.0.2"]],
  ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "127.0.0.1", "::ffff:127.0.0.1"]],
  ["fd00::/8", ["fd00::1", "FD12:3456::"], ["fe00::1", "fc00::1"]],
  ["fe80::/10", ["fe80::1", "fe80::1%eth0"], ["fec0::1"]],
  ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1"]],
  ["::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.1.2.3", "::10.1.2.3"]]
]

const nobody = ["", "unknown", "localhost", "10.0.0", "999.1.1.1", "::ffff:999.1.1.1", "10.0.0.1, 127.0.0.1", "\0"]

const refused = [
  ...["", "/", "/8", "x", "localhost", "*", "10", "10/8", "10.0.0/8", "010.0.0.0/8", "10.0.0.0.0/8", "0x0a000000/8"],
  ...[
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/8.0",
    "10.0.0.0/0x8",
    "10.0.0.0/ 8",
    "10.0.0.0/1e1"
  ],
  ...[
    "10.0.0.0/8/8",
    "10.0.0.0//8",
    " 10.0.0.0/8",
    "10.0.0.0/8 ",
    "10.0.0.0/8\n",
    "10.0.0.0/0008",
    "10.0.0.0/255.0.0.0"
  ],
  ...["::/129", "::/-1", ":::/8", "[::1]/128", "1::2::3/64", "::g/64", "10.0.0.0-10.0.0.9", "10.0.0.*"]
]

/** Ranges that hold every IPv4 address or a 256th of all others are no proxy's own. */
const wide = ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/7", "::/0", "8000::/1", "::ffff:0:0/96", "::ffff:0.0.0.0/96"]
const disguised = ["0:0:0:0:0:ffff:0:0/96", "0::ffff:0:0/96", "::FFFF:0:0/96", "::/80", "::/64", "::ffff:128.0.0.0/97"]
const narrow = ["10.0.0.0/8", "192.168.1.1", "172.16.0.0/12", "fd00::/8", "::1", "::ffff:10.0.0.0/104", "2001:db8::/32"]

describe("parseCidr", () => {
  for (const [cidr, within, without] of inside) {
    it(`${cidr} holds ${within.join(", ")} and not ${without.join(", ")}`, () => {
      const contains = parseCidr(cidr)?.contains ?? (() => null)
      assert.deepStrictEqual(
        within.filter((peer) => contains(peer) !== true),
        []
      )
      assert.deepStrictEqual(
        [...without, ...nobody].filter((peer) => contains(peer) !== false),
        []
      )
    })
  }

  for (const text of refused) it(`is null for ${JSON.stringify(text)}`, () => assert.isNull(parseCidr(text)))

  for (const text of [...wide, ...disguised]) it(`${text} is wide`, () => assert.isTrue(parseCidr(text)?.wide))

  for (const text of narrow) it(`${text} is not wide`, () => assert.isFalse(parseCidr(text)?.wide))
})
