/** A volume nobody prepared: the server comes up with its buttons and says what is wrong with it, or makes what it needs. */
import { assert, describe, it } from "@effect/vitest"
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import type { Check, Info } from "../../src/contract/breakglass/Api.ts"
import { startAsUnit } from "../support/server/asUnit.ts"
import { discard } from "../support/server/BreakglassServer.ts"
import { nobody } from "../support/power/keyed.ts"

describe("a fresh state volume", { timeout: 60_000 }, () => {
  let state: string
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "breakglass-volume-"))
    chmodSync(state, 0o755)
  })
  afterEach(() => rmSync(state, { recursive: true }))

  /** As in the image, where neither directory has been made. */
  const started = async () => {
    const { server } = await startAsUnit({ HOME: `${state}/home`, BREAKGLASS_SESSIONS_DIR: `${state}/sessions` })
    const { chat_off } = (await (await server.request("/api/info")).json()) as Info
    const { checks } = (await (await server.request("/api/doctor")).json()) as { checks: ReadonlyArray<Check> }
    const health = (await server.request("/health")).status
    await server.stop()
    await discard(server)
    return { chat_off, health, journal: checks.find(({ name }) => name === "journal") }
  }

  it("that is root's, as a careless bind mount is: the chat is off and says why, the doctor says what to do", async () => {
    const { chat_off, health, journal } = await started()
    assert.strictEqual(health, 200)
    assert.match(chat_off ?? "", /permission denied|EACCES|may not/i)
    assert.isFalse(journal?.ok)
    assert.match(journal?.fix ?? "", /sessions directory/)
  })

  it("that is the server's: what it needs is made, for it alone", async () => {
    chownSync(state, nobody, nobody)
    const { chat_off, journal } = await started()
    assert.isNull(chat_off)
    assert.isTrue(journal?.ok)
    assert.strictEqual(statSync(`${state}/sessions`).mode & 0o777, 0o700)
  })
})
