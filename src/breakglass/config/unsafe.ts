import { Redacted } from "effect"
import type { AuthSettings } from "../../core/http/authenticate.ts"
import { isOwn, ownAddresses } from "../../core/settings/ownAddresses.ts"

/** Why the server must not start so: anyone on the network could guess or claim an identity. Null when nobody could. */
export const unsafe = (host: string, auth: AuthSettings): string | null => {
  const secrets = [
    ["API_BEARER_TOKEN", auth.token],
    ["BREAKGLASS_EDGE_SECRET", auth.edgeSecret]
  ] as const
  for (const [name, secret] of secrets) {
    const length = secret === null ? 32 : Redacted.value(secret).length
    if (length < 32 && !loopback(host)) {
      return `${name} has ${length} characters with HOST=${host}; expected at least 32`
    }
  }
  if (auth.edgeSecret === null && auth.trustedProxies.some(({ wide }) => wide)) {
    return "BREAKGLASS_TRUSTED_PROXIES trusts addresses by the million; without BREAKGLASS_EDGE_SECRET expected the proxy's own CIDRs"
  }
  const ranges = auth.trustedProxies
  const within = [...ranges.map(({ address }) => address).filter(isOwn), ...ownAddresses()]
  const own = within.find((address) => ranges.some(({ contains }) => contains(address)))
  if (auth.edgeSecret === null && own !== undefined) {
    return (
      `BREAKGLASS_TRUSTED_PROXIES trusts ${own}, an address of this machine, where every program could name itself an ` +
      "operator, the agent's too; without BREAKGLASS_EDGE_SECRET expected addresses of other machines"
    )
  }
  return null
}

export const loopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.[0-9]{1,3}){3}$/.test(host)
