/** The Bash tool: the command really runs, where and how the real CLI runs it, so that stopping it is a real problem. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

export async function runBash(command, id, { session, speech, signal }) {
  const folder = join(session.folder, session.id, "tool-results")
  const file = join(folder, `${id}.txt`)
  mkdirSync(folder, { recursive: true })
  const output = openSync(file, "w")
  // Its own session: no signal to our group reaches it. A file, not our pipes: survivors do not hold them open.
  const child = spawn("/bin/bash", ["-c", command], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: session.id }
  })
  closeSync(output)
  const exit = once(child, "exit")
  const stop = () => {
    kill(child.pid, "SIGTERM")
    stubborn = setTimeout(() => kill(child.pid, "SIGKILL"), 1500)
  }
  let stubborn
  let timedOut = false
  let announced = false
  const limit = Number(process.env.BASH_DEFAULT_TIMEOUT_MS ?? 120_000)
  const timeout = setTimeout(() => {
    timedOut = true
    stop()
  }, limit)
  const announce = setTimeout(() => {
    announced = true
    speech.taskStarted(id, id)
  }, 3000)
  signal.addEventListener("abort", stop)

  const [code] = await exit
  for (const timer of [stubborn, timeout, announce]) clearTimeout(timer)
  signal.removeEventListener("abort", stop)
  signal.throwIfAborted()
  if (announced) speech.taskEnded(id, id)
  return answer(file, timedOut ? [143, `Command timed out after ${limit / 1000}s`] : [code ?? 1])
}

function answer(file, [code, ...notes]) {
  const whole = readFileSync(file, "utf8").trimEnd()
  if (code !== 0) {
    const content = [`Exit code ${code}`, ...notes, whole].filter(Boolean).join("\n")
    return { content, failed: true, details: `Error: ${content}` }
  }
  const limit = Number(process.env.BASH_MAX_OUTPUT_LENGTH ?? 30_000)
  const flags = { stderr: "", interrupted: false, isImage: false, noOutputExpected: false }
  if (whole.length <= limit) {
    const content = whole || "(Bash completed with no output)"
    return { content, failed: false, details: { stdout: whole, ...flags } }
  }
  const size = statSync(file).size
  return {
    content: `<persisted-output>\nOutput too large (${(size / 1024).toFixed(1)}KB). Full output saved to: ${file}\n\nPreview (first 2KB):\n${whole.slice(0, 2000)}\n...\n</persisted-output>`,
    failed: false,
    details: { stdout: whole.slice(0, limit), ...flags, persistedOutputPath: file, persistedOutputSize: size }
  }
}

function kill(group, signal) {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if (error.code !== "ESRCH") throw error
  }
}
