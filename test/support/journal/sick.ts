/** Disks that hold a write and give no error: one that plays it, for anywhere, and a real one, where root may freeze it. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { closeSync, constants, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { named, openReader, root, type Server } from "../server/BreakglassServer.ts"

export interface Sick {
  readonly env: Readonly<Record<string, string>>
  readonly stall: () => void
  readonly letGo: () => void
  readonly forget: () => void
}

/** See `stall.mjs`. */
export const held = (): Sick => {
  const path = mkdtempSync(join(tmpdir(), "breakglass-held-"))
  const fifo = join(path, "stalled")
  let stalls = false
  return {
    env: { BREAKGLASS_SESSIONS_DIR: path, NODE_OPTIONS: `--import ${join(root, "test/support/server/stall.mjs")}` },
    stall: () => {
      execFileSync("mkfifo", [fifo])
      stalls = true
    },
    letGo: () => {
      if (!stalls) return
      stalls = false
      // Open until the name is gone: whoever is about to wait finds a writer, or nothing.
      const writer = openSync(fifo, constants.O_RDWR)
      rmSync(fifo)
      closeSync(writer)
    },
    forget: () => rmSync(path, { recursive: true })
  }
}

const mount = () => {
  const path = mkdtempSync(join(tmpdir(), "breakglass-frozen-"))
  const [image, point] = [join(path, "image"), join(path, "disk")]
  writeFileSync(image, "")
  truncateSync(image, 16 * 1024 * 1024)
  const made = spawnSync("sh", ["-c", `mkfs.ext4 -q "$1" && mkdir "$2" && mount -o loop "$1" "$2"`, "sh", image, point])
  const unmount = () => {
    spawnSync("umount", [point])
    rmSync(path, { recursive: true, force: true })
  }
  return { point, made: made.status === 0, unmount }
}

export const frozen = (): Sick => {
  const { point, made, unmount } = mount()
  if (!made) throw new Error("no file system can be made here")
  const thaw = () => spawnSync("fsfreeze", ["-u", point])
  // Whatever becomes of the test: what waits for a frozen file system cannot even be killed.
  const guard = spawn("sh", ["-c", `sleep 80; exec fsfreeze -u "$1"`, "sh", point], { stdio: "ignore", detached: true })
  guard.unref()
  return {
    env: { BREAKGLASS_SESSIONS_DIR: point },
    stall: () => void execFileSync("fsfreeze", ["-f", point]),
    letGo: thaw,
    forget: () => {
      thaw()
      if (guard.pid !== undefined) process.kill(-guard.pid, "SIGKILL")
      unmount()
    }
  }
}

/** Why no file system can be frozen here, if it is for want of these; whatever else is in the way fails the test. */
export const cannotFreeze: string | null =
  process.getuid?.() !== 0 ? "not root" : spawnSync("losetup", ["-f"]).status !== 0 ? "no loop device" : null

/** Notes what it is told, and carries it out. */
export const ssh = `
last() { for word; do :; done; echo "$word"; }
set -- $(last "$@")
echo "$1 $2" >> "$HOME/sent"
[ "$1" != cycle ] || echo "breakglass-phase op=$2 stopping"
echo "breakglass-evidence op=$2 state=running pid=9 uptime=0"
echo "breakglass-result op=$2 verb=$1 rc=0 vm=running secs=1"`

export const whole = async (stream: Response) => {
  const reader = openReader(stream)
  await reader.until(named("caught-up"))
  await reader.close()
  return reader.events()
}
export const log = async (server: Server, session: string) =>
  whole(await server.request(`/api/session/${session}/stream?poll=1`))
export const ids = (events: ReadonlyArray<{ readonly id: number }>) => events.map(({ id }) => id)
export const ready = async (server: Server) => (await fetch(`${server.url}/ready`)).status
