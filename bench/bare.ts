/**
 * What a server could cost at least: the routes the bench asks for over node:http and nothing else. A line of the CLI
 * becomes one buffer, and each read of its output one write to every reader. It keeps nothing on disk, bounds nothing,
 * redacts nothing and stops nothing: not for use.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdirSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { join } from "node:path"

const { PORT, API_BEARER_TOKEN, BREAKGLASS_SESSIONS_DIR = "", BREAKGLASS_CLAUDE = "claude" } = process.env

class Session {
  readonly id = randomUUID()
  readonly log: Array<Buffer> = []
  readonly readers = new Set<ServerResponse>()
  #batch: Array<Buffer> = []
  #turns = 0

  add(event: object) {
    const id = this.log.length
    const frame = Buffer.from(`id: ${id}\ndata: ${JSON.stringify({ ...event, id })}\n\n`)
    this.log.push(frame)
    this.#batch.push(frame)
  }

  flush() {
    const all = Buffer.concat(this.#batch)
    this.#batch = []
    for (const reader of this.readers) reader.write(all)
  }

  run(prompt: string) {
    const cwd = join(BREAKGLASS_SESSIONS_DIR, this.id)
    mkdirSync(cwd, { recursive: true })
    const conversation = [this.#turns++ === 0 ? "--session-id" : "--resume", this.id]
    const streams = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
    const cli = spawn(BREAKGLASS_CLAUDE, ["-p", ...streams, "--model", "sonnet", ...conversation], { cwd })
    cli.stdin.end(`${JSON.stringify({ type: "user", message: { role: "user", content: prompt } })}\n`)
    cli.stderr.resume()
    let rest = ""
    cli.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) for (const event of eventsOf(JSON.parse(line))) this.add(event)
      this.flush()
    })
    cli.on("close", () => {
      this.add({ kind: "turn_end" })
      this.flush()
    })
  }
}

interface Line {
  readonly type: string
  readonly subtype?: string
  readonly session_id?: string
  readonly result?: string
  readonly message?: { readonly content: ReadonlyArray<Record<string, unknown>> }
}

const eventsOf = (line: Line): ReadonlyArray<object> => {
  if (line.type === "system" && line.subtype === "init") return [{ kind: "session", session_id: line.session_id }]
  if (line.type === "result") return [{ kind: "result", result: line.result }]
  const blocks = line.type === "assistant" || line.type === "user" ? line.message?.content : undefined
  return (blocks ?? []).map((block) => ({ ...block, kind: block["type"] }))
}

const sessions = new Map<string, Session>()
const caughtUp = Buffer.from("event: caught-up\ndata: {}\n\n")

const send = (response: ServerResponse, value: object) => {
  const body = JSON.stringify(value)
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
  response.writeHead(200, headers).end(body)
}

const output = async (child: ChildProcess): Promise<string> => {
  let text = ""
  for await (const part of child.stdout ?? []) text += String(part)
  return text
}

const read = async (request: IncomingMessage): Promise<{ readonly prompt: string }> => {
  let text = ""
  for await (const part of request) text += String(part)
  return JSON.parse(text)
}

const attach = (session: Session, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(Buffer.concat([...session.log, caughtUp]))
  session.readers.add(response)
  response.on("close", () => session.readers.delete(response))
}

const answer = async (request: IncomingMessage, response: ServerResponse) => {
  const [, top, kind, id = "", what] = (request.url ?? "").split("/")
  if (top === "health") return send(response, { status: "ok" })
  if (request.headers.authorization !== `Bearer ${API_BEARER_TOKEN}`) return response.writeHead(401).end()
  if (kind === "pve") return send(response, { stdout: await output(spawn("ssh", ["-T", "root@192.0.2.1", id])) })
  if (id === "") {
    const session = new Session()
    sessions.set(session.id, session)
    return send(response, { session_id: session.id })
  }
  const session = sessions.get(id)
  if (session === undefined) return response.writeHead(404).end()
  if (what === "stream") return attach(session, response)
  const { prompt } = await read(request)
  session.add({ kind: "user", text: prompt })
  session.flush()
  send(response, { status: "started" })
  // A spawn holds the loop for milliseconds: the answer goes first.
  setImmediate(() => session.run(prompt))
}

createServer((request, response) => void answer(request, response)).listen(Number(PORT), "127.0.0.1")
