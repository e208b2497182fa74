/** A log as server-sent events (https://html.spec.whatwg.org/#server-sent-events): its frames, headers and starting place. */
import { Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import type { CursorStart } from "./Cursor.ts"
import type { Item, Stored } from "./LogState.ts"

/** Only a plain id names a place; anything else means "from the beginning". `poll` is for a proxy that holds a stream back. */
export const cursorStart = (
  lastEventId: string | undefined,
  query: { readonly after?: string | undefined; readonly poll?: string | undefined }
): CursorStart => {
  const after = lastEventId ?? query.after
  return {
    after: after !== undefined && /^(0|[1-9][0-9]*)$/.test(after) ? Number(after) : null,
    follow: query.poll === undefined
  }
}

export const eventStream = (items: Stream.Stream<Item>) =>
  HttpApiSchema.withHeaders({
    body: Stream.map(items, frames),
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
  })

/** The bytes of an item. Those of an item that several readers are given are made once. */
export const frames = (item: Item): Uint8Array => {
  switch (item._tag) {
    case "Events":
      return once(item, () => eventFrames(item.events))
    case "Progress":
      return once(item, () => Buffer.concat(item.tools.map((tool) => named("progress", tool))))
    case "Status":
      return once(item, () => named("status", item.status))
    case "Delta":
      return named("delta", { text: item.text })
    case "Reset":
      return reset
    case "CaughtUp":
      return caughtUp
    case "Keepalive":
      return keepalive
    case "Bye":
      return item.reason === null ? bye : named("bye", { reason: item.reason })
  }
}

const encoded = new WeakMap<Item, Uint8Array>()
const once = (item: Item, encode: () => Uint8Array): Uint8Array => {
  const before = encoded.get(item)
  if (before !== undefined) return before
  const bytes = encode()
  encoded.set(item, bytes)
  return bytes
}

// JSON.stringify escapes newlines and lone surrogates, so `data` is always one well-formed line.
const eventFrames = (events: ReadonlyArray<Stored>): Uint8Array => {
  const heads = events.map(({ id }) => `id: ${id}\ndata: `)
  const size = events.reduce((sum, { json }, at) => sum + (heads[at]?.length ?? 0) + json.length + end.length, 0)
  // Not of the pool, whose slab of 64 KiB would be kept for as long as these bytes are.
  const bytes = Buffer.allocUnsafeSlow(size)
  let written = 0
  for (const [at, { json }] of events.entries()) {
    written += bytes.write(heads[at] ?? "", written, "latin1")
    bytes.set(json, written)
    written += json.length
    written += bytes.write(end, written, "latin1")
  }
  return bytes
}
const end = "\n\n"

const named = (event: string, data: unknown): Uint8Array =>
  Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}${end}`)

const reset = named("reset", {})
const caughtUp = named("caught-up", {})
const keepalive = Buffer.from(": keepalive\n\n")
const bye = Buffer.from("retry: 1000\nevent: bye\ndata: {}\n\n")
