/** SSH-01: what a turn's own commands can do to the host. They really run, as the CLI runs them. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Operation } from "../../../src/contract/Power.ts"
import { end } from "../../host/support/proc.ts"
import { all } from "../../support/session/events.ts"
import { keyAgent } from "../../support/power/keyAgent.ts"
import { vmEvent } from "../../support/http/frames.ts"
import { phase, type Power, startPower, target } from "../../support/power/powerBench.ts"

describe("SSH-01 the agent", { timeout: 60_000 }, () => {
  let power: Power
  let dir = ""
  let own: Awaited<ReturnType<typeof keyAgent>>
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-target-"))
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "the-target-key", "-f", `${dir}/key`])
    own = await keyAgent(`${dir}/agent`, `${dir}/key`)
    power = await startPower({ env: { SSH_AUTH_SOCK: own.socket } })
  }, 60_000)
  afterAll(async () => {
    await power[Symbol.asyncDispose]()
    if (own.child.pid !== undefined) end(own.child.pid)
    rmSync(dir, { recursive: true })
  })

  /** What the commands of one turn printed, each with its exit code. */
  const bash = async (...commands: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
    const script = commands.map((command) => `${command}; echo "code=$?"; echo ---`).join("; ")
    const events = await power.server.turn(await power.server.session(), `#bash ${script}`)
    const answers = all(events, "tool_result")
      .map(({ output }) => `${output}\n`)
      .join("")
      .split("---\n")
    assert.strictEqual(answers.length, commands.length + 1)
    return answers.slice(0, -1).map((answer) => answer.trim())
  }
  const operations = async () =>
    (
      (await (await power.server.request("/api/pve/ops")).json()) as {
        readonly operations: ReadonlyArray<Operation>
      }
    ).operations

  it("is told of no socket, key or file of the host's", async () => {
    const [env = ""] = await bash("env")
    assert.include(env, `SSH_AUTH_SOCK=${own.socket}`)
    for (const secret of [power.agent.socket, power.rig.dir, "BREAKGLASS_PVE_", "BREAKGLASS_KEY", "API_BEARER_TOKEN"]) {
      assert.notInclude(env, secret)
    }
    const named = ["NODE", "PLACES", "PVE", "SSH_CONFIG", "TURN", "TURN_TOKEN"].map((name) => `BREAKGLASS_${name}`)
    assert.deepStrictEqual(env.match(/^BREAKGLASS_\w+/gm)?.sort(), named)
  })

  it("holds the target's key and no other, and the host does not let it in", async () => {
    const known = `-o UserKnownHostsFile=${power.rig.dir}/ssh/known_hosts -o BatchMode=yes -p ${power.rig.port}`
    const [keys = "", ...refused] = await bash(
      "ssh-add -l",
      ...["", "-A", "-o IdentitiesOnly=no"].map((more) => `ssh ${more} ${known} root@127.0.0.1 cycle`)
    )
    assert.match(keys, /^256 SHA256:\S+ the-target-key \(ED25519\)\ncode=0$/)
    for (const said of refused) assert.match(said, /Permission denied[^]*code=255$/)
    assert.strictEqual(power.rig.calls("stop"), 0)
  })

  it("reads and changes by its own command, in the same list as the buttons", async () => {
    const [read = "", cycled = ""] = await bash("pve status", `pve cycle ${target}`)
    assert.include(read, "status: running")
    assert.match(read, /status: ok\. .*\ncode=0$/)
    assert.match(cycled, /cycle: ok, verified\. running, QEMU process \d+, up \d+ s\ncode=0$/)
    const [cycle, status] = await operations()
    assert.deepInclude(cycle, { verb: "cycle", actor: "agent", outcome: "ok", verified: true })
    assert.deepInclude(status, { verb: "status", actor: "agent", outcome: "ok" })
  })

  it("asks for forensics a dozen times at once: all are answered, and no more than two are under way at any time", async () => {
    const before = power.shim.sent().length
    const [said = ""] = await bash("for i in $(seq 12); do pve forensics | tail -n 1 & done; wait")
    assert.strictEqual(said.match(/^forensics: ok\. running, QEMU process \d+, /gm)?.length, 12, said)
    const reader = await power.watch()
    await reader.until(({ event }) => event === "caught-up")
    const underWay = new Set<string>()
    let most = 0
    for (const frame of reader.frames) {
      const event = vmEvent(frame)
      if (event?.kind !== "operation" || event.op.verb !== "forensics") continue
      if (event.op.ended_at !== null) underWay.delete(event.op.op_id)
      else if (event.op.phase !== "waiting") underWay.add(event.op.op_id)
      most = Math.max(most, underWay.size)
    }
    await reader.close()
    assert.deepStrictEqual([most, underWay.size], [2, 0])
    assert.isBelow(power.shim.sent().length - before, 12)
  })

  it("changes nothing without the name, or with a wrong one, or a verb that is none", async () => {
    const [before, ops] = [power.shim.changing(), (await operations()).length]
    const nameless = ["cycle", "stop", "start", "reset", "cycle other", `cycle ${target.toUpperCase()}`, "stop ''"]
    const none = ["destroy devvm", "last devvm", "selftest", "constructor devvm"]
    const wrong = ["", "CYCLE devvm", "cycle devvm more", "../cycle devvm", "'cycle devvm'", "--help"]
    const odd = ["cycle $'a\\nb'", "cycle 漢字"]
    for (const [words, said] of [
      [nameless, /^This changes the VM: say its name, .* Nothing was sent\.\ncode=2$/],
      [none, /^There is no such verb; .* Nothing was sent\.\ncode=2$/],
      [[...wrong, ...odd], /^usage: pve .*\ncode=2$/]
    ] as const) {
      const answers = await bash(...words.map((word) => `pve ${word}`))
      answers.forEach((answer, at) => assert.match(answer, said, words[at]))
    }
    assert.strictEqual(power.shim.changing(), before)
    assert.strictEqual((await operations()).length, ops)
  })

  it("PVE-01 is told busy, by whom, while the owner's own operation runs", async () => {
    power.rig.fault("stop", "held")
    const reader = await power.watch()
    const { op_id } = (await (await power.ask("cycle")).json()) as Operation
    await reader.until(phase(op_id, "stopping"))
    const [said = ""] = await bash(`pve reset ${target}`)
    assert.match(said, /^\S+ is already power cycling the VM.* Nothing was sent\.[^]*\ncode=75$/)
    power.rig.mend("stop")
    assert.deepInclude(await power.ended(reader, op_id), { outcome: "ok" })
    await reader.close()
  })

  it("has a door that answers its user alone, and is told when nobody answers", async () => {
    const [modes, away, none] = await bash(
      'stat -c "%a %F" "$BREAKGLASS_PVE" "${BREAKGLASS_PVE%/*}"',
      "BREAKGLASS_PVE=/nowhere pve status",
      "BREAKGLASS_PVE= pve status"
    )
    assert.strictEqual(modes, "600 socket\n700 directory\ncode=0")
    assert.match(away ?? "", /^The server does not answer\.[^]*code=1$/)
    assert.match(none ?? "", /gave no way to the host\. Nothing was sent\.\ncode=1$/)
  })
})
