/**
 * What every answer must carry, letter by letter and not taken from the server: a header that is lost there is missed here.
 * A change of policy is a change of this table.
 */
import { assert } from "@effect/vitest"

export const golden = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
} as const

/** What tells of the content or of the connection, and differs from one answer to the next. */
const varying = ["date", "connection", "keep-alive", "content-length", "transfer-encoding", "etag", "last-modified"]

/** The golden headers, these, and no other. */
export const assertHeaders = (
  headers: { entries(): Iterable<readonly [string, string]> },
  own: Readonly<Record<string, string>>
): void => {
  const found = [...headers.entries()].filter(([name]) => !varying.includes(name))
  assert.deepStrictEqual(
    Object.fromEntries(found.sort()),
    Object.fromEntries(Object.entries({ ...golden, ...own }).sort())
  )
}
