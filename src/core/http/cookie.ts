/**
 * The sign-in cookie: its names, and how it is set. Browsers keep cookies by host name, not by port: another app on the same
 * host is sent ours, and may set one with our name that comes first. So every value that was sent is tried.
 */
import { HttpServerResponse } from "effect/http"

/** Under https the first: a browser accepts it only over TLS, for exactly this host and all of its paths. The other over http. */
export const cookieNames = ["__Host-breakglass", "breakglass"] as const

/** Seconds: as long as one bad night. */
export const cookieLife = 12 * 60 * 60

/** How many values are tried. An app that sets more of them could as well push ours out of the browser. */
export const triedCookies = 32

export const signedIn = (value: string, secure: boolean) =>
  set(HttpServerResponse.jsonUnsafe({ status: "signed_in" }), cookieNames[secure ? 0 : 1], value, secure, cookieLife)

/** Both names are cleared: the sign-in may be from before https. */
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
