/**
 * Secrets never reach the log, a stream or the disk: the exact values this server was given, and what looks like a
 * credential of a known kind. Pure. It is a net, not a wall: a secret in a form it does not know passes.
 */

import { Redacted as Secret } from "effect"

/** Replaced text, and how often something was. */
export interface Redacted<A> {
  readonly value: A
  readonly count: number
}

export const mark = "[redacted]"

/** Shapes with no use but as credentials. Group 1, where there is one, is kept: the name that says what it was. */
const shapes: ReadonlyArray<RegExp> = [
  /-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z0-9 ]+ )?PRIVATE KEY-----|$)/g,
  /\bsk-ant-[A-Za-z0-9_-]{8,}/g,
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bPVEAPIToken=[^\s"']+/g,
  /(\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)[^\s"',;]+/gi,
  /(\b(?:set-)?cookie["']?\s*:\s*)[^\r\n"']+/gi,
  /(\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)["']?\s*[=:]\s*["']?)[^\s"',;]{4,}/gi,
  /(:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g
]

/** One pass that tells whether any shape can match at all: most of what a machine prints holds none. */
const worthLooking =
  /-----BEGIN|\bsk-|\beyJ|\bgh[pousr]_|github_pat_|glpat-|AKIA|ASIA|\bxox|PVEAPI|authorization|cookie|passw|secret|api[_-]?key|token|:\/\/[^\s/]*@/i

export type Redact = (text: string) => Redacted<string>

/** For these exact values, in plain, in JSON's escapes and in base64, and for every known shape. */
export const make = (secrets: ReadonlyArray<Secret.Redacted>): Redact => {
  const exact = [
    ...new Set(
      secrets
        .map(Secret.value)
        .filter((secret) => secret.length >= 6)
        .flatMap(forms)
    )
  ].sort((a, b) => b.length - a.length)
  return (text) => {
    let count = 0
    let value = text
    for (const secret of exact) {
      const parts = value.split(secret)
      count += parts.length - 1
      if (parts.length > 1) value = parts.join(mark)
    }
    for (const shape of worthLooking.test(value) ? shapes : []) {
      value = value.replace(shape, (_match, kept: unknown) => {
        count += 1
        return `${typeof kept === "string" ? kept : ""}${mark}`
      })
    }
    return { value, count }
  }
}

const forms = (secret: string): ReadonlyArray<string> => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  encodeURIComponent(secret)
]

/** Every string inside a JSON value, keys apart. */
export const deep = (redact: Redact, value: unknown): Redacted<unknown> => {
  if (typeof value === "string") return redact(value)
  if (typeof value !== "object" || value === null) return { value, count: 0 }
  const entries = Object.entries(value).map(([key, inner]) => [key, deep(redact, inner)] as const)
  const count = entries.reduce((sum, [, inner]) => sum + inner.count, 0)
  if (count === 0) return { value, count }
  const plain = entries.map(([key, inner]) => [key, inner.value] as const)
  return { value: Array.isArray(value) ? plain.map(([, inner]) => inner) : Object.fromEntries(plain), count }
}

/**
 * The same for prose that arrives in pieces: what is shown ends at a blank, so that no half of a secret is, and never
 * inside a private key.
 */
export class Veil {
  private shown = ""
  private held = ""
  private readonly redact: Redact
  constructor(redact: Redact) {
    this.redact = redact
  }
  /** All that may be shown of what has come so far. */
  push(piece: string): string {
    this.held += piece
    const key = this.held.indexOf("-----BEGIN")
    const limit = key === -1 ? this.held.length : key
    // A line is judged whole: the name before a value says what the value is.
    const lines = this.held.lastIndexOf("\n", limit - 1) + 1
    if (lines > 0) {
      this.shown += this.redact(this.held.slice(0, lines)).value
      this.held = this.held.slice(lines)
    }
    const open = this.held.slice(0, key === -1 ? undefined : Math.max(0, key - lines))
    const word = open.search(/\s\S*$/)
    if (open.length > longLine && word > 0) {
      this.shown += this.redact(open.slice(0, word)).value
      this.held = this.held.slice(word)
      return this.shown
    }
    return word < 0 ? this.shown : this.shown + this.redact(open.slice(0, word)).value
  }
}

/** Characters of a line without an end before it is shown in parts. */
const longLine = 4096
