/**
 * A Claude CLI, real or fake, spoken to in stream-json. Tests take lines until the one they wait for, and never sleep.
 * Each `line` call goes on after the line that the one before returned.
 */
import { spawn } from "node:child_process"

/** The fields tests read; a line has more, and `raw` has every line, JSON or not. */
export interface Line {
  readonly type?: string
  readonly subtype?: string
  readonly session_id?: string
  readonly is_error?: boolean
  readonly result?: string
  readonly errors?: ReadonlyArray<string>
  readonly tools?: ReadonlyArray<string>
  readonly message?: { readonly content: string | ReadonlyArray<Record<string, unknown>> }
  readonly event?: { readonly type: string; readonly delta?: { readonly type: string } }
  readonly response?: { readonly subtype: string; readonly request_id: string }
}

export interface Ended {
  readonly lines: ReadonlyArray<Line>
  readonly raw: ReadonlyArray<string>
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

export interface ClaudeProcess {
  readonly pid: number
  say(text: string): void
  interrupt(): void
  write(raw: string): void
  line(predicate: (line: Line) => boolean): Promise<Line>
  /** Ends stdin: the CLI finishes its turn, then exits. */
  end(): void
  kill(signal: NodeJS.Signals): void
  /** Settles when stderr holds this text. */
  complaint(text: string): Promise<void>
  /** Bytes written that it has not taken yet. */
  unread(): number
  /** Settles when its stdout is closed, when it has exited, and when both and all its pipes are done with. */
  readonly silent: Promise<void>
  readonly exited: Promise<void>
  readonly ended: Promise<Ended>
}

export const startClaude = (options: {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}): ClaudeProcess => {
  const child = spawn(options.file, options.args, { env: { ...options.env }, cwd: options.cwd })
  const lines: Array<Line> = []
  const raw: Array<string> = []
  let rest = ""
  let stderr = ""
  let closed = false
  let seen = 0
  let look = () => {}
  let complain = () => {}

  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const pieces = chunk.split("\n")
    rest += pieces.shift() ?? ""
    for (const piece of pieces) {
      hear(rest)
      rest = piece
    }
    look()
  })
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk
    complain()
  })
  child.stdin.on("error", () => {}) // it exited before it read everything; `ended` says how
  const silent = new Promise<void>((settle) => child.stdout.on("end", settle))
  const exited = new Promise<void>((settle) => child.on("exit", () => settle()))
  const ended = new Promise<Ended>((settle, fail) => {
    child.on("error", fail)
    child.on("close", (code, signal) => {
      if (rest !== "") hear(rest)
      closed = true
      look()
      settle({ lines, raw, code, signal, stderr })
    })
  })

  const hear = (text: string) => {
    raw.push(text)
    const line = parse(text)
    if (line !== undefined) lines.push(line)
  }
  const write = (text: string) => void child.stdin.write(text)

  return {
    pid: child.pid ?? 0,
    say: (text) =>
      write(`${JSON.stringify({ type: "user", message: { role: "user", content: [{ type: "text", text }] } })}\n`),
    interrupt: () => write('{"type":"control_request","request_id":"stop","request":{"subtype":"interrupt"}}\n'),
    write,
    line: (predicate) =>
      new Promise((settle, fail) => {
        look = () => {
          for (; seen < lines.length; seen++) {
            const line = lines[seen]
            if (line === undefined || !predicate(line)) continue
            seen++
            look = () => {}
            return settle(line)
          }
          if (closed) fail(new Error(`claude ended before the line came: ${stderr.slice(-500)}`))
        }
        look()
      }),
    end: () => void child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    complaint: (text) =>
      new Promise((settle) => {
        complain = () => {
          if (stderr.includes(text)) settle()
        }
        complain()
      }),
    unread: () => child.stdin.writableLength,
    silent,
    exited,
    ended
  }
}

const parse = (text: string): Line | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
