/** HTTP as bytes: headers that fetch would not send, twice or in any spelling. */
import { connect } from "node:net"

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends one request and reads until the server closes. `headers` are lines, as they stand. */
export const raw = (
  url: string,
  request: {
    readonly line: string
    readonly headers?: ReadonlyArray<string>
    readonly body?: string
    /** The address it comes from, where it is to be somebody else. */
    readonly from?: string
  }
): Promise<RawAnswer> =>
  new Promise((settle, fail) => {
    const { hostname, port, host } = new URL(url)
    const body = request.body ?? ""
    const lines = request.headers ?? []
    const named = lines.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`]
    const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
    const socket = connect({
      port: Number(port),
      host: hostname,
      ...(request.from === undefined ? {} : { localAddress: request.from })
    })
    let text = ""
    socket.on("error", fail)
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk))
    socket.on("close", () => settle(parse(text)))
    socket.write(
      `${request.line} HTTP/1.1\r\n${[...named, ...lines, ...length, "Connection: close"].join("\r\n")}\r\n\r\n${body}`,
      "latin1"
    )
  })

/** Sends these bytes and nothing else; everything that came back by the time the server closed. */
export const bytes = (url: string, ...pieces: ReadonlyArray<string>): Promise<string> =>
  new Promise((settle) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let text = ""
    // A refusal may come before all was sent: what was said then counts, not the broken pipe.
    socket.on("error", () => {})
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk))
    socket.on("close", () => settle(text))
    for (const piece of pieces) socket.write(piece, "latin1")
  })

export const parse = (text: string): RawAnswer => {
  const end = text.indexOf("\r\n\r\n")
  const [status = "", ...lines] = text.slice(0, end).split("\r\n")
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
  )
  return { status: Number(status.split(" ")[1]), headers, body: text.slice(end + 4) }
}
