/** The only file with a URL. Every answer is a value: a page at 3 a.m. must be able to say what happened and what did not. */
import { signal } from "@preact/signals"
import type { Info as ServerInfo, SessionRow } from "../src/contract/Api.ts"
import type { Operation, Verb } from "../src/contract/Pve.ts"
import type { Ask } from "./attach.ts"
import type { Opened } from "./link.ts"
import { clock } from "./words.ts"

/** `protocol` is absent from a server that is older than the number. */
export type Info = ServerInfo & { readonly protocol?: number }

export type { SessionRow }

/** `status` 0: no answer reached us, so whether the request had an effect is not known. */
export type Answer<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly status: number; readonly detail: string; readonly signedOut: boolean }

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
  info: () => request<Info>("GET", "/api/info"),
  login: (token: string) => request<unknown>("POST", "/api/login", { token }),
  logout: () => request<unknown>("POST", "/api/logout", {}),
  sessions: () => request<{ readonly sessions: ReadonlyArray<SessionRow> }>("GET", "/api/session"),
  create: () => request<{ readonly session_id: string }>("POST", "/api/session", {}),
  prompt: (id: string, prompt: Prompt) => request<unknown>("POST", `${session(id)}/prompt`, prompt),
  cancel: (id: string) => request<{ readonly cancelled: boolean }>("POST", `${session(id)}/cancel`, {}, 60_000),
  full: (id: string, event: number) => request<string>("GET", `${session(id)}/events/${event}/full`),
  exported: (id: string) => request<string>("GET", `${session(id)}/export`),
  attachSession: (id: string, ask: Ask) => stream(`${session(id)}/stream`, ask),
  operations: () => request<{ readonly operations: ReadonlyArray<Operation> }>("GET", "/api/pve/ops"),
  operation: (id: string) => request<Operation>("GET", `/api/pve/ops/${id}`),
  /** The picture as a `data:` address: the page's CSP knows no other that a request can make. */
  screen: () => request<string>("GET", "/api/pve/screen"),
  operate: (op: OpRequest) => request<Operation>("POST", "/api/pve/ops", op),
  attachPower: (ask: Ask) => stream("/api/pve/stream", ask)
}

export type Api = typeof api

const session = (id: string) => `/api/session/${encodeURIComponent(id)}`

const signedOutDetail = "You are signed out. Nothing was changed by this request."

/** How far the server's clock is ahead of this device's, in ms. Its `Date` has whole seconds and was on its way: 2 s are none. */
export const skew = signal(0)

/** A single sign-on has answered in our place. */
export const signOn = signal(false)

const fetched = async (url: string, init: RequestInit): Promise<Response> => {
  // A sign-in page of another origin must be seen as such, not followed.
  const response = await fetch(url, { redirect: "manual", cache: "no-store", ...init })
  const ahead = Date.parse(response.headers.get("date") ?? "") - Date.now()
  if (Math.abs(ahead - skew.value) > 2000) skew.value = ahead
  return response
}

const request = async <A>(method: string, url: string, body?: unknown, limitMs = 20_000): Promise<Answer<A>> => {
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
    if (isSignIn(response)) return { ok: false, status: 401, detail: signedOutDetail, signedOut: true }
    if (!response.ok) {
      return {
        ok: false,
        status: response.status,
        detail: await detailOf(response),
        signedOut: response.status === 401
      }
    }
    const type = response.headers.get("content-type") ?? ""
    const value: unknown = type.includes("json")
      ? await response.json()
      : type.startsWith("image/")
        ? await dataUrl(await response.blob())
        : await response.text()
    return { ok: true, value: value as A }
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError"
    const detail = late ? `No answer in ${limitMs / 1000} s.` : "The server cannot be reached."
    return { ok: false, status: 0, detail, signedOut: false }
  }
}

const dataUrl = (blob: Blob) =>
  new Promise((settle) => {
    const reader = new FileReader()
    reader.addEventListener("loadend", () => settle(reader.result))
    reader.readAsDataURL(blob)
  })

const stream = async (url: string, { after, poll, signal }: Ask): Promise<Opened> => {
  const query = new URLSearchParams({
    ...(after === undefined ? {} : { after: String(after) }),
    ...(poll ? { poll: "1" } : {})
  }).toString()
  const response = await fetched(query === "" ? url : `${url}?${query}`, {
    headers: { accept: "text/event-stream" },
    signal
  })
  if (response.status === 401 || isSignIn(response)) return { kind: "signed_out" }
  if (response.status === 404) return { kind: "gone" }
  if (response.status === 403) return { kind: "refused", reason: await detailOf(response) }
  if (!response.ok) return { kind: "failed", reason: await detailOf(response) }
  const type = response.headers.get("content-type") ?? ""
  if (response.body === null || !type.startsWith("text/event-stream")) {
    return { kind: "failed", reason: "Something between here and the server answered in its place." }
  }
  return { kind: "stream", body: response.body }
}

/** A single sign-on in front of us answers with a redirect or with its page, where we would answer JSON or a stream. */
const isSignIn = (response: Response) => {
  const is =
    response.type === "opaqueredirect" ||
    (response.ok && (response.headers.get("content-type") ?? "").startsWith("text/html"))
  if (is) signOn.value = true
  return is
}

const detailOf = async (response: Response): Promise<string> => {
  const problem = (await response.json().catch(() => undefined)) as { readonly detail?: unknown } | null | undefined
  const { status } = response
  if (typeof problem?.detail === "string") return problem.detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, clock)
  return status > 501 && status < 505
    ? `The proxy answers, breakglass behind it does not (${status}). If single sign-on is down, use the direct address.`
    : `The server answered ${status}.`
}
