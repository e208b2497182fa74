/** The addresses of this machine now. A request from one of them may be from any program here, the agent's too. */
import { networkInterfaces } from "node:os"
import { parseCidr } from "./cidr.ts"

export const ownAddresses = (): ReadonlyArray<string> => [
  ...["127.0.0.1", "::1"],
  ...Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? [])
]

export const isOwn = (address: string): boolean =>
  ["127.0.0.0/8", ...ownAddresses()].some((own) => parseCidr(own)?.contains(address))
