/** A real sshd on a free port of 127.0.0.1 with throw-away keys, and the client the server will use. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"

export interface Answer {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Sshd {
  readonly port: number
  readonly child: ChildProcess
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))
      )
    })
  })

/** In a mount namespace of its own, made ready by the shell commands `inside`. */
export const startSshd = async (dir: string, config: string, inside: string): Promise<Sshd> => {
  mkdirSync("/run/sshd", { recursive: true })
  mkdirSync(`${dir}/ssh`, { recursive: true })
  for (const key of ["host", "client"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", `${dir}/ssh/${key}`])
  }
  let said = ""
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort()
    const [type, key] = readFileSync(`${dir}/ssh/host.pub`, "utf8").split(" ")
    writeFileSync(`${dir}/ssh/known_hosts`, `[127.0.0.1]:${port} ${type} ${key}\n`)
    const base = [`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${dir}/ssh/host`, "PidFile none", "UsePAM no"]
    writeFileSync(`${dir}/ssh/sshd_config`, `${base.join("\n")}\n${config}`)
    const command = ["/usr/sbin/sshd", "-D", "-e", "-f", `${dir}/ssh/sshd_config`]
    const child = spawn("unshare", ["-m", "sh", "-ec", inside, "sh", ...command], {
      stdio: ["ignore", "ignore", "pipe"]
    })
    const ready = await new Promise<boolean>((resolve) => {
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes("Server listening")) resolve(true)
      })
      child.once("exit", () => resolve(false))
    })
    if (ready) return { port, child }
  }
  throw new Error(`sshd does not start: ${said}`)
}

/** The options of the server's own client: nothing ambient, the pinned host key, no terminal. */
export const clientArgs = (dir: string, port: number, user = "root"): ReadonlyArray<string> => [
  ...["-F", "none", "-T", "-p", String(port), "-i", `${dir}/ssh/client`],
  ...["BatchMode=yes", "IdentitiesOnly=yes", "ConnectTimeout=20", "ServerAliveInterval=5", "ServerAliveCountMax=6"]
    .concat("StrictHostKeyChecking=yes", `UserKnownHostsFile=${dir}/ssh/known_hosts`, "GlobalKnownHostsFile=/dev/null")
    .concat("UpdateHostKeys=no", "ControlMaster=no", "IdentityAgent=none", "LogLevel=ERROR")
    // Fifty milliseconds of processor less a connection than the default; the tests make hundreds.
    .concat("KexAlgorithms=curve25519-sha256")
    .flatMap((option) => ["-o", option]),
  `${user}@127.0.0.1`
]

export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly env?: NodeJS.ProcessEnv; readonly started?: (child: ChildProcess) => void } = {}
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: options.env ?? process.env })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("latin1")))
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("latin1")))
    child.once("error", reject)
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
    options.started?.(child)
  })
