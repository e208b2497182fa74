/** The Proxmox host's pinned key: the doctor says whether the agent's commands, which run as the server's user, can change it. */
import { assert, describe, it } from "@effect/vitest"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Check } from "../../src/contract/breakglass/Api.ts"
import { startAsUnit } from "../support/server/asUnit.ts"
import { discard, root } from "../support/server/BreakglassServer.ts"
import { nobody, tried } from "../support/power/keyed.ts"

describe("PVE-06 the pinned key of the host", { timeout: 60_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), "breakglass-pinned-"))
  beforeAll(() => chmodSync(dir, 0o755))
  afterAll(() => rmSync(dir, { recursive: true }))

  const examined = async (file: string) => {
    const { server } = await startAsUnit({ BREAKGLASS_PVE_HOST: "127.0.0.1", BREAKGLASS_PVE_KNOWN_HOSTS: file })
    const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
    await server.stop()
    await discard(server)
    return checks.find(({ name }) => name === "pinned key of the host")
  }

  const placed = (name: string) => {
    mkdirSync(`${dir}/${name}`, { mode: 0o755 })
    writeFileSync(`${dir}/${name}/known_hosts`, "")
    return `${dir}/${name}/known_hosts`
  }

  it("is in order where root alone can write, in a sticky directory too", async () => {
    const file = placed("roots")
    assert.deepInclude(await examined(file), { ok: true, detail: `${file} cannot be changed by the agent's commands` })
    assert.strictEqual(tried("sh", "-c", `rm -f ${file}; mv ${dir} ${dir}-2; test -e ${file}`).status, 0)
  })

  const fault = async (file: string, place: string) => {
    const check = await examined(file)
    assert.isFalse(check?.ok)
    assert.include(check?.detail, `can change ${place}, so`)
    assert.include(check?.fix, "BREAKGLASS_PVE_KNOWN_HOSTS")
  }

  it("is not when the file is the server's own", async () => {
    const file = placed("own")
    chownSync(file, nobody, nobody)
    await fault(file, file)
  })

  it("is not when a directory above it is, as the sessions directory is", async () => {
    const file = placed("below")
    chownSync(`${dir}/below`, nobody, nobody)
    await fault(file, `${dir}/below`)
    assert.strictEqual(tried("mv", file, `${file}.old`).status, 0)
  })

  it("is not when a link leads to what can be changed", async () => {
    const file = placed("led")
    chmodSync(`${dir}/led`, 0o777)
    symlinkSync(file, `${dir}/link`)
    await fault(`${dir}/link`, `${dir}/led`)
  })

  it("is root's in the unit and the image", () => {
    const read = (path: string) => readFileSync(join(root, path), "utf8")
    assert.include(
      read("deploy/breakglass.service"),
      "\nEnvironment=BREAKGLASS_PVE_KNOWN_HOSTS=/etc/breakglass/known_hosts\n"
    )
    assert.match(read("Dockerfile"), /^ +BREAKGLASS_PVE_KNOWN_HOSTS=\/keys\/known_hosts( \\)?$/m)
  })
})
