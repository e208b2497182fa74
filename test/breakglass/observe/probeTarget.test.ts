/** What is seen of a target that answers: a stalled disk is named, and a refusal is shown in ssh's own words. */
import { assert, describe, it } from "@effect/vitest"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll } from "vitest"
import type { Check } from "../../../src/contract/breakglass/Api.ts"
import type { Status } from "../../../src/contract/Power.ts"
import { startSshd } from "../../host/support/sshd.ts"
import { type Reader, root } from "../../support/server/BreakglassServer.ts"
import { startPower, statusOf } from "../../support/power/powerBench.ts"
import { cannotFreeze, frozen } from "../../support/journal/sick.ts"

/** Not the host's, which is 127.0.0.1: the shim tells them apart by it. */
const address = "127.0.0.2"

/** A target whose /etc is on a disk of its own, and a server that watches it. */
const startInside = async () => {
  const disk = frozen()
  const point = disk.env["BREAKGLASS_SESSIONS_DIR"] ?? ""
  const dir = mkdtempSync(join(tmpdir(), "breakglass-inside-"))
  const etc = ["passwd", "group", "shadow", "nsswitch.conf", "ld.so.cache", "login.defs", "localtime"]
  const inside = [
    ...etc.map((file) => `[ ! -e /etc/${file} ] || cp -L /etc/${file} ${point}/`),
    `sync; mount --bind ${point} /etc; exec "$@"`
  ]
  const sshd = await startSshd(dir, `AuthorizedKeysFile ${dir}/authorized\nStrictModes no\n`, inside.join("\n"))
  copyFileSync(`${dir}/ssh/client.pub`, `${dir}/authorized`)
  // Port 22 of the target: it passes on, or is a MaxStartups that is reached.
  let full = false
  const door = createServer((socket): void => {
    socket.on("error", () => {})
    if (full) return void socket.end("Exceeded MaxStartups\r\n")
    const to = connect(sshd.port, "127.0.0.1")
    to.on("error", () => {})
    socket.pipe(to).pipe(socket)
  })
  await new Promise<void>((settle) => door.listen(0, address, settle))
  const { port } = door.address() as AddressInfo
  const preload = `--import ${pathToFileURL(join(root, "test/support/server/port22.mjs")).href}?is=${port}`
  const power = await startPower({
    env: { BREAKGLASS_DEVVM_HOST: address, BREAKGLASS_DEVVM_USER: "root", NODE_OPTIONS: preload }
  })
  const login = `-i ${dir}/ssh/client -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null`
  power.shim.toTarget(login)
  power.shim.forTarget(address, port)
  const reader = await power.watch()
  return {
    disk,
    dir,
    sshd,
    power,
    reader,
    login,
    point,
    fill: (yes: boolean) => (full = yes),
    [Symbol.asyncDispose]: async () => {
      disk.letGo()
      await reader.close()
      await power[Symbol.asyncDispose]()
      sshd.child.kill()
      door.close()
      disk.forget()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

/** The next that fits, of those that were looked at after now. */
const next = async (reader: Reader, fits: (status: Status) => boolean = () => true): Promise<Status> => {
  const from = new Date().toISOString()
  const found = await reader.until((frame) => {
    const status = statusOf(frame)
    return status !== undefined && status.observed_at > from && fits(status)
  })
  return JSON.parse(found.data) as Status
}
const probe = (status: Status, name: string) => status.probes.find((each) => each.probe === name)

describe.skipIf(cannotFreeze !== null)("a target that answers", { timeout: 90_000 }, () => {
  let target: Awaited<ReturnType<typeof startInside>>
  let reader: Reader
  beforeAll(async () => {
    target = await startInside()
    reader = target.reader
  }, 60_000)
  afterAll(() => target[Symbol.asyncDispose]())

  it("is healthy when its disk answered as well, and says that this is what was looked at", async () => {
    const status = await next(reader, ({ pattern }) => pattern !== "unknown")
    assert.deepInclude(status, { pattern: "healthy" }, JSON.stringify(status))
    assert.match(status.text, /^Answers over ssh\. Its disk (answers as well|could not be checked)\. Whether/)
    assert.include(["ok", "not measured"], probe(status, "disk")?.state)
  })

  it("is disk_stalled while its disk takes nothing, for as long as that lasts, and healthy after; one command hangs there", async () => {
    target.disk.stall()
    const first = await next(reader, ({ pattern }) => pattern === "disk_stalled")
    assert.match(
      first.text,
      /^Answers over ssh, but its disk has stalled: a change to its file system was not answered in \d+ s/
    )
    assert.match(first.text, /A cycle is the cure\.$/)
    assert.strictEqual(probe(first, "ssh")?.state, "ok")
    for (const _ of [1, 2]) {
      const later = await next(reader)
      assert.strictEqual(later.pattern, "disk_stalled")
      assert.isAbove(probe(later, "disk")?.took_ms ?? 0, probe(first, "disk")?.took_ms ?? 0)
    }
    const { checks } = (await (await target.power.server.request("/api/doctor")).json()) as {
      checks: ReadonlyArray<Check>
    }
    const check = checks.find(({ name }) => name === "target over ssh")
    assert.isFalse(check?.ok)
    assert.match(check?.detail ?? "", /its disk does not answer: a change to its file system/)
    assert.lengthOf(hanging(), 1)
    target.disk.letGo()
    assert.strictEqual((await next(reader, ({ pattern }) => pattern !== "disk_stalled")).pattern, "healthy")
    assert.lengthOf(hanging(), 0)
  })

  it.each([
    ["no kind of host key in common", "-o HostKeyAlgorithms=rsa-sha2-512", "no matching host key type found"],
    ["an option that ssh does not know", "-o Nonsense=yes", "Bad configuration option: nonsense"]
  ])("and refuses us for %s is unknown, in ssh's own words, and not short of memory", async (_, extra, words) => {
    target.power.shim.toTarget(`${extra} ${target.login}`)
    const status = await next(reader, ({ text }) => text.includes(words))
    assert.strictEqual(status.pattern, "unknown")
    assert.match(status.text, /^The VM answers at its ssh port, but ssh does not get in\. ssh says: /)
    target.power.shim.toTarget(target.login)
  })

  it("and whose shell refuses is unknown, in the shell's words", async () => {
    const passwd = `${target.point}/passwd`
    const before = readFileSync(passwd, "utf8")
    writeFileSync(passwd, before.replace(/^(root:.*:)[^:]*$/m, "$1/usr/sbin/nologin"))
    const status = await next(reader, ({ text }) => text.includes("not available"))
    assert.deepInclude(status, { pattern: "unknown" })
    assert.strictEqual(probe(status, "ssh")?.state, "failed")
    writeFileSync(passwd, before)
  })

  it("and takes no more connections is unknown: it is neither stalled nor short of memory", async () => {
    target.fill(true)
    const status = await next(reader, (status) => probe(status, "tcp22")?.state === "not ssh")
    assert.strictEqual(status.pattern, "unknown")
    target.fill(false)
    assert.strictEqual((await next(reader, ({ pattern }) => pattern !== "unknown")).pattern, "healthy")
  })
})

/** What waits for the disk on the target. */
const hanging = (): ReadonlyArray<string> =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === "mkdir\0/etc/passwd\0"
    } catch {
      return false
    }
  })
