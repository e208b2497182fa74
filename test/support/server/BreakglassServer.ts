/**
 * The server as a real process on 127.0.0.1, in a state directory and HOME of its own, and a client for it. Tests wait for
 * a frame or an exit, never for a time.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { emptyFeed, feed, type Frame } from "../../../web/link/sse.ts"
import { type Entry, eventOf } from "../http/frames.ts"
import { dist, root, token } from "./project.ts"
import { streamed } from "../http/streamed.ts"

export * from "../http/frames.ts"
export * from "./project.ts"

/** Where the real CLI's own binary is: npm links `claude` to it. */
export const realClaude = join(root, "node_modules/.bin")
export const stateOfHome = new Map<string, string>()

export interface Options {
  /** First on PATH: the fake CLI unless another directory is named. */
  readonly bin?: string
  readonly env?: Readonly<Record<string, string>>
  /** Of a former life: its state goes on. */
  readonly home?: string
  readonly entry?: "server" | "demo"
  /** What it is started by, such as `prlimit` and its options. */
  readonly under?: ReadonlyArray<string>
}

export interface Server {
  readonly url: string
  readonly home: string
  readonly state: string
  readonly process: ChildProcess
  /** Exit code or signal. */
  readonly exited: Promise<number | string>
  readonly stderr: () => string
  readonly stdout: () => string
  request(path: string, init?: RequestInit): Promise<Response>
  post(path: string, body?: unknown): Promise<Response>
  session(): Promise<string>
  prompt(session: string, text: string, more?: Record<string, unknown>): Promise<Response>
  attach(session: string, after?: number): Promise<Reader>
  /** A turn from its prompt to its end: the events of it. */
  turn(session: string, text: string): Promise<ReadonlyArray<Entry>>
  /** SIGTERM, or as named; then its exit. */
  stop(signal?: NodeJS.Signals): Promise<number | string>
}

export const startServer = async (options: Options = {}): Promise<Server> => {
  const home = options.home ?? mkdtempSync(join(tmpdir(), "breakglass-test-"))
  const state = join(home, "state")
  stateOfHome.set(home, options.env?.["BREAKGLASS_SESSIONS_DIR"] ?? state)
  const [file = "", ...args] = [
    ...(options.under ?? []),
    process.execPath,
    dist(`${options.entry ?? "server"}/main.cjs`)
  ]
  const child = spawn(file, args, {
    cwd: home,
    env: {
      PATH: `${options.bin ?? join(root, "test/fakes")}:${realClaude}:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: home,
      LANG: "C.UTF-8",
      IS_SANDBOX: "1",
      API_BEARER_TOKEN: token,
      PORT: "0",
      BREAKGLASS_SESSIONS_DIR: state,
      ...options.env
    },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let stdout = ""
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const exited = new Promise<number | string>((settle) =>
    child.on("exit", (code, signal) => settle(signal ?? code ?? "?"))
  )
  const url = await new Promise<string>((settle, fail) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      const [, listening] = /Listening on (http:[^"]+)"/.exec(stdout) ?? []
      if (listening !== undefined) settle(listening)
    })
    void exited.then((how) => fail(new Error(`the server ended before it listened (${how}): ${stderr}`)))
  })
  const bearer = options.env?.["API_BEARER_TOKEN"] ?? token
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${bearer}`, ...headersOf(init) } })
  const post = (path: string, body?: unknown) =>
    request(path, {
      method: "POST",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
    })
  const attach = async (session: string, after?: number) =>
    openReader(
      await streamed(`${url}/api/session/${session}/stream${after === undefined ? "" : `?after=${after}`}`, bearer)
    )
  const prompt = (session: string, text: string, more: Record<string, unknown> = {}) =>
    post(`/api/session/${session}/prompt`, { prompt: text, ...more })

  return {
    url,
    home,
    state,
    process: child,
    exited,
    stdout: () => stdout,
    stderr: () => stderr,
    request,
    post,
    prompt,
    attach,
    session: async () => ((await (await post("/api/session")).json()) as { session_id: string }).session_id,
    turn: async (session, text) => {
      const row = (await (await request(`/api/session/${session}`)).json()) as { last_event_id: number | null }
      const answer = await prompt(session, text)
      if (answer.status !== 200) throw new Error(`the prompt was answered ${answer.status}: ${await answer.text()}`)
      const reader = await attach(session, row.last_event_id ?? undefined)
      await reader.until((frame) => eventOf(frame)?.kind === "turn_end")
      await reader.close()
      return reader.events()
    },
    stop: (signal = "SIGTERM") => {
      child.kill(signal)
      return exited
    }
  }
}

/** Ends the server and forgets its directories, where what it left running may still be writing. */
export const discard = async (server: Server): Promise<void> => {
  await server.stop("SIGKILL")
  rmSync(server.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

export interface Reader {
  readonly frames: ReadonlyArray<Frame>
  /** Everything received, comments too, as it came. */
  readonly text: () => string
  /** Settles with the first frame, seen or to come, that fits. */
  until(fits: (frame: Frame) => boolean): Promise<Frame>
  events(): ReadonlyArray<Entry>
  /** Settles when the server ends the stream. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

export const openReader = (response: Response): Reader => {
  if (response.status !== 200 || response.body === null) throw new Error(`the stream was answered ${response.status}`)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const frames: Array<Frame> = []
  let text = ""
  let over = false
  let look = () => {}
  const pump = async () => {
    let state = emptyFeed
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }))
      if (done || value === undefined) break
      const chunk = decoder.decode(value, { stream: true })
      text += chunk
      const [next, more] = feed(state, chunk)
      state = next
      frames.push(...more)
      look()
    }
    over = true
    look()
  }
  const ended = pump()
  return {
    frames,
    text: () => text,
    until: (fits) =>
      new Promise((settle, fail) => {
        let seen = 0
        look = () => {
          for (; seen < frames.length; seen++) {
            const frame = frames[seen]
            if (frame !== undefined && fits(frame)) return settle(frame)
          }
          if (over) fail(new Error(`the stream ended before the frame came; last: ${text.slice(-300)}`))
        }
        look()
      }),
    events: () => frames.flatMap((frame) => eventOf(frame) ?? []),
    ended,
    close: async () => {
      await reader.cancel().catch(() => {})
      await ended
    }
  }
}

/** The event a frame carries, when it is one of the log's. */
const headersOf = (init: RequestInit): Record<string, string> => Object.fromEntries(new Headers(init.headers ?? {}))
