/** One prompt, played as its directives say: see main.mjs for the list. */
import { runBash } from "./bash.mjs"
import { actBeforeInit, fault } from "./faults.mjs"
import { write } from "./write.mjs"
import { pace, text, wait } from "./stage.mjs"

export const directives = (text) =>
  text.split("\n").flatMap((line) => {
    const [found, name, rest = ""] = /^#([a-z-]+)(?: ([\s\S]*))?$/.exec(line) ?? []
    return found ? [{ name, rest, args: rest.split(" ") }] : []
  })

export async function runTurn({ prompt, steps, state, session, speech }) {
  actBeforeInit(steps, state)
  session.begin()
  speech.init()
  const command = /^\/([A-Za-z][\w:-]*)(?=\s|$)/.exec(prompt)?.[1]
  state.exitCode = 0
  if (command !== undefined) return local(command, session, speech)
  session.remember(prompt)

  const turn = state.turn
  const stage = { state, session, speech, turn, signal: turn.stop.signal, outputs: [], words: "" }
  const again = steps.find(({ name }) => name === "again")
  state.exitCode = 1
  try {
    request(stage)
    for (const step of steps) await play(step, stage)
    if (!speech.said) await text(stage, closing(stage.outputs))
    speech.endMessage("end_turn")
    speech.success(stage.words)
    state.exitCode = 0
    if (again) unasked(again.rest, stage)
  } catch (reason) {
    if (stage.signal.aborted) speech.interrupted(turn.inTool, turn.tools ?? [])
    else if (reason !== ended) throw reason
  }
}

const closing = (outputs) => (outputs.length === 0 ? "Hello from the fake." : `Done: ${outputs.join(" | ")}`)

/** Thrown when a result was already given. */
const ended = Symbol("ended")

function request(stage) {
  const { state, speech } = stage
  stage.asked = (stage.asked ?? 0) + 1
  if (stage.asked > state.options.maxTurns) {
    speech.limit("max_turns", `Reached maximum number of turns (${state.options.maxTurns})`)
    throw ended
  }
  speech.request()
}

async function play({ name, rest, args }, stage) {
  const { speech, signal, session } = stage
  const [first, second, third] = args
  if (name === "say") return text(stage, rest)
  if (name === "recall") return text(stage, session.prompts().slice(0, -1).join("\n"))
  if (name === "think") return think(stage, rest)
  if (name === "slow") {
    return text(
      stage,
      Array.from({ length: Number(first) }, (_, i) => `w${i} `),
      Number(second)
    )
  }
  if (name === "type") return text(stage, rest.slice(first.length + 1).match(/.{1,9}/gs) ?? [], Number(first))
  if (name === "pace") return pace(stage, Number(first), Number(second), args.slice(2).join(" "))
  if (name === "wait") return wait(Number(first), signal)
  if (name === "stderr") return write(2, Buffer.alloc(Number(first), "e"))
  if (name === "bash") return tools(stage, [rest])
  if (name === "parallel") return tools(stage, rest.split(" ;; "))
  if (name === "retry") return retry(stage, Number(first), Number(second), Number(third ?? 529))
  if (name === "api-error") {
    await retry(stage, 3, 5, Number(first))
    speech.apiFailure(Number(first), `API Error: ${first} fake.`)
    throw ended
  }
  if (name === "end") {
    speech.limit(first, `Reached ${first}`)
    throw ended
  }
  if (name === "fault") return fault(args, stage)
  if (name !== "again" && name !== "version") await text(stage, `No such directive: #${name}`)
}

async function think({ speech }, thinking) {
  const half = Math.ceil(thinking.length / 2)
  speech.open({ type: "thinking" }, { thinking: "", signature: "" })
  for (const piece of [thinking.slice(0, half), thinking.slice(half)]) {
    speech.thinkingTokens(piece.length)
    speech.delta({ type: "thinking_delta", thinking: piece })
  }
  speech.delta({ type: "signature_delta", signature: "ZmFrZQ==" })
  speech.close({ type: "thinking", thinking, signature: "ZmFrZQ==" })
}

/** All calls of one message; the next request goes out when the last result is in. */
async function tools(stage, commands) {
  const { speech, turn } = stage
  const calls = commands.map((command) => ({ id: speech.toolId(), command }))
  for (const { id, command } of calls) {
    const block = { type: "tool_use", id, name: "Bash", input: { command, description: "fake" } }
    speech.open(block, { input: {} })
    speech.delta({ type: "input_json_delta", partial_json: JSON.stringify(block.input) })
    speech.close(block)
  }
  speech.endMessage("tool_use")
  turn.inTool = true
  turn.tools = new Set(calls.map(({ id }) => id))
  stage.outputs = await Promise.all(
    calls.map(async ({ id, command }) => {
      const { content, failed, details } = await runBash(command, id, stage)
      turn.tools.delete(id)
      speech.toolResult(id, content, failed, details)
      return content
    })
  )
  turn.inTool = false
  request(stage)
}

async function retry({ speech, signal }, times, everyMs, status) {
  for (let attempt = 1; attempt <= times; attempt++) {
    speech.retry(attempt, times, everyMs, status || null)
    await wait(everyMs, signal)
  }
}

/** Answered by the CLI itself; no model sees it. A leading newline or blank keeps a prompt from ending here. */
function local(command, session, speech) {
  if (command === "clear") {
    speech.local("(no content)", { result: "" })
    return session.clear()
  }
  if (command === "compact") return speech.local("Error: No messages to compact", { result: "" })
  if (command === "cost" || command === "context") return speech.local(`Answered locally: /${command}`)
  speech.local(`Unknown command: /${command}`)
}

function unasked(words, { speech }) {
  speech.init()
  speech.request()
  speech.open({ type: "text" }, { text: "" })
  speech.delta({ type: "text_delta", text: words })
  speech.close({ type: "text", text: words })
  speech.endMessage("end_turn")
  speech.success(words, { origin: { kind: "task-notification" } })
}
