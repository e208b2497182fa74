/** What a command of the recovery agent can do to the holders of the keys: use the keys, and not carry one away. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { openSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { under } from "../host/support/proc.ts"
import { root } from "../support/server/BreakglassServer.ts"
import { asNobody, asRoot, held, keyed, stopped, tried } from "../support/power/keyed.ts"

describe("PVE-06 with-keys as root, and a command with the server's user", { timeout: 120_000 }, () => {
  let keys: ReturnType<typeof keyed>
  beforeEach(() => {
    keys = keyed()
  })
  afterEach(() => keys.discard())

  it("it kills the ssh-agent and puts its own socket there: it cannot, and the key is held again", async () => {
    const { child, pve, target } = await keys.start(asRoot)
    await held(pve, "pve")
    const [file = "", ...args] = [...asNobody, "perl", "-", pve, "4"]
    // On stdin: the repository may be where this user cannot go.
    const swap = spawn(file, args, { stdio: [openSync(join(root, "test/deploy/swap.pl"), "r"), "pipe", "inherit"] })
    let said = ""
    swap.stdout?.on("data", (text: Buffer) => (said += text.toString()))
    const code = await new Promise((settle) => swap.on("exit", settle))
    assert.deepStrictEqual([code, said], [0, ""])
    await held(pve, "pve")
    await held(target, "target")
    await stopped(child)
  })

  it("it reaches the sockets by name, and lists, adds, renames or removes nothing beside them", async () => {
    const { child, pve } = await keys.start(asRoot)
    await held(pve, "pve")
    const place = dirname(pve)
    for (const words of [
      ["ls", place],
      ["touch", `${place}/another`],
      ["rm", "-f", pve],
      ["mv", pve, `${pve}.old`],
      ["rmdir", place],
      ["mv", place, `${place}.old`]
    ]) {
      assert.match(tried(...words).stderr, /denied|not permitted/, words.join(" "))
    }
    await held(pve, "pve")
    await stopped(child)
  })

  it("it reads neither environment nor memory nor files of what holds a key", async () => {
    const { child, pve } = await keys.start(asRoot)
    await held(pve, "pve")
    const holders = under(keys.dir).filter(({ argv }) => argv.some((word) => word.includes("ssh-add -q -")))
    assert.isAtLeast(holders.length, 4)
    for (const { pid } of holders) {
      for (const what of ["mem", "environ", "fd/0"]) {
        assert.include(tried("head", "-c1", `/proc/${pid}/${what}`).stderr, "Permission denied")
      }
      assert.notInclude(readFileSync(`/proc/${pid}/environ`, "utf8"), "secret")
    }
    await stopped(child)
  })

  it("it loads no library into what holds a key", async () => {
    const { child, pve } = await keys.start(asRoot)
    await held(pve, "pve")
    const agent = await keys.agentAt(pve)
    const libc = readFileSync("/proc/self/maps", "utf8").match(/\/\S+\/libc\.so\S*/)?.[0] ?? ""
    assert.include(tried("env", `SSH_AUTH_SOCK=${pve}`, "ssh-add", "-s", libc).stderr, "agent refused operation")
    assert.strictEqual(readFileSync(`/proc/${agent}/task/${agent}/children`, "utf8"), "")
    await stopped(child)
  })
})
