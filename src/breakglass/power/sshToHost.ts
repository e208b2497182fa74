/** How ssh goes to the Proxmox host, and with which key; pure. */
import type { Program } from "../../core/process/SubprocessRunner.ts"

export interface HostSettings {
  /** A program name or an absolute path. */
  readonly ssh: string
  /** Null: none is set. */
  readonly address: string | null
  readonly user: string
  /** The socket of the ssh-agent that holds the host's key: for this server's own ssh, and nobody else's. */
  readonly authSock: string | null
  readonly keyPath: string | null
  readonly knownHosts: string
  /** Seconds that one request may take. */
  readonly timeout: number
}

export const sshToHost = (settings: HostSettings): Program => ({
  file: settings.ssh,
  args: [...options(settings), `${settings.user}@${settings.address}`],
  inherit: ["PATH", "HOME"]
})

/**
 * `-F none` and the rest: no file of the account this runs as may change what is run or who is believed. The key is the host's
 * own, never one from the agent that the recovery agent can use.
 */
export const options = ({
  authSock,
  keyPath,
  knownHosts
}: Pick<HostSettings, "authSock" | "keyPath" | "knownHosts">): ReadonlyArray<string> => [
  ...["-F", "none"],
  "-T",
  ...(keyPath === null ? [] : ["-i", keyPath]),
  ...[
    "BatchMode=yes",
    `IdentityAgent=${authSock ?? "none"}`,
    // Without it ssh offers the account's own keys, also when the one it is to use cannot be read. The agent's are no files.
    "IdentityFile=none",
    ...(keyPath === null ? [] : ["IdentitiesOnly=yes"]),
    "ConnectTimeout=5",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${knownHosts}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ClearAllForwardings=yes"
  ].flatMap((option) => ["-o", option])
]
