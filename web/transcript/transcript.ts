/**
 * What a session's log looks like to a reader: a pure fold, so any number of reconnects gives the same page.
 * Whether a turn runs is read from the log (a `user` without its `turn_end`), never from a flag of our own.
 */
import type { Delta, Entry, Event, Outcome, Progress, Stamp } from "../../src/contract/Event.ts"

type Of<K extends Event["kind"]> = Extract<Event, { readonly kind: K }> & Stamp
export type ToolResult = Of<"tool_result">

export interface ToolItem extends Stamp {
  readonly kind: "tool"
  readonly tool_id: string
  readonly name: string
  readonly input: unknown
  readonly result: ToolResult | undefined
  /** `unfinished`: the turn ended before the tool answered. */
  readonly state: "running" | "ok" | "failed" | "unfinished"
}

export interface EndItem extends Stamp {
  readonly kind: "end"
  readonly outcome: Outcome
  /** The CLI's closing word, for what the turn took and cost. */
  readonly result: Of<"result"> | undefined
}

export type Item = Of<"user" | "text" | "notice" | "result" | "error" | "cancelled"> | ToolItem | EndItem

/** Items in runs of at most {@link blockSize}: an append touches one short array, and an unchanged block is not redrawn. */
export type Block = ReadonlyArray<Item>
const blockSize = 48

export interface Transcript {
  /** Id of the last entry taken; -1 before the first. */
  readonly last: number
  readonly blocks: ReadonlyArray<Block>
  /** The open turn's first entry. */
  readonly turn: Stamp | undefined
  /** How the newest ended turn ended. */
  readonly ended: { readonly id: number; readonly outcome: Outcome } | undefined
  /** Prose as the model writes it; the next `text` holds the whole block and replaces it. */
  readonly live: string
  readonly elapsed: Readonly<Record<string, number>>
}

export const empty: Transcript = { last: -1, blocks: [], turn: undefined, ended: undefined, live: "", elapsed: {} }

export const running = (transcript: Transcript): boolean => transcript.turn !== undefined

export const items = (transcript: Transcript): ReadonlyArray<Item> => transcript.blocks.flat()

/** Takes one logged entry; an id it already has changes nothing, a kind it does not know moves only the cursor. */
export const fold = (transcript: Transcript, entry: Entry): Transcript =>
  entry.id <= transcript.last ? transcript : { ...step(transcript, entry), last: entry.id }

export const delta = (transcript: Transcript, { text }: Delta): Transcript =>
  running(transcript) ? { ...transcript, live: transcript.live + text } : transcript

export const progress = (transcript: Transcript, { tool_id, elapsed_ms }: Progress): Transcript => ({
  ...transcript,
  elapsed: { ...transcript.elapsed, [tool_id]: elapsed_ms }
})

/** A new attach sends the unfinished block from its beginning: what we had of it would be doubled. */
export const reattached = (transcript: Transcript): Transcript => ({ ...transcript, live: "" })

const step = (t: Transcript, entry: Entry): Transcript => {
  switch (entry.kind) {
    case "user":
      return { ...push(t, entry), turn: { id: entry.id, at: entry.at }, live: "", elapsed: {} }
    case "text":
      return { ...push(t, entry), live: "" }
    case "error":
      // The CLI also says in prose why its turn failed.
      return push(
        revise(t, (item) =>
          item.kind === "text" && item.text === entry.error ? { revised: [], stop: true } : undefined
        ),
        entry
      )
    case "notice":
    case "cancelled":
    case "result":
      return push(t, entry)
    case "tool":
      return { ...push(t, { ...entry, result: undefined, state: "running" }), live: "" }
    case "tool_result":
      return answer(t, entry)
    case "turn_end":
      return {
        ...push(settle(t), end(t, entry)),
        turn: undefined,
        ended: { id: entry.id, outcome: entry.outcome },
        live: "",
        elapsed: {}
      }
    default:
      return t
  }
}

const push = (t: Transcript, item: Item): Transcript => {
  const last = t.blocks.at(-1)
  return last === undefined || last.length >= blockSize
    ? { ...t, blocks: [...t.blocks, [item]] }
    : { ...t, blocks: t.blocks.with(-1, [...last, item]) }
}

const answer = (t: Transcript, result: ToolResult): Transcript =>
  revise(t, (item) =>
    item.kind === "tool" && item.tool_id === result.tool_id && item.result === undefined
      ? { revised: [{ ...item, result, state: result.is_error ? "failed" : "ok" }], stop: true }
      : undefined
  )

const settle = (t: Transcript): Transcript =>
  revise(t, (item) =>
    item.kind === "tool" && item.state === "running"
      ? { revised: [{ ...item, state: "unfinished" }], stop: false }
      : undefined
  )

const end = (t: Transcript, entry: Of<"turn_end">): EndItem => {
  const from = t.turn?.id ?? Infinity
  const result = t.blocks
    .slice(-2)
    .flat()
    .findLast((item) => item.kind === "result" && item.id > from)
  return { ...entry, kind: "end", result: result?.kind === "result" ? result : undefined }
}

/** Walks this turn's items from the newest; older turns are closed and cannot change. */
const revise = (
  t: Transcript,
  change: (item: Item) => { readonly revised: ReadonlyArray<Item>; readonly stop: boolean } | undefined
): Transcript => {
  let blocks = t.blocks
  for (let b = blocks.length - 1; b >= 0; b--) {
    for (let i = (blocks[b]?.length ?? 0) - 1; i >= 0; i--) {
      const item = blocks[b]?.[i]
      if (item === undefined || item.kind === "user") return { ...t, blocks }
      const changed = change(item)
      if (changed === undefined) continue
      blocks = blocks.with(b, (blocks[b] ?? []).toSpliced(i, 1, ...changed.revised))
      if (changed.stop) return { ...t, blocks }
    }
  }
  return { ...t, blocks }
}
