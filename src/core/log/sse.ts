/** A log as an answer: where it begins, and its headers. */
import type { Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import type { Place } from "./Cursor.ts"

/** Only a plain id names a place; anything else means "from the beginning". `poll` is for a proxy that holds a stream back. */
export const place = (
  lastEventId: string | undefined,
  query: { readonly after?: string | undefined; readonly poll?: string | undefined }
): Place => {
  const after = lastEventId ?? query.after
  return {
    after: after !== undefined && /^(0|[1-9][0-9]*)$/.test(after) ? Number(after) : null,
    follow: query.poll === undefined
  }
}

export const eventStream = (body: Stream.Stream<Uint8Array>) =>
  HttpApiSchema.withHeaders({
    body,
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
  })
