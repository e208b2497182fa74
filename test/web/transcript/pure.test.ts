/** The small pure rooms: addresses, spans, what was observed, where operations stand, what a tool call says. */
import { assert, describe, it } from "@effect/vitest"
import { addressOf, placeOf } from "../../../web/shell/address.ts"
import { indexOf, runsIn } from "../../../web/transcript/operationsInBlock.ts"
import { backoff } from "../../../web/link/link.ts"
import { observed } from "../../../web/power/observed.ts"
import { emptyPower, type Run } from "../../../web/power/power.ts"
import { around, atEnd, blockOf, earlier, held, later } from "../../../web/transcript/span.ts"
import { summary } from "../../../web/transcript/tool.ts"
import type { Block } from "../../../web/transcript/transcript.ts"
import { uuid } from "../../../web/link/uuid.ts"

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const run = (verb: Run["verb"], second: number, output = ""): Run => ({
  op_id: `${second}`,
  verb,
  actor: "anna",
  started_at: at(second),
  ended_at: at(second + 1),
  phase: "done",
  outcome: "ok",
  exit_code: 0,
  output,
  verified: null,
  evidence: "",
  phases: [],
  streamed: output
})
const block = (...seconds: ReadonlyArray<number>): Block =>
  seconds.map((second) => ({ kind: "text", text: "", id: second, at: at(second) }))

describe("address", () => {
  it("names a session and an event of it", () => {
    assert.deepStrictEqual(placeOf(addressOf("abc-1")), { session: "abc-1", event: undefined })
    assert.deepStrictEqual(placeOf(addressOf("abc-1", 7)), { session: "abc-1", event: 7 })
  })
  it("is the first screen when it names nothing", () => {
    for (const hash of ["", "#/", "#/s/", "#/s/a/e/x", "#/s/a b"]) assert.isUndefined(placeOf(hash).session)
  })
})

describe("span", () => {
  it("is never longer than it may be, never past an end, and reaches both", () => {
    for (const count of [0, 1, held, held + 1, 1000]) {
      let span = atEnd(count)
      let steps = 0
      while (span.from > 0 && steps++ < 1000) span = earlier(span)
      assert.strictEqual(span.from, 0)
      while (span.to < count && steps++ < 2000) {
        span = later(span, count)
        assert.isAtMost(span.to - span.from, held)
      }
      assert.strictEqual(span.to, count)
    }
  })
  it("holds the block an event is in", () => {
    const firsts = Array.from({ length: 100 }, (_, index) => index * 48)
    for (const event of [0, 47, 48, 2400, 4799]) {
      const index = blockOf(firsts, event)
      const { from, to } = around(index, 100)
      assert.isTrue(from <= index && index < to)
      assert.strictEqual(index, Math.floor(event / 48))
    }
  })
})

describe("operations in place", () => {
  const first = block(10, 20)
  it("stand in the block during which they began", () => {
    const runs = [run("cycle", 35), run("cycle", 15), run("status", 16)]
    assert.deepStrictEqual(
      runsIn(runs, first, block(30)).map((each) => each.op_id),
      ["15"]
    )
    assert.strictEqual(indexOf(first, run("cycle", 15)), 1)
  })
  it("do not stand in an older talk", () => {
    assert.strictEqual(runsIn([run("cycle", 20 + 3601)], first, undefined).length, 0)
    assert.strictEqual(runsIn([run("cycle", 5)], first, undefined).length, 0)
  })
})

describe("observed", () => {
  const line = (vm: string) => `x\nbreakglass-result op=1 verb=status rc=0 vm=${vm} secs=0\n`
  it("believes the host's last line, and the newer of two", () => {
    const off = { ...emptyPower, operations: [run("stop", 9, line("stopped")), run("status", 1, line("running"))] }
    assert.strictEqual(observed(off)?.word, "off")
    const status = { pattern: "healthy", text: "fine", observed_at: at(30), probes: [] } as const
    assert.strictEqual(observed({ ...off, status })?.word, "reachable")
  })
  it("knows nothing from an operation that did not say", () => {
    assert.isUndefined(observed({ ...emptyPower, operations: [run("status", 1, "vm=running")] }))
  })
})

describe("uuid", () => {
  it("has the form the server takes for an op_id, and is another one each time", () => {
    const ids = Array.from({ length: 200 }, uuid)
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.strictEqual(new Set(ids).size, ids.length)
  })
})

describe("backoff", () => {
  it("SSE-08: asks at most once a second and at least every 30 s", () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      for (const random of [0, 0.5, 1]) {
        assert.isAtLeast(backoff(attempt, random), 1000)
        assert.isAtMost(backoff(attempt, random), 30_000)
      }
    }
  })
})

describe("a tool call in one line", () => {
  const line = (command: string) => summary("Bash", { command }).line
  it("leaves out who logs in and the quotes, and nothing that changes what runs", () => {
    assert.strictEqual(line('ssh breakglass@devvm "df -h"'), "ssh devvm df -h")
    assert.strictEqual(line('ssh -o ProxyCommand=evil devvm "df"'), 'ssh -o ProxyCommand=evil devvm "df"')
    assert.strictEqual(line('ssh devvm "a" && rm "b"'), 'ssh devvm "a" && rm "b"')
    assert.strictEqual(line("a\n  b"), "a ⏎ b")
  })
  it("leaves out how long is waited and what a login without a terminal needs, and shows the command that runs there", () => {
    const polite = "ssh -T -o BatchMode=yes -o ConnectTimeout=5 -oStrictHostKeyChecking=accept-new breakglass@devvm"
    assert.strictEqual(line(`${polite} 'df -h /'`), "ssh devvm df -h /")
    assert.strictEqual(line(`timeout 20 ${polite} df -h /`), "ssh devvm df -h /")
    assert.strictEqual(line(`timeout -k 5 20s ${polite} 'a' && rm 'b'`), "ssh devvm 'a' && rm 'b'")
    for (const telling of ["-o StrictHostKeyChecking=no", "-F /tmp/x", "-J other", "-p 2222", "-o LocalCommand=rm"]) {
      const whole = `ssh -o BatchMode=yes ${telling} devvm df`
      assert.strictEqual(line(whole), whole)
    }
  })
  it("is never the model's own words for it", () => {
    const input = { command: "rm -rf /srv", description: "ssh devvm df -h" }
    assert.strictEqual(summary("Bash", input).line, "rm -rf /srv")
  })
  it("shows every field of a call it does not know", () => {
    assert.include(summary("Edit", { file_path: "/x", old_string: "a" }).whole, "old_string")
  })
})
