/**
 * Wrong credentials, counted by address: too many are answered 429, and the log gets one line a minute at most. A right one is
 * never refused for the wrong ones: behind a proxy everybody has the proxy's address.
 */

/** From one address in a minute. */
export const most = 20
const minute = 60_000
/** How many addresses are remembered; then the oldest is forgotten. */
const remembered = 1000

export const make = () => {
  const peers = new Map<string, { readonly since: number; count: number }>()
  let told = -minute
  let untold = 0
  const line = (now: number, peer: string): string => {
    const said = untold === 1 ? "A wrong credential was refused" : `${untold} wrong credentials were refused`
    told = now
    untold = 0
    return `${said}, the last from ${peer}. More are counted, and told once a minute.`
  }
  let last = ""
  return {
    /** Counts one. Returns the seconds to wait once there were too many, and the line for the log. */
    seen: (peer: string, now: number): { readonly wait: number | null; readonly line: string | null } => {
      const key = network(peer)
      const known = peers.get(key)
      const entry = known !== undefined && now - known.since < minute ? known : { since: now, count: 0 }
      entry.count += 1
      peers.delete(key)
      peers.set(key, entry)
      const [oldest = ""] = peers.keys()
      if (peers.size > remembered) peers.delete(oldest)
      untold += 1
      last = peer
      return {
        wait: entry.count > most ? Math.ceil((entry.since + minute - now) / 1000) : null,
        line: now - told >= minute ? line(now, peer) : null
      }
    },
    /** The line for what was not logged yet, a minute after the last line; null when there is none. */
    rest: (now: number): string | null => (untold > 0 && now - told >= minute ? line(now, last) : null)
  }
}

/** Over IPv6 one customer has a whole /64 of addresses. */
const network = (peer: string): string => {
  if (!peer.includes(":") || peer.includes(".")) return peer.replace(/^::ffff:/, "")
  const [head = "", tail = ""] = peer.replace(/%.*/, "").split("::")
  const [left, right] = [head.split(":"), tail.split(":")]
  return [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0"), ...right]
    .slice(0, 4)
    .join(":")
}
