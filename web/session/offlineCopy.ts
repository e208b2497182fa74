/** The newest end of the last transcript, saved on this device to be read without a network. Never sent anywhere. */
import { signal } from "@preact/signals"
import type { Entry } from "../../src/contract/Event.ts"
import { parsed } from "../link/parsed.ts"
import type { Frame } from "../link/sse.ts"
import { recall, remember } from "../link/storage.ts"
import { empty, fold, type Transcript } from "../transcript/transcript.ts"

/** Characters: a long evening's end, and far from what a browser gives an origin. */
const limit = 300_000

interface Saved {
  readonly id: string
  readonly at: number
  readonly entries: ReadonlyArray<string>
}

export interface OfflineCopy {
  readonly at: number
  readonly transcript: Transcript
}

export const copiedSession = (): string | undefined => read()?.id

export const copyOffline = (id: string) => {
  const found = read()
  const offlineCopy = signal<OfflineCopy | undefined>(
    found?.id === id ? { at: found.at, transcript: replay(found.entries) } : undefined
  )
  let entries: Array<string> = []
  let size = 0
  let written = true
  let timer = 0

  const save = () => {
    clearTimeout(timer)
    if (written) return
    written = true
    remember("kept", JSON.stringify({ id, at: Date.now(), entries } satisfies Saved))
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
    written = false
    clearTimeout(timer)
    timer = window.setTimeout(save, 3000)
  }
  const leaving = () => {
    if (document.visibilityState === "hidden") save()
  }
  document.addEventListener("visibilitychange", leaving)
  window.addEventListener("pagehide", save)
  return {
    offlineCopy,
    add,
    close: () => {
      save()
      document.removeEventListener("visibilitychange", leaving)
      window.removeEventListener("pagehide", save)
    }
  }
}

const read = (): Saved | undefined => parsed<Saved, Saved>(recall("kept"), (value) => value)

const replay = (entries: ReadonlyArray<string>): Transcript =>
  entries.reduce(
    (transcript, data) => parsed<Entry, Transcript>(data, (entry) => fold(transcript, entry)) ?? transcript,
    empty
  )
