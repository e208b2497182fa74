/** The only file with a URL. Every answer is a value: a page at 3 a.m. must be able to say what happened and what did not. */
import { signal } from "@preact/signals"
import type { Check, Info as ServerInfo, SessionRow } from "../../src/contract/breakglass/Api.ts"
import type { Operation, Verb } from "../../src/contract/Power.ts"
import type { Ask } from "./attach.ts"
import { type Answer, type Expected, isSignIn, read, refusal, unheard } from "./answer.ts"
import type { Opened } from "./link.ts"

/** `protocol` is absent from a server that is older than the number. */
export type Info = ServerInfo & { readonly protocol?: number }

export type { Answer, SessionRow }

/** `next` is where the page behind this one begins; absent from a server that gives all of them at once. */
export interface SessionPage {
  readonly sessions: ReadonlyArray<SessionRow>
  readonly next?: string | null
}

export interface Prompt {
  readonly prompt: string
  readonly model: string
  readonly prompt_id: string
}

export interface OpRequest {
  readonly verb: Verb
  readonly op_id: string
  readonly confirm?: string | undefined
}

export const api = {
  info: () => request<Info>("GET", "/api/info", "target"),
  login: (token: string) => request<unknown>("POST", "/api/login", "status", { token }),
  logout: () => request<unknown>("POST", "/api/logout", "status", {}),
  sessions: (before?: string, archived = false) =>
    request<SessionPage>(
      "GET",
      withQuery("/api/session", { ...(before !== undefined && { before }), ...(archived && { archived: "1" }) }),
      "sessions"
    ),
  archive: (id: string, archived: boolean) => request<unknown>("PATCH", session(id), "session_id", { archived }),
  remove: (id: string) => request<unknown>("DELETE", session(id), "status", {}),
  create: () => request<{ readonly session_id: string }>("POST", "/api/session", "session_id", {}),
  prompt: (id: string, prompt: Prompt) => request<unknown>("POST", `${session(id)}/prompt`, "status", prompt),
  cancel: (id: string) =>
    request<{ readonly cancelled: boolean }>("POST", `${session(id)}/cancel`, "cancelled", {}, 60_000),
  full: (id: string, event: number) => request<string>("GET", `${session(id)}/events/${event}/full`, "text/plain"),
  exported: (id: string) => request<string>("GET", `${session(id)}/export`, "text/markdown"),
  operations: () => request<{ readonly operations: ReadonlyArray<Operation> }>("GET", "/api/pve/ops", "operations"),
  operation: (id: string) => request<Operation>("GET", `/api/pve/ops/${id}`, "op_id"),
  /** The picture as a `data:` address: the page's CSP knows no other that a request can make. */
  screen: () => request<string>("GET", "/api/pve/screen", "image/png"),
  doctor: () => request<{ readonly checks: ReadonlyArray<Check> }>("GET", "/api/doctor", "checks"),
  operate: (op: OpRequest) => request<Operation>("POST", "/api/pve/ops", "op_id", op)
}

export type Api = typeof api

export const streams = {
  session: (id: string, ask: Ask) => stream(`${session(id)}/stream`, ask),
  power: (ask: Ask) => stream("/api/pve/stream", ask)
}

export type Streams = typeof streams

const withQuery = (url: string, parameters: Record<string, string>) => {
  const query = new URLSearchParams(parameters).toString()
  return query === "" ? url : `${url}?${query}`
}

const session = (id: string) => `/api/session/${encodeURIComponent(id)}`

/** How far the server's clock is ahead of this device's, in ms. Its `Date` has whole seconds and was on its way: 2 s are none. */
export const skew = signal(0)

const fetched = async (url: string, init: RequestInit): Promise<Response> => {
  // A sign-in page of another origin must be seen as such, not followed.
  const response = await fetch(url, { redirect: "manual", cache: "no-store", ...init })
  const ahead = Date.parse(response.headers.get("date") ?? "") - Date.now()
  if (Math.abs(ahead - skew.value) > 2000) skew.value = ahead
  return response
}

const request = async <A>(
  method: string,
  url: string,
  expect: Expected,
  body?: unknown,
  limitMs = 20_000
): Promise<Answer<A>> => {
  try {
    const response = await fetched(url, {
      method,
      headers: {
        accept: "application/json, */*;q=0.9",
        ...(body === undefined ? {} : { "content-type": "application/json" })
      },
      signal: AbortSignal.timeout(limitMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return await read(response, expect)
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError"
    return unheard(late ? `No answer in ${limitMs / 1000} s.` : "The server cannot be reached.")
  }
}

const stream = async (url: string, { after, poll, signal }: Ask): Promise<Opened> => {
  const response = await fetched(
    withQuery(url, {
      ...(after === undefined ? {} : { after: String(after) }),
      ...(poll ? { poll: "1" } : {})
    }),
    {
      headers: { accept: "text/event-stream" },
      signal
    }
  )
  if (isSignIn(response)) return { kind: "signed_out" }
  if (!response.ok) {
    const { status, detail, signedOut } = await refusal(response)
    if (signedOut) return { kind: "signed_out" }
    if (status === 404) return { kind: "gone" }
    return { kind: status === 403 ? "refused" : "failed", reason: detail }
  }
  const type = response.headers.get("content-type") ?? ""
  if (response.body === null || !type.startsWith("text/event-stream")) {
    return { kind: "failed", reason: "Something between here and the server answered in its place." }
  }
  return { kind: "stream", body: response.body }
}
