/** Host keys, as people compare them, and what to do about one that ssh refused; pure. */
import { createHash } from "node:crypto"

/** SHA256 fingerprints of the keys in a known_hosts file (sshd(8)), as ssh-keygen -l prints them. */
export const fingerprints = (knownHosts: string): ReadonlyArray<string> =>
  knownHosts.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/)
    if (line.trim().startsWith("#")) return []
    const [type = "", key = ""] = words[0]?.startsWith("@") === true ? words.slice(2) : words.slice(1)
    if (!/^(ssh|ecdsa|sk)-/.test(type) || key === "") return []
    return [`SHA256:${createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace("=", "")}`]
  })

/**
 * What an operator needs to tell a rebuilt machine from another one in its place, and to pin the new key. `said` is of
 * `ssh -v` (OpenSSH 8 to 10), where nothing the other side says is a line of its own. `file` is where a new key goes.
 * Debian's adds how to remove the old one, in quotes that changed with 10: the lines that upstream has are enough.
 */
export const refusal = (said: string, file: string, read: (file: string) => string | null): string => {
  const [, type = "", shown] =
    /^debug1: Server host (?:key|certificate): (\S+) (SHA256:[A-Za-z0-9+/]{43})/m.exec(said) ?? []
  const [, where, line] = /^Offending (?:\S+ )?key in (.+):([0-9]+)\r?$/m.exec(said) ?? []
  const [, old] = /^(?:\S+ h|H)ost key for (\S+) has changed and you have requested strict/m.exec(said) ?? []
  const [, unknown] = /^No \S+ host key is known for (\S+) and you have requested strict/m.exec(said) ?? []
  const [, at = "", of] = /^debug1: Authenticating to (\S+):([0-9]+) as /m.exec(said) ?? []
  const name = old ?? unknown ?? (of === undefined ? undefined : of === "22" ? at : `[${at}]:${of}`)
  if (shown === undefined || name === undefined) return `${otherwise(said)}\nNothing was sent.`

  const kind = /ed25519|ecdsa|rsa/.exec(type)?.[0] ?? type
  const [, host = name, port] = /^\[(.+)\]:([0-9]+)$/.exec(name) ?? []
  const compare = `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`
  // What is asked for again may be answered by another: only a key with the fingerprint that was compared is pinned.
  const scan = `ssh-keyscan -t ${kind} ${port === undefined ? "" : `-p ${port} `}${host}`
  const pin = `key=$(${scan}) && echo "$key" | ssh-keygen -lf - | grep -F ${shown} && echo "$key" >> ${quoted(where ?? file)}`
  const verify = `The key shown is not verified: compare it with what \`${compare}\` prints on that machine's own console.`
  if (where === undefined) {
    const open = `debug1: load_hostkeys: fopen ${file}: `
    const missing = said.split(/\r?\n/).find((line) => line.startsWith(open))
    const why = missing === undefined ? "" : ` (${missing.slice(open.length)})`
    return lines(
      `No key of ${name} is pinned in ${file}${why}: it showed ${shown}. Pinned here: none. Nothing was sent.`,
      verify,
      "If they are the same, pin it, here, as a user who may write that file. This shows it; nothing shown, nothing pinned:",
      `  ${pin}`
    )
  }
  const pinned = fingerprints(read(where)?.split("\n")[Number(line) - 1] ?? "")[0] ?? "not readable"
  return lines(
    `The key of ${name} is not the pinned one: it showed ${shown}. Pinned here: ${pinned} (${where}, line ${line}). Nothing was sent.`,
    "If the machine was not rebuilt, somebody may be in its place.",
    verify,
    "If they are the same, replace the old one, here, as a user who may write that file. This shows it; nothing shown, nothing pinned:",
    `  ssh-keygen -f ${quoted(where)} -R ${quoted(name)}`,
    `  ${pin}`
  )
}

/** For a shell; `~` stays what it is. */
const quoted = (word: string): string => (/^[\w./:@~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

const lines = (...text: ReadonlyArray<string>): string => text.join("\n")

/** A revoked key, a certificate that is not valid: ssh's own words, without its debugging. */
const otherwise = (said: string): string =>
  said
    .split(/\r?\n/)
    .filter((line) => line !== "" && !/^(debug|OpenSSH_)/.test(line))
    .join("\n")
