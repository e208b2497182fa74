import { assert, describe, it } from "@effect/vitest"
import { summary } from "../../../../web/transcript/items/tool.ts"

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
