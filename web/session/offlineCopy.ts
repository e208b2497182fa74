/** The newest end of the last transcript, kept on this device to be read when nothing can be reached. Never sent anywhere. */
import { signal } from "@preact/signals"
import type { Entry } from "../../src/contract/Event.ts"
import { parsed } from "../link/parsed.ts"
import type { Frame } from "../link/sse.ts"
import { recall, remember } from "../link/storage.ts"
import { empty, fold, type Transcript } from "../transcript/transcript.ts"

/** Characters: a long evening's end, and far from what a browser gives an origin. */
const limit = 300_000

interface Shelved {
  readonly id: string
  readonly at: number
  readonly entries: ReadonlyArray<string>
}

export interface Kept {
  readonly at: number
  readonly transcript: Transcript
}

export const keptSession = (): string | undefined => shelved()?.id

export const keeper = (id: string) => {
  const found = shelved()
  const kept = signal<Kept | undefined>(
    found?.id === id ? { at: found.at, transcript: replay(found.entries) } : undefined
  )
  let entries: Array<string> = []
  let size = 0
  let saved = true
  let timer = 0

  const save = () => {
    clearTimeout(timer)
    if (saved) return
    saved = true
    remember("kept", JSON.stringify({ id, at: Date.now(), entries } satisfies Shelved))
  }
  const add = (frame: Frame) => {
    if (frame.event === "reset") {
      entries = []
      size = 0
    }
    if (frame.event !== "message" || frame.data.length > limit / 4) return
    entries.push(frame.data)
    size += frame.data.length
    if (size > limit * 1.5) {
      let drop = 0
      while (size > limit) size -= entries[drop++]?.length ?? 0
      entries = entries.slice(drop)
    }
    saved = false
    clearTimeout(timer)
    timer = window.setTimeout(save, 3000)
  }
  const leaving = () => {
    if (document.visibilityState === "hidden") save()
  }
  document.addEventListener("visibilitychange", leaving)
  window.addEventListener("pagehide", save)
  return {
    kept,
    add,
    close: () => {
      save()
      document.removeEventListener("visibilitychange", leaving)
      window.removeEventListener("pagehide", save)
    }
  }
}

const shelved = (): Shelved | undefined => parsed<Shelved, Shelved>(recall("kept"), (value) => value)

const replay = (entries: ReadonlyArray<string>): Transcript =>
  entries.reduce(
    (transcript, data) => parsed<Entry, Transcript>(data, (entry) => fold(transcript, entry)) ?? transcript,
    empty
  )
