/**
 * Who sent this request? A pure reading of it; `Auth` supplies the comparison of secrets. What is in doubt is refused: a
 * credential that comes twice, malformed, or under an alias that a proxy might let through never becomes a person.
 */
import {
  BadRequest,
  Forbidden,
  Misdirected,
  type TooManyAttempts,
  Unauthenticated,
  WrongContentType
} from "../../contract/Problem.ts"
import { isReserved } from "../../contract/Operator.ts"
import { cookieNames, triedCookies } from "./cookie.ts"
import type { Redacted } from "effect"
import type { Cidr } from "../settings/cidr.ts"

/** How operators are told apart, and from where a browser may ask. */
export interface AuthSettings {
  /** What an operator signs in with; null: nobody can. */
  readonly token: Redacted.Redacted | null
  /** Where a proxy is believed when it names the operator. */
  readonly trustedProxies: ReadonlyArray<Cidr>
  readonly edgeSecret: Redacted.Redacted | null
  /** Lower case, as Node spells header names. */
  readonly edgeSecretHeader: string
  readonly userHeader: string
  /** null: every user whom the edge lets in. */
  readonly allowedUsers: ReadonlyArray<string> | null
  /** The one origin a browser may come from; null: the Host that it asked for. */
  readonly publicOrigin: string | null
  /** The server's own address, around single sign-on: the token signs in there when single sign-on is down. */
  readonly directUrl: string | null
}

/** One request as it came off the wire: nothing joined, nothing lowered. */
export interface Facts {
  readonly method: string
  /** Name, value, name, value …, as Node's `rawHeaders`. */
  readonly rawHeaders: ReadonlyArray<string>
  /** The transport peer. Never a forwarded address. */
  readonly peer: string
  /** Whether that is an address of this machine: any program here may be behind it. */
  readonly isOwn: () => boolean
  /** The address and port it came in on, as a `Host` header would have them. */
  readonly local: string
}

/** Constant-time comparisons against what is configured; false when it is not. */
export interface Secrets {
  readonly token: (given: string) => boolean
  readonly edge: (given: string) => boolean
  readonly cookie: (given: string) => boolean
}

export interface Admitted {
  readonly name: string
  readonly via: "bearer" | "edge" | "login"
}

export type Refusal = BadRequest | Unauthenticated | TooManyAttempts | Forbidden | Misdirected | WrongContentType

type Origins = Pick<AuthSettings, "publicOrigin" | "directUrl">

/** The operator, or why the request is refused. */
export const authenticate = (facts: Facts, settings: AuthSettings, secrets: Secrets): Admitted | Refusal => {
  const headers = new Headers(facts.rawHeaders)
  const single = [settings.userHeader, settings.edgeSecretHeader, "authorization", "origin", "host"]
  if (single.some((name) => headers.count(name) > 1)) return duplicateHeader
  if (headers.aliased(settings.userHeader) || headers.aliased(settings.edgeSecretHeader)) return duplicateHeader

  const identity = identify(headers, facts, settings, secrets)
  if (!("via" in identity) || identity.via === "bearer") return identity
  // A page whose name was pointed at us (DNS rebinding) asks under that name; a proxy may ask by our own address.
  const asked = headers.get("host")?.toLowerCase() ?? ""
  const { publicOrigin, directUrl } = settings
  const named = [publicOrigin, directUrl].some((origin) => isHostOf(origin ?? "", asked))
  if (publicOrigin !== null && !named && asked !== facts.local) return wrongHost
  return refuseCrossSite(facts.method, headers, settings) ?? identity
}

/** The refusal of a request to which a browser may have added the identity by itself, for a page of another site. */
export const refuseCrossSite = (method: string, headers: Headers, origins: Origins): Refusal | null => {
  if (method !== "GET" && method !== "HEAD") return refuseCrossSiteChange(headers, origins)
  // A read has a price too: it may start programs. "none" is the person: an address typed, a bookmark.
  const site = headers.get("sec-fetch-site")
  return site === null || site === "same-origin" || site === "none" ? null : fromOtherSite
}

/** The refusal of a change that does not show what only a request of our own page can. */
export const refuseCrossSiteChange = (headers: Headers, { publicOrigin, directUrl }: Origins): Refusal | null => {
  const origin = headers.get("origin")
  // No proxy is in front of the direct address: its requests have its own name as their Host.
  const direct = publicOrigin === null || origin === directUrl
  const own = direct ? isHostOf(origin ?? "", headers.get("host") ?? "") : origin === publicOrigin
  const site = headers.get("sec-fetch-site")
  if (origin === null || !own || headers.count("origin") > 1) return fromOtherSite
  if (site !== null && site !== "same-origin") return fromOtherSite
  return /^application\/json(; ?charset=utf-8)?$/i.test(headers.get("content-type") ?? "") ? null : notJson
}

