/** CIDR ranges of IPv4 and IPv6 addresses; pure. */
import { BlockList, isIP } from "node:net"

export interface Cidr {
  /** As it was written, without the size. */
  readonly address: string
  /** Larger than any proxy's own network: over a 256th of all addresses. */
  readonly wide: boolean
  readonly contains: (address: string) => boolean
}

/** `10.0.0.0/8`, `::1/128`, or a single address; null for anything else. */
export const parseCidr = (text: string): Cidr | null => {
  const [address = "", size, ...rest] = text.split("/")
  const version = isIP(address)
  const widest = version === 4 ? 32 : 128
  const bits = size === undefined ? widest : Number(size)
  if (version === 0 || rest.length > 0 || !/^[0-9]{0,3}$/.test(size ?? "") || size === "" || bits > widest) return null
  const list = new BlockList()
  list.addSubnet(address, bits, version === 4 ? "ipv4" : "ipv6")
  // Probed, not calculated: a range of IPv6 may hold all of IPv4, in several spellings.
  const spread = Array.from({ length: 32 }, (_, at) => `${at * 8}.1.2.3`)
  const wide = bits < 8 || spread.filter((peer) => inside(list, peer)).length > 1
  return { address, wide, contains: (peer) => inside(list, peer) }
}

/** A dual-stack socket reports IPv4 peers as ::ffff:a.b.c.d. */
const inside = (list: BlockList, peer: string): boolean => {
  const plain = peer.startsWith("::ffff:") && isIP(peer.slice(7)) === 4 ? peer.slice(7) : peer
  const version = isIP(plain)
  return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6")
}
