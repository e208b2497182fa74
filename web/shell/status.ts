/** The connection put into words, for the strip. */
import type { Status, Tone } from "../components/Mark.tsx"
import type { Link } from "../link/link.ts"
import { age } from "../text/format.ts"

const links = {
  live: ["ok", "Live"],
  polling: ["busy", "Checking"],
  connecting: ["busy", "Connecting"],
  catching_up: ["busy", "Catching up"],
  waiting: ["bad", "Reconnecting"],
  signed_out: ["bad", "Signed out"],
  gone: ["bad", "Not found"],
  refused: ["bad", "Refused"]
} satisfies Record<Link["state"], readonly [Tone, string]>

export interface LinkKnowledge {
  readonly link: Link
  readonly signedOut: boolean
  readonly online: boolean
  /** Events that the list knows of and the page has not. */
  readonly behind: number
  readonly unheard: string
}

export const linkState = ({ link, signedOut, online, behind, unheard }: LinkKnowledge): Status => {
  const [tone, word] = links[signedOut ? "signed_out" : link.state]
  const offline = !signedOut && link.state === "waiting" && (!online || link.attempt >= 3)
  return { tone, word: offline ? "Offline" : word, age: aged(link, behind) ?? unheard }
}

const aged = ({ state }: Link, behind: number): string | undefined => {
  if (state === "polling") return "every 3 s"
  if (state === "catching_up") return behind > 0 ? `${behind} to load` : ""
  return undefined
}

/** Since when the server has not been heard: `lastSeen` in ms since the epoch, 0 for never. A few seconds are now. */
export const unheardFor = (lastSeen: number, now: number): string =>
  lastSeen === 0 || now - lastSeen <= 5000 ? "" : age(now - lastSeen)
