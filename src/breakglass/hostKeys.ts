/** Host keys, as people compare them; pure. */
import { createHash } from "node:crypto"

/** SHA256 fingerprints of the keys in a known_hosts file (sshd(8)), as ssh-keygen -l prints them. */
export const fingerprints = (knownHosts: string): ReadonlyArray<string> =>
  knownHosts.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/)
    if (line.trim().startsWith("#")) return []
    const [type = "", key = ""] = words[0]?.startsWith("@") === true ? words.slice(2) : words.slice(1)
    if (!/^(ssh|ecdsa|sk)-/.test(type) || key === "") return []
    return [`SHA256:${createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace(/=+$/, "")}`]
  })

/** The fingerprint of the key a host showed, in what ssh says when it refuses it. */
export const shown = (stderr: string): string | null => /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0] ?? null

/** What an operator needs to tell a rebuilt host from another one in its place. */
export const refusal = (stderr: string, knownHosts: string): string => {
  const pinned = fingerprints(knownHosts)
  const showed = shown(stderr)
  return (
    `The host's key is not the pinned one${showed === null ? "" : `: it showed ${showed}`}. ` +
    `Pinned here: ${pinned.length === 0 ? "none" : pinned.join(", ")}. Nothing was sent. ` +
    "If the host was rebuilt, pin its new key in known_hosts; if not, somebody may be in its place."
  )
}
