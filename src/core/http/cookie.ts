/**
 * The sign-in cookie's names and how it is set. Browsers keep cookies for a host name, not for a port: another app on the
 * same name is sent ours, and may put its own of our name before it. So every value that was sent is tried.
 */
import { HttpServerResponse } from "effect/http"

/** Under https the first: a browser takes it only for all paths of this very host name, over TLS. The other by plain http. */
export const cookieNames = ["__Host-breakglass", "breakglass"] as const

/** Seconds: as long as one bad night. */
export const cookieLife = 12 * 60 * 60

/** How many values of ours are tried. An app that sends more of them can as well push ours out of the browser. */
export const triedCookies = 32

export const signedIn = (value: string, secure: boolean) =>
  set(HttpServerResponse.jsonUnsafe({ status: "signed_in" }), cookieNames[secure ? 0 : 1], value, secure, cookieLife)

/** Both names: it may have signed in before https. */
export const signedOut = (secure: boolean) =>
  cookieNames
    .slice(secure ? 0 : 1)
    .reduce(
      (response, name) => set(response, name, "", secure, 0),
      HttpServerResponse.jsonUnsafe({ status: "signed_out" })
    )

const set = (
  response: HttpServerResponse.HttpServerResponse,
  name: string,
  value: string,
  secure: boolean,
  maxAge: number
) =>
  HttpServerResponse.setCookieUnsafe(response, name, value, {
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure,
    maxAge: `${maxAge} seconds`
  })
