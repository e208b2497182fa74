/** Everything a child process can do wrong. Started leftovers live 300 s at most, so a failed test cleans up by itself. */
import { execFileSync, spawn } from "node:child_process"
import { closeSync } from "node:fs"
import { write } from "./write.mjs"
import { text, wait } from "./stage.mjs"

const faultsOf = (steps) => steps.flatMap(({ name, args }) => (name === "fault" ? [args] : []))

/** What $HOME/fake-claude.txt can ask before stdin is touched. */
export function actAtOnce(steps, state) {
  for (const [kind, code] of faultsOf(steps)) {
    if (kind === "exit-before-init") process.exit(Number(code ?? 1))
    if (kind === "never-read-stdin") {
      state.deaf.add("stdin")
      stopReading()
    }
  }
}

/** Says so on stderr, so that a test knows when. */
export function stopReading() {
  write(2, "fake claude: not reading stdin\n")
  setTimeout(() => process.exit(0), 300_000)
}

export function actBeforeInit(steps, state) {
  for (const [kind, first, ...more] of faultsOf(steps)) {
    if (kind === "exit-before-init") process.exit(Number(first ?? 1))
    if (kind === "stderr") write(2, Buffer.alloc(Number(first), "e"))
    if (kind === "die-after") state.lastWords = (line) => kindsOf(line).includes(first) && die(more[0])
    if (kind === "ignore") for (const signal of [first, ...more]) state.deaf.add(signal.toUpperCase())
    if (kind === "ignore-interrupt")
      state.deaf.add("interrupt").add(first === "acked" ? "interrupt-acked" : "interrupt")
  }
}

const kindsOf = ({ type, subtype, event, message }) => {
  const block = Array.isArray(message?.content) ? message.content[0].type : undefined
  return [type, subtype, event?.type, block, event?.type === "content_block_delta" ? "delta" : undefined]
}

function die(how = "SIGKILL") {
  if (!how.startsWith("SIG")) process.exit(Number(how))
  process.removeAllListeners(how)
  process.kill(process.pid, how)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) // not one more line, however slow the signal
}

export async function fault([kind, first, second], stage) {
  const { state, signal } = stage
  if (kind === "line") return burst(stage, 1, Number(first))
  if (kind === "burst") return burst(stage, Number(first), Number(second))
  if (kind === "rubbish") return write(1, rubbish)
  if (kind === "crash-mid-line") return crash(Buffer.from('{"type":"assistant","message":{"content":[{"ty'))
  if (kind === "crash-mid-char") return crash(Buffer.from('{"type":"assistant","x":"é').subarray(0, -1))
  if (kind === "silent") return wait(Number(first) * 1000, signal)
  if (kind === "endless-line") return endless(signal)
  if (kind === "grandchild" || kind === "double-fork") return text(stage, `Left ${leave(first ?? kind)}.`)
  if (kind === "hold-stdout") {
    const holder = spawn("sleep", ["300"], { detached: true, stdio: ["ignore", "inherit", "inherit"] })
    return text(stage, `Left ${holder.pid}.`)
  }
  if (kind === "close-stdout") {
    closeSync(1)
    state.deaf.add("end")
    setTimeout(() => process.exit(0), 300_000)
    return wait(300_000, signal)
  }
}

function leave(how) {
  if (how === "double-fork") {
    const script = "sleep 300 < /dev/null > /dev/null 2>&1 & echo $!"
    return Number(execFileSync("setsid", ["-w", "/bin/bash", "-c", script], { encoding: "utf8" }))
  }
  const argv0 = how === "argv0" ? { argv0: "[kworker/0:1]" } : {}
  return spawn("sleep", ["300"], { detached: how === "setsid", stdio: "ignore", ...argv0 }).pid
}

async function burst(stage, lines, bytes) {
  for (let i = 0; i < lines; i++) {
    const words = `${i} `.padEnd(bytes, "b")
    stage.speech.open({ type: "text" }, { text: "" })
    stage.speech.close({ type: "text", text: words })
    if (i % 64 === 0) await wait(0, stage.signal)
  }
  await text(stage, "After it.")
}

async function endless(signal) {
  const piece = Buffer.alloc(65_536, "z")
  write(1, '{"type":"assistant","message":"')
  try {
    for (;;) {
      write(1, piece)
      await wait(0, signal)
    }
  } finally {
    write(1, '"}\n')
  }
}

function crash(bytes) {
  write(1, bytes)
  die()
}

/** Not JSON, JSON of the wrong shape, unknown types, deep nesting, doubled keys, U+2028, invalid UTF-8, CRLF, blanks. */
const rubbish = Buffer.concat(
  [
    ...["not json", "[1,2]", "null", "true", '"text"', "{}", "", "   ", "\r", '{"type":1}', '{"type":"nothing_known"}'],
    ...[
      '{"type":"assistant","message":"str"}',
      '{"type":"assistant","message":{"content":"str"}}',
      '{"type":"assistant"}'
    ],
    ...['{"type":"assistant","message":{"content":[null,1,{"type":"text"},{"type":"tool_use","id":7}]}}'],
    ...['{"type":"user","message":{"content":[{"type":"tool_result"}]}}', '{"type":"stream_event","event":null}'],
    ...['{"type":"system","subtype":"nothing_known"}', '{"type":"system","subtype":"api_retry","attempt":"x"}'],
    ...['{"type":"nothing_known","type":"nothing_else"}', '{"type":"nothing_known","x":"\u2028\u2029"}', "\u0000"],
    `{"type":"deep","x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
    Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x7d])
  ].flatMap((line) => [Buffer.from(line), Buffer.from("\n")])
)
