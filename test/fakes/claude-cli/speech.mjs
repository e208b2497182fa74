/** The lines of the real CLI, key for key. Nothing here decides what is said, or when. */
import { randomUUID } from "node:crypto"
import { costOf, firstUsage, modelUsage, synthetic, usage } from "./shapes.mjs"

export function makeSpeech(state, session) {
  const { options } = state
  /** API messages, over the life of the process and of the turn: cost and modelUsage are cumulative, usage is not. */
  let life = 0
  let turn
  let message

  const say = (line) => {
    state.say(line)
    state.lastWords?.(line)
  }
  const ids = () => ({ session_id: session.id, uuid: randomUUID() })
  const system = (subtype, own) => say({ type: "system", subtype, ...own, ...ids() })
  const event = (event, own) => {
    if (options.partial) say({ type: "stream_event", event, parent_tool_use_id: null, ...ids(), ...own })
  }
  const assistant = (message, own) => say({ type: "assistant", message, parent_tool_use_id: null, ...ids(), ...own })
  const user = (content, own) =>
    say({
      type: "user",
      message: { role: "user", content },
      parent_tool_use_id: null,
      ...ids(),
      timestamp: now(),
      ...own
    })
  const result = (subtype, own) =>
    say({
      type: "result",
      subtype,
      is_error: subtype !== "success",
      duration_ms: Date.now() - turn.began,
      duration_api_ms: life,
      stop_reason: null,
      total_cost_usd: costOf(life),
      usage: usage(turn.messages),
      modelUsage: life === 0 ? {} : { [options.model]: modelUsage(life) },
      permission_denials: [],
      fast_mode_state: "off",
      ...ids(),
      ...own
    })
  const envelope = (content) => ({
    id: message.id,
    type: "message",
    role: "assistant",
    model: options.model,
    content,
    stop_reason: null,
    stop_sequence: null,
    usage: firstUsage
  })

  const whole = (block) =>
    assistant({ ...envelope([block]), context_management: null }, { request_id: message.request })

  const speech = {
    init() {
      turn = { began: Date.now(), messages: 0, started: 0 }
      message = undefined
      system("init", {
        cwd: process.cwd(),
        tools: options.tools,
        mcp_servers: [],
        model: options.model,
        permissionMode: options.bypass ? "bypassPermissions" : "default",
        slash_commands: commands,
        apiKeySource: process.env.ANTHROPIC_API_KEY ? "ANTHROPIC_API_KEY" : "none",
        claude_code_version: "2.1.197",
        output_style: "default",
        agents: options.agents,
        skills: ["review"],
        plugins: [],
        analytics_disabled: true,
        product_feedback_disabled: true,
        memory_paths: { auto: session.memory },
        fast_mode_state: "off"
      })
    },
    /** A request to the API goes out; nothing has come back yet. */
    request() {
      message = undefined
      turn.started++
      if (options.partial) system("status", { status: "requesting" })
    },
    get said() {
      return message !== undefined
    },
    open(block, empty) {
      if (message === undefined) {
        message = { id: id("msg"), request: id("req"), index: 0, partial: "" }
        event({ type: "message_start", message: envelope([]) }, { ttft_ms: 1 })
      }
      event({ type: "content_block_start", index: message.index, content_block: { ...block, ...empty } })
    },
    delta(delta) {
      message.partial += delta.text ?? ""
      event({ type: "content_block_delta", index: message.index, delta })
    },
    /** The whole block comes before its content_block_stop, as recorded. */
    close(block) {
      whole(block)
      event({ type: "content_block_stop", index: message.index++ })
      message.partial = ""
    },
    endMessage(stop_reason) {
      life++
      turn.messages++
      event({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 25 } })
      event({ type: "message_stop" })
    },
    toolId: () => id("toolu"),
    thinkingTokens: (n) => system("thinking_tokens", { estimated_tokens: n, estimated_tokens_delta: n }),
    taskStarted: (task_id, tool_use_id) =>
      system("task_started", { task_id, tool_use_id, description: "fake", task_type: "local_bash" }),
    taskEnded: (task_id, tool_use_id) =>
      system("task_notification", { task_id, tool_use_id, status: "completed", output_file: "", summary: "fake" }),
    toolResult: (tool_use_id, content, is_error, tool_use_result) =>
      user([{ tool_use_id, type: "tool_result", content, is_error }], { tool_use_result }),
    retry: (attempt, max_retries, retry_delay_ms, error_status) =>
      system("api_retry", {
        attempt,
        max_retries,
        retry_delay_ms,
        error_status,
        error: retryErrors[error_status] ?? "unknown"
      }),
    interrupted(inTool, tools) {
      if (message?.partial) whole({ type: "text", text: message.partial })
      for (const id of tools) speech.toolResult(id, rejected, true, "User rejected tool use")
      user([{ type: "text", text: `[Request interrupted by user${inTool ? " for tool use" : ""}]` }])
      const stop_reason = inTool ? "tool_use" : null
      result("error_during_execution", {
        num_turns: turn.started + (inTool ? 2 : 1),
        stop_reason,
        terminal_reason: inTool ? "aborted_tools" : "aborted_streaming",
        errors: [`[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=${stop_reason}`]
      })
    },
    success: (text, own) =>
      result("success", {
        api_error_status: null,
        ttft_ms: 1,
        ttft_stream_ms: 1,
        time_to_request_ms: 1,
        num_turns: turn.messages,
        result: text,
        stop_reason: "end_turn",
        terminal_reason: "completed",
        ...own
      }),
    /** Subtype success and is_error: so end all failures of the API. */
    apiFailure(status, text) {
      assistant(synthetic(text), { error: assistantErrors[status] ?? "server_error", request_id: id("req") })
      result("success", {
        is_error: true,
        api_error_status: status,
        num_turns: 1,
        result: text,
        stop_reason: "stop_sequence",
        terminal_reason: "completed"
      })
    },
    local(text, own) {
      assistant(synthetic(text))
      result("success", { num_turns: 0, result: text, ...own })
    },
    limit(reason, error) {
      const maxTurns = reason === "max_turns" ? { terminal_reason: "max_turns" } : {}
      result(`error_${reason}`, { num_turns: turn.messages + 1, stop_reason: "tool_use", errors: [error], ...maxTurns })
    }
  }
  return speech
}

const commands = ["clear", "compact", "config", "context", "cost", "init", "review", "usage"]
const rejected =
  "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed."
const retryErrors = { 401: "authentication_failed", 429: "rate_limit", 500: "server_error", 529: "overloaded" }
const assistantErrors = {
  400: "unknown",
  401: "authentication_failed",
  403: "authentication_failed",
  429: "rate_limit"
}
const now = () => new Date().toISOString()
const id = (prefix) => `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 24)}`
