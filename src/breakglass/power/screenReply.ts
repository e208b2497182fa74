/**
 * What the host's reply to `screen` shows; pure. A picture is accepted only whole: its own line, as many bytes as that says, and
 * as many pixels as the bytes say. Nothing is guessed or fixed.
 */
import type { OpOutcome } from "../../contract/Power.ts"
import { disagreesWithExit, type HostReply } from "./hostProtocol.ts"
import type { Picture } from "./png.ts"

export type ScreenReply =
  | ({ readonly _tag: "Picture" } & Picture)
  /** The VM has no display. */
  | { readonly _tag: "None"; readonly why: string }
  /** It may have one, and its picture was not received. */
  | { readonly _tag: "Unseen"; readonly why: string }

/** Bytes of the largest picture that is accepted: the host's own limit, unless its configuration says another. */
export const largest = 8 * 1024 * 1024

export const parseScreen = (reply: HostReply, lines: ReadonlyArray<string>, id: string): ScreenReply => {
  const { outcome, exit_code, stderr } = reply
  if (outcome === "rejected")
    return { _tag: "None", why: "This VM's screen is not shown: the host's script is older than this server." }
  if (outcome !== "ok")
    return unseen(words[outcome] || hostWords(lines, stderr) || `The host answered with exit ${exit_code}.`)
  if (disagreesWithExit(lines, id, 0)) return unseen(garbled)
  const [first = "", ...rest] = lines
  const none = /^no display(?:: the VM is ([a-z]{1,20}))?$/.exec(first)
  if (none !== null)
    return { _tag: "None", why: `This VM has no display${none[1] === undefined ? "" : `: it is ${none[1]}`}.` }
  const [, op, size] =
    /^breakglass-screen op=(\S+) format=ppm encoding=base64 bytes=([1-9][0-9]{0,7})$/.exec(first) ?? []
  const text = rest.slice(0, -1).join("")
  const bytes = Buffer.from(text, "base64")
  // The decoder skips what it does not know: only what encodes to the same again was all base64.
  const whole =
    op === id && bytes.length === Number(size) && bytes.length <= largest && bytes.toString("base64") === text
  const picture = whole ? ppm(bytes) : null
  return picture === null ? unseen(garbled) : { _tag: "Picture", ...picture }
}

/** As QEMU writes it, without the comments and blanks that other programs write. */
export const ppm = (bytes: Uint8Array): Picture | null => {
  const head = Buffer.from(bytes.subarray(0, 24)).toString("latin1")
  const [all = "", ...sizes] = /^P6\n([1-9][0-9]{0,3}) ([1-9][0-9]{0,3})\n255\n/.exec(head) ?? []
  const [width = 0, height = 0] = sizes.map(Number)
  if (width === 0 || bytes.length !== all.length + width * height * 3) return null
  return { width, height, pixels: bytes.subarray(all.length) }
}

const unseen = (why: string): ScreenReply => ({ _tag: "Unseen", why })
const garbled = "What the host sent is not a picture."

/** Empty where the host's own words say more. */
const words = {
  failed: "",
  busy: "",
  unreachable: "The host was not reached.",
  host_key: "The host's key is not the one that was pinned.",
  auth: "The host refused our key.",
  unknown: "The connection to the host broke."
} satisfies Record<Exclude<OpOutcome, "ok" | "rejected">, string>

const hostWords = (lines: ReadonlyArray<string>, stderr: string): string =>
  (lines.filter((line) => !line.startsWith("breakglass-")).join(" ") || stderr)
    .replace(/^no picture: /, "")
    .trim()
    .slice(0, 300)
