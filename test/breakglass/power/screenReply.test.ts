/** What a host sends as its VM's screen is a picture when all of it says so, and nothing else ever is. */
import { assert, describe, it } from "@effect/vitest"
import type { HostReply } from "../../../src/breakglass/power/hostProtocol.ts"
import { parseScreen, ppm } from "../../../src/breakglass/power/screenReply.ts"

const id = "11111111-1111-4111-8111-111111111111"
const ok: HostReply = { outcome: "ok", exit_code: 0, stdout: "", stderr: "" }
const image = (head: string, body: number) => Buffer.concat([Buffer.from(head), Buffer.alloc(body, 7)])
const small = image("P6\n2 2\n255\n", 12)
const head = (bytes: number) => `breakglass-screen op=${id} format=ppm encoding=base64 bytes=${bytes}`
const last = `breakglass-result op=${id} verb=screen rc=0 vm=running secs=0`
const wrapped = (bytes: Buffer) => bytes.toString("base64").match(/.{1,76}/g) ?? []
const sent = (bytes: Buffer) => [head(bytes.length), ...wrapped(bytes), last]

describe("the host's answer", () => {
  it("is the picture it holds", () => {
    for (const [width, height] of [
      [2, 2],
      [1, 1],
      [40, 30]
    ] as const) {
      const bytes = image(`P6\n${width} ${height}\n255\n`, width * height * 3)
      const said = parseScreen(ok, sent(bytes), id)
      assert.deepStrictEqual(said, { _tag: "Picture", width, height, pixels: Buffer.alloc(width * height * 3, 7) })
    }
  })

  const words: ReadonlyArray<readonly [what: string, lines: ReadonlyArray<string>]> = [
    ["nothing", []],
    ["another operation's", [head(small.length).replaceAll("1111", "2222"), ...sent(small).slice(1)]],
    ["of no operation", [head(small.length).replace(id, "-"), ...sent(small).slice(1)]],
    ["cut off before its result", sent(small).slice(0, -1)],
    ["a result that failed", [...sent(small).slice(0, -1), last.replace("rc=0", "rc=1")]],
    ["behind other words", ["motd", ...sent(small)]],
    ["more than it says", [head(small.length - 1), ...wrapped(small), last]],
    ["less than it says", [head(small.length + 3), ...wrapped(small), last]],
    ["no number", [head(small.length).replace(/\d+$/, "x"), ...wrapped(small), last]],
    ["no base64", [head(small.length), ...wrapped(small).map((line) => line.replace(/.$/, "!")), last]],
    [
      "base64 in another alphabet",
      [head(small.length), ...wrapped(small).map((line) => line.replace(/.$/, "_")), last]
    ],
    ["no display, and a picture", ["no display", ...sent(small)].slice(0, -1)],
    ["markup", ["no display: the VM is <img src=x>", last]],
    ["too large", sent(image("P6\n2000 1400\n255\n", 8_400_000))]
  ]
  for (const [what, lines] of words) {
    it(`SCREEN-01 is refused when it is ${what}`, () => {
      assert.deepStrictEqual(parseScreen(ok, lines, id), {
        _tag: "Unseen",
        why: "What the host sent is not a picture."
      })
    })
  }

  it.each([
    [["no display", last], "This VM has no display."],
    [["no display: the VM is stopped", last], "This VM has no display: it is stopped."]
  ])("says that there is nothing to look at: %j", (lines, why) => {
    assert.deepStrictEqual(parseScreen(ok, lines, id), { _tag: "None", why })
  })

  it("of a script that knows no screen is that there is none", () => {
    assert.strictEqual(parseScreen({ ...ok, outcome: "rejected", exit_code: 2 }, ["rejected: x"], id)._tag, "None")
  })

  it.each([
    ["failed", ["no picture: QEMU does not answer", last.replace("rc=0", "rc=1")], "", "QEMU does not answer"],
    ["failed", [], "BREAKGLASS_PVE_HOST is not set.", "BREAKGLASS_PVE_HOST is not set."],
    ["failed", [], "", "The host answered with exit 1."],
    ["failed", ["x".repeat(9000)], "", "x".repeat(300)],
    ["unreachable", [], "ssh: connect to host 10.0.0.1 port 22: No route to host", "The host was not reached."],
    ["host_key", [], "x", "The host's key is not the one that was pinned."],
    ["auth", [], "x", "The host refused our key."],
    ["unknown", sent(small), "", "The connection to the host broke."]
  ] as const)("that is no answer says why: %s %#", (outcome, lines, stderr, why) => {
    assert.deepStrictEqual(parseScreen({ ...ok, outcome, exit_code: 1, stderr }, lines, id), { _tag: "Unseen", why })
  })
})

describe("SCREEN-01 bytes are no picture", () => {
  const broken: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
    ["empty", Buffer.alloc(0)],
    ["a header alone", Buffer.from("P6\n2 2\n255\n")],
    ["a pixel short", small.subarray(0, -3)],
    ["a byte over", Buffer.concat([small, Buffer.alloc(1)])],
    ["another magic", image("P5\n2 2\n255\n", 12)],
    ["another depth", image("P6\n2 2\n65535\n", 24)],
    ["no width", image("P6\n0 2\n255\n", 0)],
    ["no height", image("P6\n2 0\n255\n", 0)],
    ["a sign", image("P6\n-2 -2\n255\n", 12)],
    ["an exponent", image("P6\n2e0 2\n255\n", 12)],
    ["a width without end", image(`P6\n${"9".repeat(400)} 1\n255\n`, 12)],
    ["a width over four digits", image("P6\n10000 1\n255\n", 30_000)],
    ["a comment", image("P6\n# x\n2 2\n255\n", 12)],
    ["CRLF", image("P6\r\n2 2\r\n255\r\n", 12)],
    ["a page", Buffer.from("<!doctype html><script>alert(1)</script>")]
  ]
  it.each(broken)("when they are %s", (_, bytes) => {
    assert.isNull(ppm(bytes))
  })
})
