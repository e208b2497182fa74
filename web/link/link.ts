/** What a connection can be, and how long to wait before the next try. */
export type Link =
  | { readonly state: "connecting" }
  | { readonly state: "catching_up" }
  | { readonly state: "live" }
  /** A proxy holds the stream back: new events are asked for every few seconds. */
  | { readonly state: "polling" }
  /** Lost. `until`: ms since the epoch of the next try; 0 while one is under way. */
  | { readonly state: "waiting"; readonly until: number; readonly reason: string; readonly attempt: number }
  | { readonly state: "signed_out" }
  | { readonly state: "gone" }
  | { readonly state: "refused"; readonly reason: string }

/** What the server said to an attach: bytes to read, or why there are none. */
export type Opened =
  | { readonly kind: "stream"; readonly body: ReadableStream<Uint8Array> }
  | { readonly kind: "signed_out" | "gone" }
  | { readonly kind: "refused" | "failed"; readonly reason: string }

/** Whether the page shows the present state. */
export const current = (link: Link): boolean => link.state === "live" || link.state === "polling"

/** Half to whole of 1, 2, 4 … 30 s: never more than one request a second, never all phones in the same instant. */
export const backoff = (attempt: number, random: number): number =>
  Math.max(1000, Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + random / 2))
