/** Nights on which the agent helps, or cannot: the real CLI, and the same VM behind it. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { realClaude } from "../support/server/BreakglassServer.ts"
import { mounted } from "../support/journal/disk.ts"
import { startLoopbackApi } from "../support/claude/LoopbackApi.ts"
import { nobodys } from "../support/server/processes.ts"
import { button, launch, message } from "../support/browser/Phone.ts"
import { cycles, isBack, play, type Player, tell } from "./player.ts"
import { startWedged, type Wedged } from "./wedged.ts"

const asks = async (player: Player, text = "The VM hangs.") => {
  await player.type(message(player.page), text)
  await player.tap(button(player.page, "Send"))
}

describe("a night", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    tell()
  })

  const night = async (
    power: Wedged,
    name: string,
    how: (player: Player) => Promise<unknown>,
    breaks?: () => unknown
  ) => {
    await play(browser, {
      name,
      url: power.server.url,
      ...(breaks && { breaks }),
      play: async (player) => {
        await how(player)
        await cycles(player)
        await isBack(player)
      }
    })
    assert.isTrue(power.isAnother())
    await power[Symbol.asyncDispose]()
  }

  it("one: the VM is wedged; the agent looks and says so, the power is cut, the VM is back", async () => {
    const api = await startLoopbackApi()
    const env = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: api.url }
    const power = await startWedged({ bin: realClaude, env })
    await night(power, "VM wedged", async (player) => {
      await asks(player, "The VM hangs. @@bash{pve status devvm}")
      await player.reads(/^Done: /)
    })
    await api.close()
  })

  it("two: the model API is down; the page says so, and what works without it", async () => {
    const env = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: `http://127.0.0.1:${nobodys}` }
    const power = await startWedged({ bin: realClaude, env })
    await night(power, "model API down", async (player) => {
      await asks(player)
      await player.reads(/VM controls work without/)
    })
  })

  it("three: the CLI is missing; the first screen says so", async () => {
    const power = await startWedged({ env: { BREAKGLASS_CLAUDE: "/nowhere/claude" } })
    await night(power, "CLI missing", (player) => player.reads(/^The agent is not installed on the server/))
  })

  it("four: the disk is full; the prompt is refused with the reason, and the buttons work", async () => {
    const disk = mounted("4m")
    const power = await startWedged({ env: { BREAKGLASS_SESSIONS_DIR: disk.path } })
    const how = async (player: Player) => {
      await asks(player)
      await player.reads(/Not sent\./)
    }
    await night(power, "disk full", how, disk.fill)
    disk.unmount()
  })

  it("five: DNS is down; the model cannot be found by name, the VM and its host by address can", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakglass-dns-"))
    writeFileSync(join(dir, "resolv.conf"), "")
    const bind = `mount --bind ${dir}/resolv.conf "$(readlink -f /etc/resolv.conf)" && exec "$@"`
    const env = { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: "https://api.model.test" }
    const power = await startWedged({ bin: realClaude, env, under: ["unshare", "-m", "sh", "-c", bind, "sh"] })
    await night(power, "DNS down", async (player) => {
      await asks(player)
      await player.reads(/VM controls work without/)
    })
    rmSync(dir, { recursive: true })
  })
})
