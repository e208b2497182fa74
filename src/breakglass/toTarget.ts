/**
 * How the server's own ssh goes to the target. The agent can write its account's ~/.ssh/config, where `Match exec` and
 * `ProxyCommand` are programs: of what is configured only the system's file counts. `-F` leaves the account's default keys
 * and known_hosts as they are (ssh(1)), and ssh hands it on to the ssh of a `ProxyJump`.
 */
import { existsSync } from "node:fs"

const system = "/etc/ssh/ssh_config"

/** First, so that they win: ssh keeps the first value it reads of an option (ssh_config(5)). */
export const toTarget = (...options: ReadonlyArray<string>): ReadonlyArray<string> => [
  // One that is named and not there is an error.
  ...["-F", existsSync(system) ? system : "none"],
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
