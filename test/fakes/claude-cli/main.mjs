/**
 * A fake Claude CLI 2.1.197 for stream-json input and output. It says what the real one was recorded saying and refuses what
 * the real one refuses (test/fixtures/claude; claude.test.ts holds it to them). No model: the prompt is the script.
 *
 * Each line of a prompt that starts with `#name` is a directive; all other lines are ignored. A tool call ends a message,
 * as a model's would. No directive: "Hello from the fake.". Ends with a tool: "Done: <its output>" is added.
 *
 *   #say text             a text block                           #think text       a thinking block
 *   #slow n ms            a text block of n deltas, ms apart     #recall           text: all earlier prompts of the session
 *   #type ms text         a text block in deltas of nine characters, ms apart
 *   #pace n ms text       n such blocks, ms apart by the clock
 *   #bash cmd             runs it: /bin/bash -c, own session, no stdin; its output goes to a file, as the real one's does
 *   #parallel a ;; b      the same, several calls in one message; results come in order of completion
 *   #retry n ms [status]  n api_retry lines, ms apart            #wait ms          a pause without a word
 *   #api-error status     3 api_retry lines, then the turn fails as the API's failures do: result/success, is_error
 *   #end max_turns        the turn ends as result/error_max_turns (or max_budget_usd)
 *   #again text           after the result a second turn that nobody asked for, as a finished background task starts one
 *   #stderr bytes         that much on stderr, here
 *
 *   #fault exit-before-init [code]        exits before a word
 *   #fault stderr bytes                   that much on stderr before anything on stdout
 *   #fault die-after what [SIGNAL|code]   dies (SIGKILL) after the first line of that kind: init, text, delta, tool_use,
 *                                         tool_result, result, or any type, subtype or event type
 *   #fault line bytes                     one assistant line with that much text, then a short one
 *   #fault burst n bytes                  n such lines, numbered, then a short one
 *   #fault endless-line                   a line that never ends, until interrupted or killed
 *   #fault rubbish                        lines no reader should choke on: see faults.mjs
 *   #fault crash-mid-line, crash-mid-char half a JSON line, half a UTF-8 character, then SIGKILL
 *   #fault silent seconds                 says nothing for so long; an interrupt ends it
 *   #fault ignore sigint sigterm sighup   deaf to those signals from now on
 *   #fault ignore-interrupt [acked]       deaf to the control request too; `acked`: answers it, and goes on
 *   #fault grandchild [setsid|argv0]      leaves a `sleep 300` behind (own session, or under a false name); says "Left <pid>."
 *   #fault double-fork                    the same, as a daemon: own session, parent 1
 *   #fault hold-stdout                    the same, and it keeps our stdout and stderr open
 *   #fault close-stdout                   closes stdout and lives on, deaf to the end of stdin
 *   #fault never-read-stdin               reads no more of stdin after the piece that says so
 *
 * A turn's HOME is gone with it: there, $HOME is the server's in what follows.
 * Directives in $HOME/fake-claude.txt come before every prompt's own; exit-before-init and never-read-stdin there
 * act before stdin is touched, and `#version x` there is what --version answers.
 * $HOME/fake-claude.log gets a JSON line {argv, cwd, env, pid} per process and {prompt} per message.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { actAtOnce, stopReading } from "./faults.mjs"
import { readOptions } from "./options.mjs"
import { openSession } from "./sessions.mjs"
import { makeSpeech } from "./speech.mjs"
import { directives, runTurn } from "./turn.mjs"
import { write } from "./write.mjs"

const HOME = process.env.HOME ?? "/nonexistent"
const rig = /\/turns\/[^/]+$/.test(HOME) ? (homeOf(process.ppid) ?? HOME) : HOME
const standing = existsSync(join(rig, "fake-claude.txt")) ? readFileSync(join(rig, "fake-claude.txt"), "utf8") : ""
const note = (entry) => existsSync(rig) && appendFileSync(join(rig, "fake-claude.log"), JSON.stringify(entry) + "\n")

const options = readOptions(process.argv.slice(2), HOME, directives(standing))
note({ argv: process.argv.slice(2), cwd: process.cwd(), env: process.env, pid: process.pid })

const state = {
  options,
  /** Signals and requests that faults made this process deaf to. */
  deaf: new Set(),
  turn: undefined,
  queue: [],
  ended: false,
  exitCode: 0,
  say: (line) => write(1, JSON.stringify(line) + "\n")
}
const session = openSession(options, HOME)
const speech = makeSpeech(state, session)

actAtOnce(directives(standing), state)
for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGHUP", 129]
]) {
  process.on(signal, () => state.deaf.has(signal) || process.exit(code)) // its tools live on, as the real one's do
}
process.on("SIGINT", () => {
  if (state.deaf.has("SIGINT")) return
  state.ended = true
  if (!state.turn) process.exit(0)
  state.exitOnSigint = state.turn.inTool ? 1 : 0
  state.turn.stop.abort()
})

if (!state.deaf.has("stdin")) listen()

function homeOf(pid) {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
  return entries.find((entry) => entry.startsWith("HOME="))?.slice("HOME=".length)
}

function listen() {
  let rest = Buffer.alloc(0)
  process.stdin.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk])
    if (rest.includes("#fault never-read-stdin")) {
      process.stdin.pause()
      return stopReading()
    }
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString("utf8")
      rest = rest.subarray(end + 1)
      hear(line)
    }
  })
  process.stdin.on("end", () => {
    if (rest.length > 0) hear(rest.toString("utf8"))
    state.ended = true
    next()
  })
}

function hear(line) {
  if (line === "") return
  let message
  try {
    message = JSON.parse(line)
    if (message.type === "control_request") return obey(message.request_id, message.request.subtype)
    if (message.type !== "user") return
    if (message.message.role !== "user") {
      return refuse(`Error: Expected message role 'user', got '${message.message.role}'`)
    }
  } catch (error) {
    return refuse(`Error parsing streaming input line: ${line}: ${error}`)
  }
  const content = message.message.content
  const prompt = typeof content === "string" ? content : (content.filter((b) => b.type === "text").at(-1)?.text ?? "")
  note({ prompt })
  state.queue.push(prompt)
  next()
}

function refuse(text) {
  write(2, text + "\n")
  process.exit(1)
}

function obey(request_id, subtype) {
  const respond = (response) => state.say({ type: "control_response", response: { ...response, request_id } })
  if (subtype === "initialize") {
    return respond({ subtype: "success", response: { commands: [], agents: [], models: [], pid: process.pid } })
  }
  if (subtype !== "interrupt") {
    return respond({ subtype: "error", error: `Unsupported control request subtype: ${subtype}` })
  }
  if (state.deaf.has("interrupt") && !state.deaf.has("interrupt-acked")) return
  respond({ subtype: "success" })
  if (!state.deaf.has("interrupt")) state.turn?.stop.abort()
}

async function next() {
  if (state.turn || state.deaf.has("end")) return
  if (state.queue.length === 0) {
    if (state.ended) process.exit(state.exitOnSigint ?? state.exitCode)
    return
  }
  // What came while it was busy becomes one turn, as in the real one.
  const prompt = state.queue.splice(0).join("\n")
  state.turn = { stop: new AbortController(), inTool: false }
  await runTurn({ prompt, steps: [...directives(standing), ...directives(prompt)], state, session, speech })
  state.turn = undefined
  next()
}
