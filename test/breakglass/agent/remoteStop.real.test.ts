/** SSH-03: what Stop ends on the target, and what it says of it. A real sshd, whose processes the server cannot see. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll } from "vitest"
import { root } from "../../support/server/BreakglassServer.ts"
import { type Far, named, startFar } from "../../support/power/farTarget.ts"
import { nobodys } from "../../support/server/processes.ts"

/** Makes a login of the target's that is not root, and may become it. */
const rescue = [
  "mkdir -p DIR/over/up DIR/over/work",
  "mount -t overlay overlay -o lowerdir=/etc,upperdir=DIR/over/up,workdir=DIR/over/work /etc",
  "useradd --home-dir / --shell /bin/bash rescue",
  "usermod -p '*' rescue",
  "echo 'rescue ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/rescue"
]

describe("SSH-03 Stop", { timeout: 60_000 }, () => {
  let far: Far
  beforeAll(async () => {
    far = await startFar({ inside: (dir) => rescue.join("\n").replaceAll("DIR", dir) })
  }, 60_000)
  afterAll(() => far[Symbol.asyncDispose]())
  afterEach(() => {
    for (const name of ["far", "over"]) for (const pid of named(name)) process.kill(Number(pid), "SIGKILL")
  })
  const to = (place = "127.0.0.1") => `-p ${far.sshd.port} ${place}`
  /** Local, and there when all before it has been done. */
  const over = "exec -a over sleep 300"
  const sleep = "exec -a far sleep 300"
  /** It is killed here when its command runs there, as `timeout` does it. */
  const killed = () => {
    const flag = `${far.dir}/flag`
    return `ssh ${to()} 'touch ${flag}; ${sleep}' & until [ -e ${flag} ]; do sleep 0.05; done; kill -9 $!; ${over}`
  }

  const ended: ReadonlyArray<readonly [what: string, command: () => string, name: string]> = [
    ["a command", () => `ssh ${to()} '${sleep}'`, "far"],
    [
      "a command after an option that stands behind the destination",
      () => `ssh 127.0.0.1 -p ${far.sshd.port} '${sleep}'`,
      "far"
    ],
    ["a script that ssh reads", () => `echo '${sleep}' | ssh ${to()}`, "far"],
    [
      "a place that only a configuration of the turn's own knows",
      () => `ssh -F ${far.account}/own alias '${sleep}'`,
      "far"
    ],
    ["a command whose ssh here was killed before", killed, "over"],
    ["root's, under sudo", () => `ssh ${to("rescue@127.0.0.1")} 'sudo -n bash -c "${sleep}"; true'`, "far"],
    ["one of two, where the other has ended", () => `ssh ${to()} true; ssh ${to()} '${sleep}'`, "far"]
  ]
  it.each(ended)("ends %s, and says so", async (_, command, name) => {
    writeFileSync(`${far.account}/own`, `Host alias\nHostName 127.0.0.1\nPort ${far.sshd.port}\n`, { mode: 0o600 })
    const { stop } = await far.running(command(), name)
    assert.strictEqual(named("far").length, 1)
    assert.deepInclude(await stop(), { left: 0, remote: "ended" })
    assert.deepStrictEqual(named("far"), [])
  })

  const none: ReadonlyArray<readonly [what: string, command: () => string]> = [
    ["without any ssh", () => over],
    ["whose ssh was let in nowhere", () => `ssh -p ${nobodys} 127.0.0.1 true; ${over}`],
    ["whose ssh is a tunnel", () => `ssh -N ${to()} & ${over}`]
  ]
  it.each(none)("says none of a turn %s", async (_, command) => {
    const { stop } = await far.running(command(), "over")
    assert.deepInclude(await stop(), { left: 0, remote: "none" })
  })

  const unknown: ReadonlyArray<readonly [what: string, command: () => string]> = [
    ["another ssh than the agent's", () => `/usr/bin/ssh ${to()} '${sleep}'`],
    ["another ssh, and the agent's to the same place", () => `ssh ${to()} true; /usr/bin/ssh ${to()} '${sleep}'`],
    ["a way there that the server does not go", () => `ssh -o ProxyCommand='ssh -W %h:%p ${to()}' ${to()} '${sleep}'`]
  ]
  it.each(unknown)("says unknown of a command begun by %s", async (_, command) => {
    const { stop } = await far.running(command(), "far")
    assert.deepInclude(await stop(), { left: 0, remote: "unknown" })
  })

  it("says unknown of root's command where it may not become root", async () => {
    const { stop } = await far.running(`ssh ${to("rescue@127.0.0.1")} 'sudo -n bash -c "${sleep}"; true'`, "far")
    const [sshd = 0] = [far.sshd.child.pid]
    execFileSync("nsenter", ["-m", "-t", String(sshd), "rm", "/etc/sudoers.d/rescue"])
    assert.deepInclude(await stop(), { left: 0, remote: "unknown" })
    assert.strictEqual(named("far").length, 1)
  })

  it("says unknown when the target does not answer, and the local half is ended all the same", async () => {
    const { stop } = await far.running(`ssh ${to()} '${sleep}'`, "far")
    far.sshd.child.kill("SIGSTOP")
    const said = await stop()
    far.sshd.child.kill("SIGCONT")
    assert.deepInclude(said, { left: 0, remote: "unknown" })
  })
})

describe("SSH-03 where the target has a systemd", () => {
  it("ends what is in the scope of this turn, whatever its environment and session, and nothing else", () => {
    const turn = "00000000-0000-4000-8000-000000000001"
    const dir = mkdtempSync(join(tmpdir(), "breakglass-scope-"))
    mkdirSync(`${dir}/cgroup`)
    // A process of each scope, of which nothing but the scope says whose it is.
    const script = `mount -t cgroup2 none ${dir}/cgroup && cd ${dir}/cgroup
      for name in ${turn}-7 other-7; do
        mkdir breakglass-$name.scope
        sh -c 'echo $$ >breakglass-$1.scope/cgroup.procs; exec setsid env -i sleep 300' sh $name &
      done
      until [ "$(cat breakglass-${turn}-7.scope/cgroup.procs)" ] && [ "$(cat breakglass-other-7.scope/cgroup.procs)" ]; do :; done
      sh ${root}/agents/stop-remote.sh ${turn}
      cat breakglass-${turn}-7.scope/cgroup.procs
      echo others: $(cat breakglass-other-7.scope/cgroup.procs | wc -l)
      kill -9 $(cat breakglass-*.scope/cgroup.procs)
      wait
      rmdir breakglass-*.scope`
    const said = execFileSync("unshare", ["-m", "sh", "-c", script], { encoding: "utf8" })
    rmSync(dir, { recursive: true })
    assert.deepStrictEqual(said.trim().split("\n"), ["breakglass-left=0", "others: 1"])
  })
})
