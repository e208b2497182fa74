/**
 * How ssh goes to the target, the server's own and the agent's. A turn can write its account's ~/.ssh/config, where `Match
 * exec` and `ProxyCommand` are programs: of what is configured only the system's file counts. `-F` leaves the account's
 * default keys and known_hosts as they are (ssh(1)), and ssh hands it on to the ssh of a `ProxyJump`.
 */
import { existsSync, globSync, readFileSync } from "node:fs"

const system = "/etc/ssh/ssh_config"

/**
 * The file for `-F`, and what is wrong with the system's when that is `none`. A file named by `-F` is read as the account's own:
 * an `Include` in it without a whole path is looked for in ~/.ssh.
 */
export const configuration = (): { readonly file: string; readonly trouble: string | null } => {
  const relative = included(system, 16).find(({ to }) => !/^\/[^$%~]*$/.test(to))
  // One that is named and not there is an error.
  if (relative === undefined) return { file: existsSync(system) ? system : "none", trouble: null }
  return {
    file: "none",
    trouble:
      `${relative.in} has an Include of "${relative.to}", which ssh would look for in ~/.ssh, where the agent can write. ` +
      `Nothing of ${system} is read on the way to the VM. Write a whole path there.`
  }
}

/** Every Include in a file and in the files those lead to, as deep as ssh goes. */
const included = (file: string, depth: number): ReadonlyArray<{ readonly in: string; readonly to: string }> =>
  read(file)
    .split("\n")
    .flatMap((line) => /^\s*include(?:\s*=\s*|\s+)(.*)$/i.exec(line)?.[1]?.match(/"[^"]*"|\S+/g) ?? [])
    .map((word) => word.replaceAll('"', ""))
    .flatMap((to) => [
      { in: file, to },
      ...(to.startsWith("/") && depth > 0 ? globSync(to).flatMap((next) => included(next, depth - 1)) : [])
    ])

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/** Where the target's key is pinned, when the account's own file does not count. */
export const pinnedIn = (knownHosts: string | null): ReadonlyArray<string> =>
  knownHosts === null ? [] : [`UserKnownHostsFile=${knownHosts}`]

/** For the server's own. First, so that they win: ssh keeps the first value it reads of an option (ssh_config(5)). */
export const toTarget = (...options: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...["-F", configuration().file],
  "-T",
  ...[
    "BatchMode=yes",
    "ControlMaster=no",
    "ControlPath=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    ...options
  ].flatMap((option) => ["-o", option])
]
