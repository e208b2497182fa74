/** The keys of an installation: used by the server's account, read by nobody but root, and back when their agent dies. */
import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { alive, end, eventually, sweep, under } from "../host/support/proc.ts"
import { root } from "../support/BreakglassServer.ts"

const nobody = 65534
const shipped = join(root, "deploy/with-keys")

describe("with-keys", { timeout: 60_000 }, () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-with-keys-"))
    chmodSync(dir, 0o755)
    mkdirSync(`${dir}/keys`, { mode: 0o700 })
    mkdirSync(`${dir}/tmp`)
    chownSync(`${dir}/tmp`, nobody, nobody)
    // Where any user can run it, wherever the repository is.
    copyFileSync(shipped, `${dir}/with-keys`)
    for (const key of ["target", "pve"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", `${dir}/keys/${key}`])
    }
  })
  afterEach(async () => {
    await sweep(dir)
    rmSync(dir, { recursive: true })
  })

  const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"]
  /** Root as in a container with two capabilities and no way to more. */
  const asRoot = ["setpriv", "--bounding-set=-all,+setuid,+setgid", "--no-new-privs", "--"]
  const start = async (by: ReadonlyArray<string>, env: Record<string, string> = {}) => {
    const facts = [
      '"$(id -u):$(id -g):$(id -G)"',
      `"$(sed -n 's/^CapEff:.//p' /proc/self/status)"`,
      '"${SSH_AUTH_SOCK-none}"',
      '"${BREAKGLASS_PVE_AUTH_SOCK-none}"',
      `"$(cat ${dir}/keys/pve 2>&1)"`
    ]
    writeFileSync(`${dir}/program`, `trap 'kill $!; exit 7' TERM\nsleep 600 &\nprintf '%s|' ${facts.join(" ")}\nwait\n`)
    const [file = "", ...args] = [...by, `${dir}/with-keys`, `${nobody}`, `${dir}/keys`, "sh", `${dir}/program`]
    const child = spawn(file, args, {
      env: { PATH: process.env["PATH"], TMPDIR: `${dir}/tmp`, API_BEARER_TOKEN: "secret", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    let stderr = ""
    child.stdout.on("data", (text: Buffer) => (said += text.toString()))
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()))
    await eventually("the program has spoken", () => said.split("|").length === facts.length + 1)
    const [ids, capabilities, target = "", pve = "", file_ = ""] = said.split("|")
    return { child, ids, capabilities, target, pve, file: file_, stderr: () => stderr }
  }
  const stopped = (child: ChildProcess) =>
    new Promise<number | null>((settle) => {
      child.once("exit", settle)
      child.kill("SIGTERM")
    })

  /** Comments of the keys that the agent at this socket holds. */
  const holds = (socket: string) =>
    spawnSync("ssh-add", ["-l"], { encoding: "utf8", env: { PATH: process.env["PATH"], SSH_AUTH_SOCK: socket } })
      .stdout.split("\n")
      .flatMap((line) => line.match(/(?<=^256 \S+ )\S+/) ?? [])
      .join()
  const held = (socket: string, keys: string) => eventually(`${keys} is held`, () => holds(socket) === keys)
  const agentAt = (socket: string) =>
    eventually("an agent listens", () => agents().find(({ argv }) => argv[2] === socket)?.pid)
  const agents = () => under(dir).filter(({ exe }) => exe.endsWith("/ssh-agent"))

  it("as root: the program is another user's, uses both keys, each at a socket of its own, and reads neither", async () => {
    const { child, ids, capabilities, target, pve, file } = await start(asRoot)
    assert.deepStrictEqual([ids, capabilities], [`${nobody}:${nobody}:${nobody}`, "0000000000000000"])
    await held(target, "target")
    await held(pve, "pve")
    assert.include(file, "Permission denied")
    for (const socket of [target, pve]) {
      const pid = await agentAt(socket)
      for (const what of ["mem", "environ"]) {
        const [program = "", ...args] = [...asNobody, "head", "-c1", `/proc/${pid}/${what}`]
        assert.include(spawnSync(program, args, { encoding: "utf8" }).stderr, "Permission denied")
      }
    }
    const holders = under(dir).filter(({ argv }) => argv.some((word) => word.includes("ssh-add -q -")))
    assert.isAtLeast(holders.length, 2)
    for (const { pid } of holders) {
      assert.notInclude(execFileSync("cat", [`/proc/${pid}/environ`], { encoding: "utf8" }), "secret")
    }
    await stopped(child)
  })

  it("PVE-06 an agent that dies is started again with its key, at the same socket, and the other is left alone", async () => {
    const { child, target, pve, stderr } = await start(asRoot)
    await held(target, "target")
    await held(pve, "pve")
    const [other, pid] = [await agentAt(target), await agentAt(pve)]
    end(pid)
    await eventually("it is gone", () => !alive(pid))
    await held(pve, "pve")
    assert.notStrictEqual(await agentAt(pve), pid)
    assert.strictEqual(await agentAt(target), other)
    assert.include(stderr(), `with-keys: the ssh-agent of ${dir}/keys/pve died; another is started`)
    await stopped(child)
  })

  it("hands SIGTERM on, ends as the program ended, and leaves nothing behind", async () => {
    const { child, pve } = await start(asRoot)
    await held(pve, "pve")
    assert.strictEqual(await stopped(child), 7)
    await eventually("nothing is left", () => under(dir).length === 0)
  })

  it("not as root: does the same with keys that are its own", async () => {
    for (const path of ["keys", "keys/target", "keys/pve"]) chownSync(`${dir}/${path}`, nobody, nobody)
    const { child, ids, target, pve } = await start(asNobody)
    assert.strictEqual(ids, `${nobody}:${nobody}:${nobody}`)
    await held(target, "target")
    await held(pve, "pve")
    assert.strictEqual(await stopped(child), 7)
  })

  it("without keys starts no agent, and the program keeps the sockets it was given", async () => {
    rmSync(`${dir}/keys`, { recursive: true })
    const given = { SSH_AUTH_SOCK: "/elsewhere/a", BREAKGLASS_PVE_AUTH_SOCK: "/elsewhere/b" }
    const { child, target, pve } = await start(asRoot, given)
    assert.deepStrictEqual([target, pve], Object.values(given))
    assert.deepStrictEqual(agents(), [])
    assert.strictEqual(await stopped(child), 7)
  })

  it("says of a file that is no key, and the program runs all the same", async () => {
    writeFileSync(`${dir}/keys/target`, "not a key\n")
    const { child, target, pve, stderr } = await start(asRoot)
    await held(pve, "pve")
    await eventually("it is said", () => stderr().includes(`no key could be read from ${dir}/keys/target`))
    assert.strictEqual(holds(target), "")
    assert.strictEqual(await stopped(child), 7)
  })

  it("is clean by shellcheck", () => {
    assert.strictEqual(execFileSync("shellcheck", [shipped], { encoding: "utf8" }), "")
  })
})
