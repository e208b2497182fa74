/**
 * A target whose processes the server cannot see, as on another machine: an sshd on loopback, and a server in a process
 * namespace of its own whose account has a ~/.ssh that is the test's.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startSshd } from "../../host/support/sshd.ts"
import { discard, ofKind, startServer } from "../server/BreakglassServer.ts"

interface Options {
  /** Shell commands that make the sshd's own mounts ready. */
  readonly inside?: (dir: string) => string
  /** The same for the server's. */
  readonly beside?: (dir: string) => string
  readonly env?: (dir: string) => Record<string, string>
}

export const startFar = async ({ inside = () => ":", beside = () => ":", env = () => ({}) }: Options = {}) => {
  const dir = mkdtempSync(join(tmpdir(), "breakglass-far-"))
  const account = `${dir}/account`
  // A login that is not root's reads its authorized keys as itself.
  chmodSync(dir, 0o711)
  mkdirSync(account, { mode: 0o700 })
  const config = `AuthorizedKeysFile ${dir}/authorized\nStrictModes no\n`
  const sshd = await startSshd(dir, config, `${inside(dir)}\nexec "$@"`)
  copyFileSync(`${dir}/ssh/client.pub`, `${dir}/authorized`)
  copyFileSync(`${dir}/ssh/client`, `${account}/id_ed25519`)
  copyFileSync(`${dir}/ssh/known_hosts`, `${account}/known_hosts`)
  // The server asks at port 22, and a test has another.
  writeFileSync(`${dir}/real`, `#!/bin/sh\nexec /usr/bin/ssh -p ${sshd.port} "$@"\n`, { mode: 0o755 })
  // ssh looks for ~/.ssh by the account, not by HOME. The shell stays, to reap what is orphaned in there.
  const home = `mkdir -p /root/.ssh && mount --bind ${account} /root/.ssh && ${beside(dir)}`
  const server = await startServer({
    under: ["unshare", "-mpf", "--mount-proc", "--kill-child", "sh", "-c", `${home} && "$@"; exit $?`, "sh"],
    env: {
      BREAKGLASS_SSH: `${dir}/real`,
      BREAKGLASS_DEVVM_HOST: "127.0.0.1",
      BREAKGLASS_DEVVM_USER: "root",
      ...env(dir)
    }
  })
  return {
    dir,
    account,
    sshd,
    server,
    /** A turn of this command, when a process called `name` runs on the target. */
    running: async (command: string, name: string) => {
      const session = await server.session()
      await server.prompt(session, `#bash ${command}`)
      const reader = await server.attach(session)
      await reader.until(ofKind("tool"))
      // Its own process, not one of those whose words hold the name as well.
      while (named(name).length === 0) await new Promise((settle) => setImmediate(settle))
      const stop = async () => {
        await server.post(`/api/session/${session}/cancel`)
        await reader.until(ofKind("turn_end"))
        await reader.close()
        return reader.events().find((event) => event.kind === "cancelled")
      }
      return { session, reader, stop }
    },
    [Symbol.asyncDispose]: async () => {
      await discard(server)
      sshd.child.kill("SIGCONT")
      sshd.child.kill("SIGTERM")
      rmSync(dir, { recursive: true })
    }
  }
}

export type Far = Awaited<ReturnType<typeof startFar>>

/** Pids whose argv[0] is this. */
export const named = (name: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] === name
    } catch {
      return false
    }
  })
