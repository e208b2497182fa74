import { assert, describe, it } from "@effect/vitest"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { end, eventually } from "./support/proc.ts"
import { hexPort, makeRig, type Rig, shells } from "./support/rig.ts"
import { freePort, run } from "./support/sshd.ts"

const steady = (stdout: string) => stdout.replace(/uptime=\d+|secs=\d+/g, "")

/** What a forwarded port lets through: the banner of the sshd behind it, if it does. */
const through = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let heard = ""
    const socket = connect(port, "127.0.0.1")
    socket.on("data", (chunk) => socket.end((heard += chunk.toString())))
    socket.on("error", () => resolve(heard))
    socket.on("close", () => resolve(heard))
  })

const local = async (rig: Rig, flag: string, greeting?: Buffer): Promise<string> => {
  let pid: number | undefined
  const port = await freePort()
  const spec = flag === "-D" ? `${port}` : `${port}:127.0.0.1:${rig.port}`
  const client = run("ssh", [...rig.args.slice(0, -1), "-N", flag, spec, "root@127.0.0.1"], {
    started: (child) => (pid = child.pid)
  })
  await eventually("the client listens", () => existsSync(`/proc/${pid}`) && listens(port), 20)
  const heard = greeting === undefined ? await through(port) : await socks(port, greeting)
  if (pid !== undefined) end(pid)
  await client
  return heard
}

const listens = (port: number) => readFileSync("/proc/net/tcp", "utf8").includes(`0100007F:${hexPort(port)} 00000000`)

const socks = (port: number, greeting: Buffer): Promise<string> =>
  new Promise((resolve) => {
    let heard = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(greeting))
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1")
      if (heard.includes("SSH-2.0")) socket.end()
    })
    socket.on("error", () => resolve(heard))
    socket.on("close", () => resolve(heard))
  })

describe.each(shells)("the rescue key's door under %s", { timeout: 120_000, concurrent: true }, (shell) => {
  it("HOST-15 the key forwards nothing, has no terminal, and no environment of its own reaches the script", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const evil = `touch ${rig.dir}/evil`
    writeFileSync(`${rig.dir}/evil.sh`, `${evil}\n`)
    mkdirSync(`${rig.dir}/home/.ssh`, { recursive: true })
    writeFileSync(`${rig.dir}/home/.ssh/rc`, `${evil}\n`)
    const keys = rig.read("etc/authorized_keys")
    writeFileSync(
      `${rig.dir}/etc/authorized_keys`,
      keys.replace("restrict,", `restrict,environment="BASH_ENV=${rig.dir}/evil.sh",`)
    )
    const golden = steady((await rig.ssh("status")).stdout)
    assert.match(golden, /^status: running\n/)

    const plain = rig.args.slice(0, -1)
    for (const extra of [["-A"], ["-X"], ["-t"], ["-R", "0:127.0.0.1:1"]]) {
      const answer = await run("ssh", [...plain, ...extra, "root@127.0.0.1", "status"])
      assert.strictEqual(steady(answer.stdout), golden, extra.join(" "))
    }
    const forced = await run("ssh", [...plain, "-tt", "root@127.0.0.1", "status"])
    assert.include(["", golden], steady(forced.stdout))
    const env = { ...process.env, LC_ALL: "xx", LANG: "xx", BASH_ENV: `${rig.dir}/evil.sh`, ENV: `${rig.dir}/evil.sh` }
    const send = ["LC_ALL", "LANG", "BASH_ENV", "ENV"].flatMap((name) => ["-o", `SendEnv=${name}`])
    const answer = await run("ssh", [...plain, ...send, "root@127.0.0.1", "status"], { env })
    assert.strictEqual(steady(answer.stdout), golden)

    const strict = ["-o", "ExitOnForwardFailure=yes", "root@127.0.0.1", "status"]
    assert.strictEqual((await run("ssh", [...plain, "-R", "0:127.0.0.1:1", ...strict])).code, 255)
    assert.strictEqual((await run("ssh", [...plain, "-w", "any:any", ...strict])).code, 255)
    assert.notInclude(await local(rig, "-L"), "SSH-2.0")
    const port = Buffer.from([rig.port >> 8, rig.port & 255])
    const toSshd = Buffer.concat([Buffer.from([4, 1]), port, Buffer.from([127, 0, 0, 1, 0])])
    assert.notInclude(await local(rig, "-D", toSshd), "SSH-2.0")
    assert.isFalse(existsSync(`${rig.dir}/evil`))
  })

  it("HOST-15 another address, another key and a password find no door", async () => {
    await using rig = await makeRig({ shell })
    const keys = rig.read("etc/authorized_keys")
    writeFileSync(`${rig.dir}/etc/authorized_keys`, keys.replaceAll("127.0.0.1", "192.0.2.99"))
    assert.strictEqual((await rig.ssh("status")).code, 255)
    writeFileSync(`${rig.dir}/etc/authorized_keys`, keys)
    assert.strictEqual((await rig.ssh("status")).code, 0)
    const stranger = rig.args.map((word) => (word === `${rig.dir}/ssh/client` ? `${rig.dir}/ssh/host` : word))
    assert.strictEqual((await run("ssh", [...stranger, "status"])).code, 255)
  })

  it("HOST-14 sixty at once are all answered", async () => {
    await using rig = await makeRig({ shell })
    await rig.startVm()
    const answers = await Promise.all(Array.from({ length: 60 }, () => rig.ssh("status")))
    assert.deepStrictEqual(
      answers.map(({ code }) => code),
      answers.map(() => 0)
    )
  })
})