const identify = (headers: Headers, facts: Facts, settings: AuthSettings, secrets: Secrets): Admitted | Refusal => {
  const edge = byEdge(headers, facts, settings, secrets)
  // A good credential beside a refused one is not the sum of both.
  if (edge !== null && !("via" in edge)) return edge
  const authorization = headers.get("authorization")
  // An edge with basic auth may pass its own credential on; that is not meant for this server.
  if (authorization !== null && !/^basic /i.test(authorization)) {
    const [, given = ""] = /^Bearer ([\x21-\x7e]{1,4096})$/.exec(authorization) ?? []
    return given !== "" && secrets.token(given) ? { name: "token", via: "bearer" } : wrongCredential
  }
  if (edge !== null) return edge
  if (headers.cookies().some(secrets.cookie)) return { name: "login", via: "login" }
  // A bad cookie is not counted as a guess: a signature of 32 bytes is not guessed.
  const proof = settings.edgeSecret === null ? null : headers.get(settings.edgeSecretHeader)
  return proof !== null && !secrets.edge(proof) ? wrongCredential : unauthenticated
}

/** The operator that the edge names; null when it names nobody or is not proven: then the header counts as absent. */
const byEdge = (
  headers: Headers,
  facts: Facts,
  settings: AuthSettings,
  secrets: Secrets
): Admitted | Refusal | null => {
  const user = headers.get(settings.userHeader)
  if (user === null || !proven(headers, facts, settings, secrets)) return null
  if (isReserved(user)) return reserved
  // No comma: some proxies join a header that came twice with one.
  if (!/^[\x21-\x2b\x2d-\x7e]{1,128}$/.test(user)) return unauthenticated
  const allowed = settings.allowedUsers === null || settings.allowedUsers.includes(user)
  return allowed ? { name: user, via: "edge" } : notAllowed
}

/** Whether the edge proved itself in every way that is configured; never when none is. */
const proven = (headers: Headers, { peer, isOwn }: Facts, settings: AuthSettings, secrets: Secrets): boolean => {
  const { edgeSecret, trustedProxies } = settings
  if (edgeSecret === null && trustedProxies.length === 0) return false
  // The start refuses this too, but an address may have been added since.
  if (edgeSecret === null && isOwn()) return false
  const secret = edgeSecret === null || secrets.edge(headers.get(settings.edgeSecretHeader) ?? "")
  return secret && (trustedProxies.length === 0 || trustedProxies.some(({ contains }) => contains(peer)))
}

export class Headers {
  private readonly pairs: ReadonlyArray<readonly [name: string, value: string]>
  constructor(raw: ReadonlyArray<string>) {
    this.pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ""] as const] : []))
  }
  get(name: string): string | null {
    return this.pairs.find(([key]) => key === name)?.[1] ?? null
  }
  count(name: string): number {
    return this.pairs.filter(([key]) => key === name).length
  }
  /** A spelling that some proxy or gateway takes for the same header (CVE-2024-47070 and its kin). */
  aliased(name: string): boolean {
    return this.pairs.some(([key]) => key !== name && key.replace(/[^a-z0-9]/g, "-") === name)
  }
  /** The values of our cookie, under both of its names. */
  cookies(): ReadonlyArray<string> {
    const cookies = this.pairs.flatMap(([key, value]) => (key === "cookie" ? value.split(/; */) : []))
    return cookies
      .flatMap((cookie) =>
        cookieNames.flatMap((name) => (cookie.startsWith(`${name}=`) ? [cookie.slice(name.length + 1)] : []))
      )
      .slice(0, triedCookies)
  }
}

/** With or without the scheme's own port, which browsers leave out and some proxies add. */
const isHostOf = (origin: string, host: string): boolean => {
  const [, scheme, own = ""] = /^(https?):\/\/([^/]+)$/.exec(origin) ?? []
  return own !== "" && (host === own || host === `${own}:${scheme === "https" ? 443 : 80}`)
}

const duplicateHeader = new BadRequest({
  detail: "A header that carries identity came twice or under another spelling. Nothing was done."
})
const unauthenticated = new Unauthenticated({ detail: "Sign in first. Nothing was done." })
/** For the client the same as the one above; this one is counted. */
export const wrongCredential = new Unauthenticated({ detail: "Sign in first. Nothing was done." })
const notAllowed = new Forbidden({ detail: "This user is not allowed here. Nothing was done." })
const reserved = new Forbidden({
  detail: "This name is reserved: in the log it means somebody else. Nothing was done. Use another name."
})
const fromOtherSite = new Forbidden({
  detail: "The request did not come from this page. Nothing was done. Open the page, or type the address yourself."
})
const wrongHost = new Misdirected({
  detail:
    "The request asks for another host than BREAKGLASS_PUBLIC_ORIGIN, BREAKGLASS_DIRECT_URL or this server's own address; a proxy in front must " +
    "pass Host on. Nothing was done."
})
const notJson = new WrongContentType({ detail: "The body must be application/json. Nothing was done." })
