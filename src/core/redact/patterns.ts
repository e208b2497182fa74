/**
 * What a credential looks like. Each pattern takes time linear in the text, whatever the text: root on the VM may write
 * it. None but the private key goes over the end of a line, and none is undone by what follows it on the line, so that
 * prose can be judged while it is written.
 */

/** A quote, escaped as often as the text was put into JSON. */
const q = String.raw`\\*["']?`
/** Between a name and its value. */
const is = String.raw`${q}[ \t]*[:=][ \t]*${q}`
/** A character of a bare value. A backslash that only escapes the closing quote is none. */
const bare = String.raw`(?:[^\s"',;\\]|\\(?!\\{0,3}["']))`
// A Kubernetes secret has a name, and the name is no secret.
const secret =
  "(?:password|passwd|passphrase|secret(?!name|ref|keyref)|credential|(?:api|access|private)[_-]?key)[a-z0-9_-]{0,24}"
const scheme = "(?:bearer|basic|token|apikey|negotiate)"

/** Group 1, where there is one, is kept: the name that says what it was. */
export const shapes: ReadonlyArray<RegExp> = [
  /-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9 ]+ )?PRIVATE KEY(?: BLOCK)?-----|$)/g,
  /\bsk-ant-[A-Za-z0-9_-]{8,}/g,
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{36})/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\b[sr]k_live_[A-Za-z0-9]{16,}/g,
  /\btskey-[A-Za-z0-9-]{16,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  // A password's hash, as in /etc/shadow.
  /\$(?:[1567]|2[abxy]|y|gy|apr1|argon2[a-z]*)\$[^\s:"'\\]{12,}/g,
  new RegExp(String.raw`(\bauthorization${is}(?:${scheme}[ \t]+)?)(?!${scheme}\b)${bare}{6,}`, "gi"),
  /(\bbearer[ \t]+)[A-Za-z0-9._~+/=-]{16,}/gi,
  new RegExp(String.raw`(\b(?:set-)?cookie${is})[^\r\n"']+`, "gi"),
  // In quotes a value may hold blanks; while the closing one has not come, the rest of the line is the value.
  new RegExp(String.raw`(${secret}${q}[ \t]*[:=][ \t]*\\*")(?:(?!\\{0,3}")[^\r\n])+`, "gi"),
  new RegExp(String.raw`(${secret}${q}[ \t]*[:=][ \t]*\\*')(?:(?!\\{0,3}')[^\r\n])+`, "gi"),
  new RegExp(String.raw`(${secret}${q}[ \t]*[:=][ \t]*)${bare}{4,}`, "gi"),
  // "token" alone is a word of every parser: only as a variable, a header or in quotes is it a name.
  new RegExp(String.raw`(token(?:${q}[ \t]*=|\\*["'][ \t]*:)[ \t]*${q})${bare}{8,}`, "gi"),
  /(-token:[ \t]*)[^\s"',;\\]{8,}/gi,
  /(:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/g
]

/** One pass that tells whether any shape can match at all: most of what a machine prints holds none. */
export const worthLooking =
  /-----BEGIN|sk-|eyJ|gh[pousr]_|github_pat_|glpat-|npm_|AKIA|ASIA|AIza|k_live_|tskey-|xox|\$[a-z0-9]{1,9}\$|authorization|bearer|cookie|pass(?:word|wd|phrase)|secret|credential|(?:api|access|private)[_-]?key|token|:\/\/[^\s/]*@/i
