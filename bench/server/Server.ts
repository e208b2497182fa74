/** A server under measure: a process of its own, with the fakes first on its PATH and a state that goes with it. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { Agent, request } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { cpuOf, residentOf } from "./machine.ts"
import { type OnFrame, Reader } from "./Reader.ts"

const root = join(import.meta.dirname, "../..")
const token = "a-token-of-the-bench-that-is-long-enough"

export interface Started {
  readonly pid: number
  readonly port: number
  /** Milliseconds from its start to its first 200, and the seconds of processor time it used for that. */
  readonly startedIn: number
  readonly startCpu: number
  /** Seconds of processor time it has used. */
  readonly cpu: () => number
  /** Resident KiB. */
  readonly resident: () => number
  /** The text of a 200; any other answer is an error. */
  readonly call: (method: string, path: string, body?: object) => Promise<string>
  readonly session: () => Promise<string>
  readonly prompt: (session: string, prompt: string) => Promise<string>
  readonly read: (session: string, onFrame?: OnFrame) => Reader
  readonly stop: () => Promise<void>
}

/** What `npm start` runs once everything is built. */
export const ours = (): ReadonlyArray<string> => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { start: string } }
  const [, words] = /exec node (\S.*)$/.exec(scripts.start) ?? []
  if (words === undefined) throw new Error("the start script of package.json no longer ends with `exec node ...`")
  return words.split(" ")
}

export const start = async (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Started> => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-bench-"))
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      PATH: `${join(root, "bench/fakes")}:${process.env["PATH"] ?? ""}`,
      HOME: home,
      LANG: "C.UTF-8",
      IS_SANDBOX: "1",
      API_BEARER_TOKEN: token,
      PORT: String(port),
      BREAKGLASS_SESSIONS_DIR: join(home, "state"),
      BREAKGLASS_PVE_HOST: "192.0.2.1",
      ...env
    },
    stdio: ["ignore", "ignore", "pipe"]
  })
  running.add(child)
  const exited = new Promise<void>((settle) => child.on("exit", () => settle()))
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const pid = child.pid ?? 0
  const agent = new Agent({ keepAlive: true })
  const call = (method: string, path: string, body?: object) => ask(agent, port, method, path, body)
  while ((await call("GET", "/health").catch(() => null)) === null) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${stderr}`)
    await pause(2)
  }
  const startedIn = performance.now() - began
  return {
    pid,
    port,
    startedIn,
    startCpu: cpuOf(pid),
    cpu: () => cpuOf(pid),
    resident: () => residentOf(pid),
    call,
    session: async () => (JSON.parse(await call("POST", "/api/session")) as { session_id: string }).session_id,
    prompt: (session, prompt) => call("POST", `/api/session/${session}/prompt`, { prompt }),
    read: (session, onFrame) => new Reader(port, `/api/session/${session}/stream`, token, onFrame),
    stop: async () => {
      agent.destroy()
      await stop(child, exited)
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    }
  }
}

const stop = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000)
  child.kill("SIGTERM")
  await exited
  clearTimeout(late)
  running.delete(child)
}

/** However the bench ends, what it started ends with it. */
const running = new Set<ChildProcess>()
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")))
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1))

const ask = (agent: Agent, port: number, method: string, path: string, body?: object): Promise<string> =>
  new Promise((settle, fail) => {
    const data = body === undefined ? "" : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${token}`,
      "content-length": Buffer.byteLength(data),
      ...(body === undefined ? {} : { "content-type": "application/json" })
    }
    const sent = request({ agent, host: "127.0.0.1", port, method, path, headers }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (part: string) => (text += part))
      answer.on("error", fail).on("end", () => {
        if (answer.statusCode === 200) settle(text)
        else fail(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`))
      })
    })
    sent.on("error", fail).end(data)
  })

const freePort = (): Promise<number> =>
  new Promise((settle) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => settle(port))
    })
  })
