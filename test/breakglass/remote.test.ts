import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { destination } from "../../src/breakglass/remote.ts"
import { discard, ofKind, root, type Server, startServer } from "../support/BreakglassServer.ts"
import { startSshd } from "../host/support/sshd.ts"

describe("the place of another ssh", () => {
  const cases: ReadonlyArray<
    readonly [what: string, args: ReadonlyArray<string>, place: ReadonlyArray<string> | null]
  > = [
    ["a host", ["devvm", "uptime"], ["devvm"]],
    ["a user and a port", ["-p", "22", "a@b", "x"], ["-p", "22", "a@b"]],
    ["a port in the same word", ["-p22", "a@b", "x"], ["-p", "22", "a@b"]],
    ["flags before a value", ["-vTp", "22", "a@b", "x"], ["-p", "22", "a@b"]],
    ["a key and a login", ["-i", "/k", "-l", "me", "-4", "h", "x"], ["-i", "/k", "-l", "me", "-4", "h"]],
    ["an option that says where", ["-o", "Port=22", "-oUser=a", "h"], ["-o", "Port=22", "-o", "User=a", "h"]],
    ["an option that runs a program", ["-o", "ProxyCommand=evil", "-o", "LocalCommand=x", "h", "x"], ["h"]],
    ["a library, a log, a control socket, a jump", ["-I", "lib", "-E", "log", "-S", "s", "-J", "j", "h", "x"], ["h"]],
    ["a configuration file", ["-F", "/tmp/evil", "h", "x"], ["h"]],
    ["an address of IPv6", ["root@[::1]", "x"], ["root@[::1]"]],
    ["no destination", ["-V"], null],
    ["a destination that is none", ["$(x)", "y"], null]
  ]
  for (const [what, args, place] of cases) {
    it(`keeps of ${what} what leads there and nothing else`, () => {
      assert.deepStrictEqual(destination(args), place)
    })
  }
})

describe("the agent's ssh", () => {
  const turn = "00000000-0000-4000-8000-000000000000"
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-wrapper-"))
    writeFileSync(join(dir, "ssh"), '#!/bin/sh\nfor word; do printf "%s\\036" "$word"; done\n')
    chmodSync(join(dir, "ssh"), 0o755)
  })
  afterAll(() => rmSync(dir, { recursive: true }))
  const run = (args: ReadonlyArray<string>, env: Record<string, string> = { BREAKGLASS_TURN: turn }) =>
    spawnSync(join(root, "agents/bin/ssh"), args, {
      encoding: "utf8",
      env: { PATH: `${join(root, "agents/bin")}:${dir}:/usr/bin:/bin`, ...env }
    })
      .stdout.split("\x1e")
      .slice(0, -1)

  for (const args of [["-V"], ["host"], ["-p", "22", "host"], ["-N", "-L", "1:h:2", "host"]]) {
    it(`passes on ${args.join(" ")}, which holds no command, as it is`, () => {
      assert.deepStrictEqual(run(args), args)
    })
  }

  it("passes everything on outside a turn", () => {
    assert.deepStrictEqual(run(["host", "uptime"], {}), ["host", "uptime"])
    assert.deepStrictEqual(run(["host", "uptime"], { BREAKGLASS_TURN: "x; reboot" }), ["host", "uptime"])
  })

  for (const command of [["uptime"], ["echo it\\'s", '"two  blanks"', "$HOME"], ["a\nb\n\n"], ["-x", "--", "y"]]) {
    it(`runs ${JSON.stringify(command)} on the other end, as ssh would have`, () => {
      const args = ["-vp", "22", "-i", "/key file", "user@host", ...command]
      const words = run(args)
      const unshared = ["-o", "ControlMaster=no", "-o", "ControlPath=none"]
      assert.deepStrictEqual(words.slice(0, -1), [...unshared, ...args.slice(0, 5)])
      // The remote login shell splits it again: sh -c SCRIPT NAME TURN COMMAND.
      const echo = spawnSync("sh", ["-c", `set -- ${words.at(-1)}; printf "%s\\036" "$@"`], { encoding: "utf8" })
      const remote = echo.stdout.split("\x1e")
      assert.deepStrictEqual([remote[0], remote[1]], ["sh", "-c"])
      assert.deepStrictEqual(remote.slice(3, 6), ["breakglass", turn, command.join(" ")])
    })
  }

  it("says so when there is no ssh at all", () => {
    const { status, stderr } = spawnSync(join(root, "agents/bin/ssh"), ["h", "x"], {
      encoding: "utf8",
      env: { PATH: join(root, "agents/bin") }
    })
    assert.deepStrictEqual([status, stderr.includes("ssh is not installed")], [127, true])
  })
})

describe("Stop, on the other end of a real ssh", () => {
  let dir: string
  let sshd: { readonly port: number; readonly child: ChildProcess }
  let server: Server
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-remote-"))
    sshd = await startSshd(dir, `AuthorizedKeysFile ${dir}/authorized\nStrictModes no\n`, 'exec "$@"')
    copyFileSync(`${dir}/ssh/client.pub`, `${dir}/authorized`)
    server = await startServer()
  })
  afterAll(async () => {
    await discard(server)
    sshd.child.kill("SIGCONT")
    sshd.child.kill("SIGTERM")
    rmSync(dir, { recursive: true })
  })
  const ssh = (command: string) =>
    `ssh -p ${sshd.port} -i ${dir}/ssh/client -o UserKnownHostsFile=${dir}/ssh/known_hosts 127.0.0.1 '${command}'`
  /** A turn whose remote command runs now; `name` is its argv[0]. */
  const running = async (name: string) => {
    const session = await server.session()
    await server.prompt(session, `#bash ${ssh(`touch ${dir}/${name}; exec -a ${name} sleep 300`)}`)
    const reader = await server.attach(session)
    await reader.until(ofKind("tool"))
    // Its own process, not the ssh, timeout and shell whose words hold the name as well.
    while (named(name).length === 0) await new Promise((settle) => setImmediate(settle))
    return { session, reader }
  }

  it("SSH-03 ends the remote command and says so", async () => {
    const { session, reader } = await running("far-away")
    await server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    assert.deepInclude(
      reader.events().find((event) => event.kind === "cancelled"),
      { left: 0, remote: "ended" }
    )
    assert.deepStrictEqual(named("far-away"), [])
    await reader.close()
  })

  it("SSH-03 says unknown when the target does not answer, and the local half is ended all the same", async () => {
    const { session, reader } = await running("out-of-reach")
    sshd.child.kill("SIGSTOP")
    await server.post(`/api/session/${session}/cancel`)
    await reader.until(ofKind("turn_end"))
    sshd.child.kill("SIGCONT")
    assert.deepInclude(
      reader.events().find((event) => event.kind === "cancelled"),
      { left: 0, remote: "unknown" }
    )
    await reader.close()
  })
})

/** Pids whose argv[0] is this. */
const named = (name: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] === name
    } catch {
      return false
    }
  })
