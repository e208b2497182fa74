/**
 * What an answer says, and whether the server said it. What stands between here and there answers too: with its own error, its
 * sign-in page, half of an answer. Such an answer tells nothing of what became of the request.
 */
import { signal } from "@preact/signals"
import { clock } from "../text/format.ts"

/** `status` 0: no answer of the server's reached us, so whether the request had an effect is not known. */
export type Answer<A> = { readonly ok: true; readonly value: A } | Refusal

export interface Refusal {
  readonly ok: false
  readonly status: number
  readonly detail: string
  readonly signedOut: boolean
}

/** The media type of an answer, or a field that its JSON has. */
export type Expected = "text/plain" | "text/markdown" | "image/png" | (string & {})

/** A single sign-on has answered in our place. */
export const signOn = signal(false)

export const unheard = (detail: string, signedOut = false): Refusal => ({ ok: false, status: 0, detail, signedOut })

export const read = async <A>(response: Response, expected: Expected): Promise<Answer<A>> => {
  if (isSignIn(response)) return unheard("A sign-in page answered in the server's place.", true)
  if (!response.ok) return refusal(response)
  const value = await body(response, expected).catch(() => undefined)
  return value === undefined ? unheard("The answer was broken on its way.") : { ok: true, value: value as A }
}

/** What is expected, read to its end; or undefined. */
const body = async (response: Response, expected: Expected): Promise<unknown> => {
  const type = response.headers.get("content-type") ?? ""
  if (!expected.includes("/")) {
    const value: unknown = type.includes("json") ? await response.json() : undefined
    return typeof value === "object" && value !== null && Object.hasOwn(value, expected) ? value : undefined
  }
  if (!type.startsWith(expected)) return undefined
  return expected.startsWith("image/") ? dataUrl(await response.blob()) : response.text()
}

const dataUrl = (blob: Blob) =>
  new Promise((settle) => {
    const reader = new FileReader()
    reader.addEventListener("loadend", () => settle(reader.result))
    reader.readAsDataURL(blob)
  })

/** The server's own refusal is a problem document (RFC 9457). Any other error comes from something in between. */
export const refusal = async (response: Response): Promise<Refusal> => {
  const { status } = response
  const problem = await response.json().catch(() => undefined)
  if (isOurs(response, problem)) {
    const detail = problem.detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, clock)
    return { ok: false, status, detail, signedOut: status === 401 }
  }
  return unheard(
    status > 501 && status < 505
      ? `The proxy answers, breakglass behind it does not (${status}). If single sign-on is down, use the direct address.`
      : `Something between here and the server answered in its place (${status}).`,
    status === 401
  )
}

const isOurs = (response: Response, problem: unknown): problem is { readonly detail: string } => {
  if (!(response.headers.get("content-type") ?? "").startsWith("application/problem+json")) return false
  const { type, detail } = (problem ?? {}) as { readonly type?: unknown; readonly detail?: unknown }
  return typeof detail === "string" && typeof type === "string" && /^(about:blank$|urn:breakglass:)/.test(type)
}

/** A single sign-on in front of us answers with a redirect or with its page, where we would answer JSON or a stream. */
export const isSignIn = (response: Response): boolean => {
  const is =
    response.type === "opaqueredirect" ||
    (response.ok && (response.headers.get("content-type") ?? "").startsWith("text/html"))
  if (is) signOn.value = true
  return is
}
