import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { sshWords } from "../../../src/breakglass/agent/remoteStop.ts"
import { root } from "../../support/server/BreakglassServer.ts"

/** What the real ssh makes of these words, with no file read. */
const settings = (args: ReadonlyArray<string>) =>
  spawnSync("ssh", ["-F", "none", "-G", ...args], { encoding: "utf8" }).stdout

describe("the way to where another ssh was let in", () => {
  const ways: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>]> = [
    ["a host", ["devvm"]],
    ["a user and a port", ["-p", "2222", "a@b"]],
    ["a URI", ["ssh://a@b:99"]],
    ["a key, a login and a family", ["-i", "/k", "-l", "me", "-4", "h"]],
    ["another name of the host's and of its key's", ["-o", "HostName=c", "-o", "HostKeyAlias=d", "h"]],
    ["keys and their agent", ["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=/a", "-o", "CertificateFile=/c", "h"]],
    ["other known keys", ["-o", "UserKnownHostsFile=/a /b", "-o", "StrictHostKeyChecking=accept-new", "h"]],
    ["jumps", ["-J", "a@b:2,[::1]:22,c", "h"]],
    ["an address of IPv6", ["root@::1"]]
  ]
  it.each(ways)("is that of %s, as ssh reads it", (_, args) => {
    const way = sshWords(settings(args).trimEnd())
    assert.isNotNull(way)
    const same = /^(user|hostname|port|addressf|identit|certif|hostkeya|strict|userknown|globalknown|proxyj).*/gm
    assert.deepStrictEqual(settings(way ?? []).match(same), settings(args).match(same))
  })

  it("holds nothing that names a program, a library or a file to write", () => {
    const args = [
      "-o",
      "LocalCommand=x",
      "-o",
      "PermitLocalCommand=yes",
      "-I",
      "lib",
      "-E",
      "/dev/null",
      "-S",
      "socket"
    ]
    const more = ["-o", "KnownHostsCommand=/x", "-A", "-L", "1:a:2", "h"]
    const kept = sshWords(`${settings([...args, ...more])}match exec x\ninclude /x`) ?? []
    assert.deepStrictEqual([kept.filter((_, at) => at % 2 === 0).join(" "), kept.at(-1)], [`${"-o ".repeat(15)}h`, "h"])
    const names = kept.filter((word) => word !== "-o" && word !== "h").map((word) => word.split(/[ =]/)[0])
    assert.sameMembers(
      [...new Set(names)],
      [
        ...["user", "port", "addressfamily", "identitiesonly", "identityfile", "stricthostkeychecking"],
        ...["userknownhostsfile", "globalknownhostsfile", "ProxyCommand"]
      ]
    )
  })

  const none: ReadonlyArray<readonly [what: string, note: string]> = [
    ["that could not be written down", ""],
    ["to no host", "user a\nport 22"],
    ["to a host that is an option", "hostname -oProxyCommand=x"],
    ["to a host that is words of a shell", "hostname $(x)"],
    ["through a program", "hostname h\nproxycommand nc h 22"],
    ["through a jump that is an option", "hostname h\nproxyjump a,-Fx"],
    ["through a login that hides one", "hostname h\nproxyjump a@-Fx"],
    ["through words of a shell", "hostname h\nproxyjump a;x"]
  ]
  it.each(none)("is none %s", (_, note) => {
    assert.isNull(sshWords(note))
  })
})

