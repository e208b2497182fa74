/**
 * Secrets never reach the log, a stream or the disk: the exact values this server was given, and what looks like a
 * credential of a known kind. Pure. It is a net, not a wall: a secret in a form it does not know passes.
 */
import { Redacted as Secret } from "effect"
import { shapes, worthLooking } from "./patterns.ts"

/** Replaced text, and how often something was. */
export interface Redacted<A> {
  readonly value: A
  readonly count: number
}

export const mark = "[redacted]"

export interface Redact {
  (text: string): Redacted<string>
  /** The most blanks an exact value holds: prose in pieces is held back by so many words more. */
  readonly blanks?: number
}

/** For these exact values, as they are and as JSON, base64 and URLs spell them, and for every known shape. */
export const make = (secrets: ReadonlyArray<Secret.Redacted>): Redact => {
  const values = secrets.map((secret) => Secret.value(secret).trim()).filter(({ length }) => length >= 6)
  const exact = [...new Set(values.flatMap(forms))].sort((a, b) => b.length - a.length)
  const blanks = Math.max(0, ...values.map((value) => value.split(/\s+/).length - 1))
  const redact = (text: string): Redacted<string> => {
    let count = 0
    let value = text
    for (const secret of exact) {
      if (!value.includes(secret)) continue
      const parts = value.split(secret)
      count += parts.length - 1
      value = parts.join(mark)
    }
    for (const shape of worthLooking.test(value) ? shapes : []) {
      value = value.replace(shape, (match: string, kept: unknown) => {
        const without = `${typeof kept === "string" ? kept : ""}${mark}`
        if (match !== without) count += 1
        return without
      })
    }
    return { value, count }
  }
  return Object.assign(redact, { blanks })
}

const forms = (secret: string): ReadonlyArray<string> => {
  const inBase64 = [0, 1, 2].map((shift) => base64(secret, shift))
  return [
    secret,
    escaped(secret),
    escaped(escaped(secret)),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("hex"),
    ...inBase64,
    ...inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  ]
}

const escaped = (text: string) => JSON.stringify(text).slice(1, -1)

/** So much of it in base64 as no neighbour changes, when it begins `shift` bytes after a group of three. */
const base64 = (secret: string, shift: number): string => {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
  const whole = Math.floor((bytes.length * 8) / 6)
  return bytes.toString("base64").slice(Math.ceil((shift * 8) / 6), whole)
}

/** Every string inside a JSON value, its keys, and what stands under a key that says it is a secret. */
export const deep = (redact: Redact, value: unknown): Redacted<unknown> => {
  if (typeof value === "string") return redact(value)
  if (typeof value !== "object" || value === null) return { value, count: 0 }
  if (Array.isArray(value)) {
    const items = value.map((item) => deep(redact, item))
    return together(value, items, () => items.map((item) => item.value))
  }
  const entries = Object.entries(value).map(([key, inner]) => {
    const name = redact(key)
    const secret = named.test(key) && typeof inner === "string" && inner.length >= 4
    const { value, count } = secret ? { value: mark, count: 1 } : deep(redact, inner)
    return { value: [name.value, value] as const, count: name.count + count }
  })
  return together(value, entries, () => Object.fromEntries(entries.map((entry) => entry.value)))
}

const named = /(?:^|[_-])(?:password|passwd|passphrase|secret|token|api[_-]?key|authorization|cookie)$/i

const together = (before: unknown, parts: ReadonlyArray<Redacted<unknown>>, rebuilt: () => unknown) => {
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  return { value: count === 0 ? before : rebuilt(), count }
}

/**
 * The same for prose that arrives in pieces: what is shown ends at a blank, so that no half of a secret is, and never
 * inside a private key. What a piece costs does not grow with what came before it.
 */
export class RedactingStream {
  private held = ""
  /** How much of what is held is shown, as it is shown. */
  private told = 0
  /** Came since what is held was looked at. */
  private unseen = 0
  private long = longLine
  /** A private key has started: nothing after its beginning is shown. */
  private key = false
  private readonly redact: Redact
  constructor(redact: Redact) {
    this.redact = redact
  }
  /** What may be shown besides all that was, now that this has come. */
  push(piece: string): string {
    if (this.key) return ""
    this.held += piece
    this.unseen += piece.length
    // Without a blank nothing more ends.
    if (!/\s/.test(piece)) return ""
    // A line that can be cut nowhere is looked at again when an eighth has come to it: at each word would be its square.
    const waits = this.long > longLine && this.unseen * 8 < this.held.length
    return waits && !piece.includes("\n") ? "" : this.look()
  }
  private look(): string {
    this.unseen = 0
    const key = this.held.indexOf("-----BEGIN")
    this.key = key !== -1
    if (this.key) this.held = this.held.slice(0, key)
    // A line is judged whole: the name before a value says what the value is.
    let released = this.release(this.held.lastIndexOf("\n") + 1)
    if (released !== "") this.long = longLine
    if (this.held.length > this.long) {
      const at = seam(this.redact, this.held)
      this.long = at === 0 ? this.long * 2 : longLine
      released += this.release(at)
    }
    const now = released + this.redact(this.held.slice(0, this.end())).value
    const more = now.slice(this.told)
    this.told = Math.max(now.length, this.told) - released.length
    return more
  }
  /** Where what may be shown of a line ends: before its last word, and not within an exact value that has blanks. */
  private end(): number {
    const { blanks = 0 } = this.redact
    const at = lastWords(this.held, blanks === 0 ? 1 : blanks + 2)
    return blanks === 0 || seamless(this.redact, this.held, at) ? at : cut(this.redact, this.held, at)
  }
  private release(to: number): string {
    const released = to === 0 ? "" : this.redact(this.held.slice(0, to)).value
    this.held = this.held.slice(to)
    return released
  }
}

/** Characters of a line without an end before it is shown in parts. */
const longLine = 4096

/** Where a long line can be cut; 0 when nowhere. */
const seam = (redact: Redact, line: string): number => cut(redact, line, line.length - 512)

/** The next place before this one where a line can be cut, of so many; 0 when at none of them. */
const cut = (redact: Redact, line: string, before: number): number => {
  let at = before
  for (let tries = 0; tries < 20 && at > 0; tries++) {
    at = lastWords(line.slice(0, at), 1)
    if (seamless(redact, line, at)) return at
  }
  return 0
}

/** Whether both parts say what the whole does. */
const seamless = (redact: Redact, text: string, at: number): boolean =>
  redact(text.slice(0, at)).value + redact(text.slice(at)).value === redact(text).value

/** Where the last so many words begin: at the blank before them. */
const lastWords = (text: string, count: number): number => {
  let at = text.length
  for (let word = 0; word < count; word++) {
    do at -= 1
    while (at > 0 && !/\s/.test(text.charAt(at)))
  }
  return Math.max(0, at)
}
