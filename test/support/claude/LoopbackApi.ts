/**
 * A Messages API on 127.0.0.1 for the real CLI to talk to. Tests wait for a request with `waitFor` instead of sleeping;
 * what it answers is scripted by markers in the prompt (loopbackScript.ts). `GET /bell/<anything>` is recorded too, so
 * a command run by the CLI can tell a test that it has started: see `ring`.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { deltasOf, errorOf, frame, messageOf, opened } from "./loopbackMessages.ts"
import { freshId, type MessagesBody, newestPrompt, type Reply, replyTo } from "./loopbackScript.ts"

export interface LoopbackRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: MessagesBody
  /** The newest words of the operator in it, byte for byte. */
  readonly prompt: string | undefined
  /** Settles when the connection is done with: true when the answer was written to its end. */
  readonly closed: Promise<boolean>
}

export interface LoopbackApi {
  readonly url: string
  readonly requests: ReadonlyArray<LoopbackRequest>
  /** The first request that fits, among those received and those to come. */
  waitFor(predicate: (request: LoopbackRequest) => boolean): Promise<LoopbackRequest>
  close(): Promise<void>
}

export const startLoopbackApi = async (): Promise<LoopbackApi> => {
  const requests: Array<LoopbackRequest> = []
  const waiting = new Set<(request: LoopbackRequest) => void>()
  const failures = new Map<string, number>()

  const server = createServer(async (incoming, response) => {
    const chunks: Array<Buffer> = []
    const closed = new Promise<boolean>((settle) => response.on("close", () => settle(response.writableFinished)))
    try {
      for await (const chunk of incoming) chunks.push(chunk)
    } catch {
      return // the client hung up while it was still speaking
    }
    const raw = Buffer.concat(chunks).toString("utf8")
    const body: MessagesBody = raw === "" ? {} : JSON.parse(raw)
    const { method = "", url = "", headers } = incoming
    const request = { method, url, headers, body, prompt: newestPrompt(body).prompt, closed }
    requests.push(request)
    for (const offer of waiting) offer(request)
    const path = url.split("?")[0] ?? ""
    if (path === "/") return void response.end()
    if (path.startsWith("/bell/")) return void response.writeHead(204).end()
    if (path === "/v1/messages/count_tokens") return json(response, 200, { input_tokens: Math.ceil(raw.length / 4) })
    if (path !== "/v1/messages") return apiError(response, 404)
    const reply = replyTo(body)
    if (reply.kind !== "status") return answer(response, body, reply)
    const key = request.prompt ?? ""
    const failed = failures.get(key) ?? 0
    if (failed >= reply.times) return answer(response, body, recovered(failed))
    failures.set(key, failed + 1)
    apiError(response, reply.code, reply)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    waitFor: (predicate) => {
      const earlier = requests.find(predicate)
      if (earlier) return Promise.resolve(earlier)
      return new Promise((settle) => {
        const offer = (request: LoopbackRequest) => {
          if (!predicate(request)) return
          waiting.delete(offer)
          settle(request)
        }
        waiting.add(offer)
      })
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
  }
}

/** Shell text that rings the bell `name` of the API at `url`, with nothing but bash. */
export const ring = (url: string, name: string) =>
  `exec 9<>/dev/tcp/127.0.0.1/${new URL(url).port}; printf 'GET /bell/${name} HTTP/1.0\\r\\n\\r\\n' >&9; exec 9>&-`

const answer = async (response: ServerResponse, body: MessagesBody, reply: Exclude<Reply, { kind: "status" }>) => {
  if (reply.kind === "hang") return
  if (reply.kind === "reset") return void response.destroy()
  if (body.stream) return stream(response, body, reply)
  // The CLI repeats a broken stream without one; what broke the stream breaks that request too.
  if (reply.kind === "message") return json(response, 200, messageOf(body, reply.blocks, reply.stop ?? "end_turn", 25))
  if (reply.end === "drop") return void response.destroy()
  if (reply.end === "error") return apiError(response, 529)
  if (reply.end === "garbage")
    return void response.writeHead(200, { "content-type": "application/json" }).end("{broken")
}

const stream = async (
  response: ServerResponse,
  body: MessagesBody,
  reply: Extract<Reply, { kind: "message" | "broken" }>
) => {
  const send = (type: string, data: object) => response.write(`event: ${type}\ndata: ${frame(type, data)}\n\n`)
  const delta = (index: number, delta: object) => send("content_block_delta", { index, delta })
  if (reply.kind === "message" && reply.lateMs) await delay(reply.lateMs)
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": freshId("req") })
  const input = reply.kind === "message" ? reply.tokens : undefined
  send("message_start", { message: messageOf(body, [], null, 1, input) })
  if (reply.kind === "broken") {
    send("content_block_start", { index: 0, content_block: { type: "text", text: "" } })
    for (let i = 0; i < reply.deltas; i++) delta(0, { type: "text_delta", text: `part${i} ` })
    if (reply.end === "error") response.end(`event: error\ndata: ${frame("error", { error: errorOf(529) })}\n\n`)
    if (reply.end === "garbage") response.end("event: content_block_delta\ndata: {broken\n\n")
    if (reply.end === "drop") response.write(": last words\n\n", () => setImmediate(() => response.destroy()))
    return
  }
  for (const [index, block] of reply.blocks.entries()) {
    send("content_block_start", { index, content_block: opened(block) })
    for (const piece of deltasOf(block, reply.pieces)) {
      if (response.destroyed) return
      delta(index, piece)
      if (reply.everyMs) await delay(reply.everyMs)
    }
    send("content_block_stop", { index })
  }
  const stop = reply.stop ?? (reply.blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn")
  send("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 25 } })
  send("message_stop", {})
  response.end()
}

const recovered = (failed: number): Extract<Reply, { kind: "message" }> => ({
  kind: "message",
  blocks: [{ type: "text", text: `Recovered after ${failed} failures.` }]
})

const apiError = (
  response: ServerResponse,
  status: number,
  { retryAfter, message }: { readonly retryAfter?: number; readonly message?: string } = {}
) => {
  if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter)
  json(response, status, { type: "error", error: errorOf(status, message) })
}

const json = (response: ServerResponse, status: number, value: object) => {
  response.writeHead(status, { "content-type": "application/json", "request-id": freshId("req") })
  response.end(JSON.stringify(value))
}
