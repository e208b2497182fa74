/**
 * `deploy/with-keys` begun over keys of its own, with a program that says what it is and what it may, and then waits. What
 * it runs is in the program's child, as the recovery agent's commands are in the server's.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually, sweep, under } from "../../host/support/proc.ts"
import { root } from "../server/BreakglassServer.ts"

export const nobody = 65534
export const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"]
/** Root as in a container with two capabilities and no way to more. */
export const asRoot = ["setpriv", "--bounding-set=-all,+setuid,+setgid", "--no-new-privs", "--"]

/** A command as the recovery agent could run it, beside the server. */
export const tried = (...words: ReadonlyArray<string>) => {
  const [file = "", ...args] = [...asNobody, ...words]
  return spawnSync(file, args, { encoding: "utf8" })
}

export const keyed = () => {
  const dir = mkdtempSync(join(tmpdir(), "breakglass-with-keys-"))
  chmodSync(dir, 0o755)
  mkdirSync(`${dir}/keys`, { mode: 0o700 })
  mkdirSync(`${dir}/tmp`)
  chmodSync(`${dir}/tmp`, 0o1777)
  // Where any user can run it, wherever the repository is.
  for (const file of ["with-keys", "become.mjs"]) copyFileSync(join(root, "deploy", file), `${dir}/${file}`)
  for (const key of ["target", "pve"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", `${dir}/keys/${key}`])
  }
  const facts = [
    '"$PPID"',
    '"$(id -u):$(id -g):$(id -G)"',
    `"$(sed -n 's/^CapEff:.//p' /proc/self/status)"`,
    '"$(ulimit -Hc)"',
    '"${SSH_AUTH_SOCK-none}"',
    '"${BREAKGLASS_PVE_AUTH_SOCK-none}"',
    `"$(cat ${dir}/keys/pve 2>&1)"`
  ]
  writeFileSync(
    `${dir}/child`,
    `trap 'kill $!; exit 7' TERM\ntail -f ${dir}/child >/dev/null &\nprintf '%s|' ${facts.join(" ")}\nwait\n`
  )
  writeFileSync(
    `${dir}/program.mjs`,
    `import { spawn } from "node:child_process"
    const child = spawn("sh", ["${dir}/child"], { stdio: "inherit" })
    process.on("SIGTERM", () => child.kill())
    child.on("exit", (code) => process.exit(code))`
  )

  // What ssh-add asks for a password.
  writeFileSync(`${dir}/word`, "#!/bin/sh\necho word\n", { mode: 0o755 })

  const start = async (by: ReadonlyArray<string>, env: Record<string, string> = {}, node = process.execPath) => {
    const [file = "", ...args] = [...by, `${dir}/with-keys`, `${nobody}`, `${dir}/keys`, node, `${dir}/program.mjs`]
    const child = spawn(file, args, {
      env: { PATH: process.env["PATH"], TMPDIR: `${dir}/tmp`, A_SECRET: "secret", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    let stderr = ""
    child.stdout.on("data", (text: Buffer) => (said += text.toString()))
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()))
    await eventually("the program has spoken", () => said.split("|").length === facts.length + 1)
    const [pid, ids, capabilities, core, target = "", pve = "", file_ = ""] = said.split("|")
    return { child, pid: Number(pid), ids, capabilities, core, target, pve, file: file_, stderr: () => stderr }
  }
  const agents = () => under(dir).filter(({ exe }) => exe.endsWith("/ssh-agent"))
  return {
    dir,
    start,
    agents,
    agentAt: (socket: string) =>
      eventually("an agent listens", () => agents().find(({ argv }) => argv.includes(socket))?.pid),
    discard: async () => {
      await sweep(dir)
      rmSync(dir, { recursive: true })
    }
  }
}

export const stopped = (child: ChildProcess) =>
  new Promise<number | null>((settle) => {
    child.once("exit", settle)
    child.kill("SIGTERM")
  })

/** Comments of the keys that the agent at this socket holds. */
export const holds = (socket: string) =>
  tried("env", `SSH_AUTH_SOCK=${socket}`, "ssh-add", "-l")
    .stdout.split("\n")
    .flatMap((line) => line.match(/(?<=^256 \S+ )\S+/) ?? [])
    .join()

export const held = (socket: string, keys: string) => eventually(`${keys} is held`, () => holds(socket) === keys)
