/** The keys of an installation: used by the server's account, read by nobody but root, and back when their agent dies. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { chownSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { alive, end, eventually, under } from "../host/support/proc.ts"
import { root } from "../support/server/BreakglassServer.ts"
import { asNobody, asRoot, held, holds, keyed, nobody, stopped, tried } from "../support/power/keyed.ts"

const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, "utf8")
const parentOf = (pid: number) => Number(/^PPid:\t(\d+)$/m.exec(statusOf(pid))?.[1])

describe("with-keys", { timeout: 60_000 }, () => {
  let keys: ReturnType<typeof keyed>
  beforeEach(() => {
    keys = keyed()
  })
  afterEach(() => keys.discard())

  it("as root: the program is another user's, uses both keys, each at a socket of its own, and reads neither", async () => {
    const { child, ids, capabilities, target, pve, file } = await keys.start(asRoot)
    assert.deepStrictEqual([ids, capabilities], [`${nobody}:${nobody}:${nobody}`, "0000000000000000"])
    await held(target, "target")
    await held(pve, "pve")
    assert.include(file, "Permission denied")
    await stopped(child)
  })

  it("LOG-01 what it runs dumps no core", async () => {
    const { child, core } = await keys.start(asRoot)
    assert.strictEqual(core, "0")
    await stopped(child)
  })

  it("PVE-06 an agent that dies is started again with its key, at the same socket, and the other is left alone", async () => {
    const { child, target, pve, stderr } = await keys.start(asRoot)
    await held(target, "target")
    await held(pve, "pve")
    const [other, pid] = [await keys.agentAt(target), await keys.agentAt(pve)]
    end(pid)
    await eventually("it is gone", () => !alive(pid))
    await held(pve, "pve")
    assert.notStrictEqual(await keys.agentAt(pve), pid)
    assert.strictEqual(await keys.agentAt(target), other)
    assert.include(stderr(), `with-keys: the ssh-agent of ${keys.dir}/keys/pve died; another is started`)
    await stopped(child)
  })

  it("PVE-06 an agent whose keeper died takes its socket with it when it ends, and another is started", async () => {
    const { child, pve } = await keys.start(asRoot)
    await held(pve, "pve")
    const pid = await keys.agentAt(pve)
    end(parentOf(pid))
    // It looks for its parent every 10 s, and its successor listens by then.
    await eventually("it is gone", () => !alive(pid))
    await held(pve, "pve")
    await stopped(child)
  })

  it("PVE-06 an agent that is stopped goes on, also when what holds it was stopped first", async () => {
    const { child, pve, target } = await keys.start(asRoot)
    await held(pve, "pve")
    const pid = await keys.agentAt(pve)
    for (const stopped of [[pid], [parentOf(pid), pid]]) {
      for (const one of stopped) process.kill(one, "SIGSTOP")
      await eventually("it runs", () => stopped.every((one) => !/^State:\tT/m.test(statusOf(one))))
      assert.strictEqual(holds(pve), "pve")
    }
    assert.strictEqual(await keys.agentAt(pve), pid)
    await held(target, "target")
    await stopped(child)
  })

  it("PVE-06 an agent whose key was taken out of it, or that was locked, is replaced by one with the key", async () => {
    const { child, pve, stderr } = await keys.start(asRoot)
    for (const [times, take] of [
      ["first", ["ssh-add", "-qD"]],
      ["second", ["setsid", "-w", "env", `SSH_ASKPASS=${keys.dir}/word`, "SSH_ASKPASS_REQUIRE=force", "ssh-add", "-x"]]
    ] as const) {
      await held(pve, "pve")
      const { status, stderr: said } = tried("env", `SSH_AUTH_SOCK=${pve}`, ...take)
      assert.strictEqual(status, 0, `${times}: ${said}`)
      assert.strictEqual(holds(pve), "")
    }
    await held(pve, "pve")
    assert.include(stderr(), `with-keys: the ssh-agent of ${keys.dir}/keys/pve lost its key; another is started`)
    await stopped(child)
  })

  it("hands SIGTERM on, ends as the program ended, and leaves nothing behind", async () => {
    const { child, pve } = await keys.start(asRoot)
    await held(pve, "pve")
    assert.strictEqual(await stopped(child), 7)
    await eventually("nothing is left", () => under(keys.dir).length === 0)
  })

  it("not as root: does the same with keys that are its own", async () => {
    for (const path of ["keys", "keys/target", "keys/pve"]) chownSync(`${keys.dir}/${path}`, nobody, nobody)
    // Where that user can run it.
    copyFileSync(process.execPath, `${keys.dir}/node`)
    const { child, ids, target, pve } = await keys.start(asNobody, {}, `${keys.dir}/node`)
    assert.strictEqual(ids, `${nobody}:${nobody}:${nobody}`)
    await held(target, "target")
    await held(pve, "pve")
    assert.strictEqual(await stopped(child), 7)
  })

  it("without keys starts no agent, and the program keeps the sockets it was given", async () => {
    rmSync(`${keys.dir}/keys`, { recursive: true })
    const given = { SSH_AUTH_SOCK: "/elsewhere/a", BREAKGLASS_PVE_AUTH_SOCK: "/elsewhere/b" }
    const { child, target, pve } = await keys.start(asRoot, given)
    assert.deepStrictEqual([target, pve], Object.values(given))
    assert.deepStrictEqual(keys.agents(), [])
    assert.strictEqual(await stopped(child), 7)
  })

  it("says of a file that is no key, and the program runs all the same", async () => {
    writeFileSync(`${keys.dir}/keys/target`, "not a key\n")
    const { child, target, pve, stderr } = await keys.start(asRoot)
    await held(pve, "pve")
    await eventually("it is said", () => stderr().includes(`no key could be read from ${keys.dir}/keys/target`))
    assert.strictEqual(holds(target), "")
    assert.strictEqual(await stopped(child), 7)
  })

  it("is clean by shellcheck", () => {
    assert.strictEqual(execFileSync("shellcheck", [join(root, "deploy/with-keys")], { encoding: "utf8" }), "")
  })
})