describe("the agent's ssh", () => {
  const turn = "00000000-0000-4000-8000-000000000000"
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "breakglass-wrapper-"))
    const said = `printf "%s" "$BREAKGLASS_PLACE" >${dir}/place; for word; do printf "%s\\036" "$word"; done`
    const text = `#!/bin/sh\n[ "$1" != -G ] || exec /usr/bin/ssh -F none "$@"\n${said}\n`
    writeFileSync(join(dir, "ssh"), text, { mode: 0o755 })
  })
  afterAll(() => rmSync(dir, { recursive: true }))
  const run = (args: ReadonlyArray<string>, env: Record<string, string> = { BREAKGLASS_TURN: turn }) =>
    spawnSync(join(root, "agents/bin/ssh"), args, {
      encoding: "utf8",
      env: { PATH: `${join(root, "agents/bin")}:${dir}:/usr/bin:/bin`, ...env }
    })
      .stdout.split("\x1e")
      .slice(0, -1)

  /** The words it gives to ssh, and those of the command in them: sh -c SCRIPT NAME TURN COMMAND. */
  const wrapped = (args: ReadonlyArray<string>) => {
    const words = run(args)
    const echo = spawnSync("sh", ["-c", `set -- ${words.at(-1)}; printf "%s\\036" "$@"`], { encoding: "utf8" })
    const remote = echo.stdout.split("\x1e").slice(0, -1)
    assert.deepStrictEqual(words.slice(0, 4), ["-o", "ControlMaster=no", "-o", "ControlPath=none"])
    assert.deepStrictEqual([remote[0], remote[1], ...remote.slice(3, 5)], ["sh", "-c", "breakglass", turn])
    return { before: words.slice(4, -1), command: remote[5] }
  }

  const as: ReadonlyArray<ReadonlyArray<string>> = [
    ["-V"],
    ["-p", "22"],
    ["-Q", "cipher"],
    ["host", "-V"],
    ["-O", "check", "host"],
    ["-s", "host", "sftp"],
    ["-N", "-L", "1:h:2", "host"],
    ["-W", "a:1", "host"],
    ["-o", "RemoteCommand=x", "host"]
  ]
  for (const args of as) {
    it(`passes on ${args.join(" ")}, which holds no command, as it is`, () => {
      assert.deepStrictEqual(run(args), args)
    })
  }

  it("passes on a login on a terminal as it is", () => {
    const { stdout } = spawnSync("socat", ["-t", "60", "-", `EXEC:${root}/agents/bin/ssh host,pty,rawer`], {
      encoding: "utf8",
      env: { PATH: `${dir}:/usr/bin:/bin`, BREAKGLASS_TURN: turn }
    })
    assert.strictEqual(stdout, "host\x1e")
  })

  it("has the login shell read a script where there is neither a command nor a terminal", () => {
    assert.deepStrictEqual(wrapped(["-p", "22", "host"]), { before: ["-p", "22", "host"], command: "" })
  })

  it("passes everything on outside a turn", () => {
    assert.deepStrictEqual(run(["host", "uptime"], {}), ["host", "uptime"])
    assert.deepStrictEqual(run(["host", "uptime"], { BREAKGLASS_TURN: "x; reboot" }), ["host", "uptime"])
  })

  for (const command of [["uptime"], ["echo it\\'s", '"two  blanks"', "$HOME"], ["a\nb\n\n"], ["x", "-x", "--", "y"]]) {
    it(`runs ${JSON.stringify(command)} on the other end, as ssh would have`, () => {
      const before = ["-vp", "22", "-i", "/key file", "user@host"]
      assert.deepStrictEqual(wrapped([...before, ...command]), { before, command: command.join(" ") })
    })
  }

  const split: ReadonlyArray<readonly [before: Array<string>, command: Array<string>]> = [
    [["host"], ["cmd", "-p", "9"]],
    [["host", "-p", "2222"], ["cmd"]],
    [
      ["host", "-p2222", "-4"],
      ["cmd", "host"]
    ],
    [
      ["-p", "1", "host", "-l", "me", "-v"],
      ["cmd", "-l", "x"]
    ],
    [["host", "-vTp", "3"], ["cmd"]],
    [
      ["host", "-o", "Port=5", "--"],
      ["-p", "7"]
    ],
    [["host", "--"], ["cmd"]],
    [
      ["-l", "me", "--", "host"],
      ["-p", "7"]
    ],
    [["--", "host"], ["cmd"]],
    [
      ["-p", "4", "u@host", "-i", "/k"],
      ["host", "--", "-p", "7"]
    ]
  ]
  it.each(split)("takes %j for what stands before the command %j, as ssh does", (before, command) => {
    assert.deepStrictEqual(wrapped([...before, ...command]), { before, command: command.join(" ") })
    assert.strictEqual(settings(before), settings([...before, ...command]))
    // Before the command is all that still takes an option.
    const mark = ["-o", "ServerAliveInterval=77"]
    const open = !before.includes("--")
    assert.strictEqual(settings([...before, ...mark]).includes("serveraliveinterval 77"), open)
    assert.notInclude(settings([...before, ...command, ...mark]), "serveraliveinterval 77")
  })

  it("writes down where it is let in as ssh itself reads it", () => {
    run(["-p", "2222", "me@host", "-J", "jump", "x"])
    const place = readFileSync(`${dir}/place`, "utf8").split("\n")
    for (const line of ["user me", "hostname host", "port 2222", "proxyjump jump"]) assert.include(place, line)
    const all = settings(["-p", "2222", "-J", "jump", "me@host"])
    assert.deepStrictEqual(
      place.filter((line) => !all.includes(`${line}\n`)),
      []
    )
  })

  it("says so when there is no ssh at all", () => {
    const { status, stderr } = spawnSync(join(root, "agents/bin/ssh"), ["h", "x"], {
      encoding: "utf8",
      env: { PATH: join(root, "agents/bin") }
    })
    assert.deepStrictEqual([status, stderr.includes("ssh is not installed")], [127, true])
  })
})
