/** Transcripts where the real CLI keeps them: $HOME/.claude/projects/<cwd>/<id>.jsonl, so the same cwd finds them again. */
import { randomUUID } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { noConversation } from "./shapes.mjs"
import { write } from "./write.mjs"

export function openSession({ id = randomUUID(), resume, resumable }, HOME) {
  const folder = join(
    process.env.CLAUDE_CONFIG_DIR ?? join(HOME, ".claude"),
    "projects",
    process.cwd().replace(/[^a-zA-Z0-9]/g, "-")
  )
  const file = (id) => join(folder, `${id}.jsonl`)
  const entries = (id) =>
    existsSync(file(id))
      ? readFileSync(file(id), "utf8")
          .trim()
          .split("\n")
          .map((l) => JSON.parse(l))
      : []
  const prompts = (id) => entries(id).flatMap((entry) => (entry.type === "user" ? [entry.message.content[0].text] : []))

  if (!resumable) {
    const text = `Error: --resume requires a valid session ID or session title when used with --print. Usage: claude -p --resume <session-id|title>. Provided value "${id}" is not a UUID and does not match any session title.`
    lost(randomUUID(), text)
  }
  // A process killed right after init leaves one line: in use for --session-id, not found for --resume.
  if (resume && prompts(id).length === 0) lost(id, `No conversation found with session ID: ${id}`)
  if (!resume && existsSync(file(id))) {
    write(2, `Error: Session ID ${id} is already in use.\n`)
    process.exit(1)
  }

  const append = (entry) =>
    appendFileSync(file(session.id), JSON.stringify({ ...entry, uuid: randomUUID(), sessionId: session.id }) + "\n")
  const session = {
    id,
    folder,
    memory: join(folder, "memory/"),
    begin() {
      mkdirSync(folder, { recursive: true })
      append({ type: "queue-operation", operation: "enqueue" })
    },
    remember: (text) => append({ type: "user", message: { role: "user", content: [{ type: "text", text }] } }),
    prompts: () => prompts(session.id),
    clear: () => (session.id = randomUUID())
  }
  return session
}

function lost(id, text) {
  write(1, JSON.stringify(noConversation(id, text)) + "\n")
  write(2, text + "\n")
  process.exit(1)
}
