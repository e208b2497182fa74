/** Something between the page and the server: passes everything on, unless a test wants otherwise. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** True when it has answered, or means to. */
export type Rule = (asked: IncomingMessage, answer: ServerResponse) => boolean

export interface Proxy {
  readonly url: string
  /** The server behind it: another one may come to stand there. */
  target: string
  rule: Rule
  /** When each path was asked for. */
  readonly seen: ReadonlyArray<{ readonly path: string; readonly method: string; readonly at: number }>
  /** The paths of what was asked for and is not answered to its end. */
  open(): ReadonlyArray<string>
  /** Settles once so many requests for paths like this were made. */
  asked(path: RegExp, times: number): Promise<void>
  /** Cuts every connection there is now. */
  drop(): void
  close(): void
}

export const pass: Rule = () => false

export const startProxy = async (target: string): Promise<Proxy> => {
  const seen: Array<{ path: string; method: string; at: number }> = []
  const answers = new Map<ServerResponse, string>()
  let look = () => {}
  const server = createServer((asked, answer) => {
    answers.set(answer, asked.url ?? "")
    answer.on("close", () => answers.delete(answer))
    seen.push({ path: asked.url ?? "", method: asked.method ?? "", at: Date.now() })
    look()
    if (!proxy.rule(asked, answer)) forward(proxy.target, asked, answer, (chunk) => answer.write(chunk))
  })
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle))
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    rule: pass,
    seen,
    open: () => [...answers.values()],
    asked: (path, times) =>
      new Promise((settle) => {
        const before = look
        look = () => {
          before()
          if (seen.filter((each) => path.test(each.path)).length >= times) settle()
        }
        look()
      }),
    drop: () => server.closeAllConnections(),
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
  return proxy
}

/** Asks the server the same, and hands each piece of its answer to `write`. */
export const forward = (
  target: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  write: (chunk: Buffer) => void
): void => {
  const onward = request(`${target}${asked.url ?? ""}`, { method: asked.method, headers: asked.headers }, (came) => {
    answer.writeHead(came.statusCode ?? 502, came.headers)
    answer.flushHeaders()
    came.on("data", write)
    came.on("end", () => answer.end())
    came.on("error", () => answer.destroy())
  })
  onward.on("error", () => answer.destroy())
  answer.on("close", () => onward.destroy())
  asked.pipe(onward)
}
