/** Every variable of this process, in the order of docs/configuration.md, whose table is made of this one (`npm run format`). */
import { isReserved, reservedNames } from "../../contract/Operator.ts"
import { parseCidr } from "../../core/settings/cidr.ts"
import { list, optionalWord, origin, required, secret, sshPath, whole, word } from "../../core/settings/variable.ts"

/** A link-local address of IPv6 is one only with its interface, as in fe80::1%eth0. */
const hostname = /^([A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}|[A-Fa-f0-9:]*:[A-Fa-f0-9:]*%[A-Za-z0-9][A-Za-z0-9._-]{0,14})$/
const user = { pattern: /^[a-z_][a-z0-9_-]{0,31}$/, expected: "a user name" }
const headerName = { pattern: /^[a-z0-9][a-z0-9-]{0,63}$/, expected: "a header name, lower case" }
const modelName = { pattern: /^[a-z0-9][a-z0-9.[\]-]{0,63}$/, expected: "a model's name" }
const program = { pattern: /^(\/.*|[A-Za-z0-9._-]+)$/, expected: "a program name or an absolute path" }
const absolutePath = { pattern: /^\/.*$/, expected: "an absolute path" }

export const variables = {
  token: secret("API_BEARER_TOKEN", {
    about: "what an operator signs in with; at least 32 characters unless on loopback"
  }),
  host: word("HOST", {
    fallback: "127.0.0.1",
    pattern: hostname,
    expected: "an address to listen on",
    about: "address to listen on; 127.0.0.1, ::1, `localhost` and 0.0.0.0 mean both addresses of localhost too"
  }),
  port: whole("PORT", { fallback: 8080, least: 0, most: 65535, about: "the port to listen on" }),
  home: required("HOME", {
    expected: "the directory that the sessions directory is under",
    about:
      "the sessions directory is under it unless set. The agent has another HOME for each turn; what `claude login` " +
      "stored here is not used"
  }),
  publicOrigin: origin("BREAKGLASS_PUBLIC_ORIGIN", {
    otherwise: "the `Host` asked for",
    about:
      "the one origin a browser may come from, such as `https://breakglass.example.org` (`:443` after https is the " +
      "same); a proxy in front passes `Host` on, or asks by address"
  }),
  directUrl: origin("BREAKGLASS_DIRECT_URL", {
    about:
      "the origin at which a browser reaches this server around the proxy, such as `http://192.168.1.5:8080`, by " +
      "address. The page keeps it on the device and names it when single sign-on is down; one signs in there with " +
      "the token. Over plain http that goes unencrypted: use a VPN or a certificate"
  }),
  trustedProxies: list("BREAKGLASS_TRUSTED_PROXIES", {
    item: parseCidr,
    expected: "CIDRs such as 10.0.0.0/24",
    about:
      "CIDRs, comma separated; an identity header counts only from there. With an address of this machine in them, " +
      "such as 127.0.0.1, every program here could be anyone, the agent's too: that starts only with the edge " +
      "secret"
  }),
  edgeSecret: secret("BREAKGLASS_EDGE_SECRET", { about: "what the proxy proves itself with" }),
  edgeSecretHeader: word("BREAKGLASS_EDGE_SECRET_HEADER", {
    fallback: "x-breakglass-edge",
    ...headerName,
    about: "the header it does so in"
  }),
  userHeader: word("BREAKGLASS_USER_HEADER", {
    fallback: "x-authentik-username",
    ...headerName,
    about: "the header that names the operator"
  }),
  allowedUsers: list("BREAKGLASS_ALLOWED_USERS", {
    otherwise: "whoever the edge lets in",
    item: (user) => (isReserved(user) ? null : user),
    expected: `names other than ${reservedNames.join(", ")}, which this server calls others`,
    about: "names, comma separated; `agent`, `token`, `login`, `demo` and `server` are nobody's"
  }),
  directory: optionalWord("BREAKGLASS_SESSIONS_DIR", {
    otherwise: "`~/.local/state/breakglass`",
    ...sshPath,
    about: "the journal; one server at a time"
  }),
  targetName: word("BREAKGLASS_TARGET_NAME", {
    fallback: "devvm",
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    expected: "a name to show people",
    about: "what people call the VM"
  }),
  vmid: optionalWord("BREAKGLASS_VMID", {
    pattern: /^[0-9]{1,9}$/,
    expected: "the VM's number on its host",
    about: "its number, shown to people by the doctor; the host holds the real one"
  }),
  targetHost: optionalWord("BREAKGLASS_TARGET_HOST", {
    older: "BREAKGLASS_DEVVM_HOST",
    pattern: hostname,
    expected: "a host name or address",
    about: "the VM's address; an address, since an incident may take DNS with it"
  }),
  targetUser: word("BREAKGLASS_TARGET_USER", {
    older: "BREAKGLASS_DEVVM_USER",
    fallback: "breakglass",
    ...user,
    about: "who the agent logs in as"
  }),
  targetKnownHosts: optionalWord("BREAKGLASS_DEVVM_KNOWN_HOSTS", {
    otherwise: "the account's `~/.ssh/known_hosts`",
    ...sshPath,
    about:
      "where the VM's key is pinned, for the agent's ssh and the server's. The agent can write the default: name a " +
      "file that is not the server's user's; the unit and the image do"
  }),
  pveHost: optionalWord("BREAKGLASS_PVE_HOST", {
    pattern: hostname,
    expected: "an address",
    about: "the Proxmox host's address"
  }),
  pveUser: word("BREAKGLASS_PVE_USER", {
    fallback: "root",
    ...user,
    about: "who the host's key logs in as: `breakglass` where `host/install` made that user"
  }),
  verbTimeout: whole("BREAKGLASS_PVE_VERB_TIMEOUT_SECONDS", {
    fallback: 120,
    least: 1,
    most: 3600,
    about: "how long an answer is waited for; the host goes on without us"
  }),
  pveAuthSock: optionalWord("BREAKGLASS_PVE_AUTH_SOCK", {
    ...absolutePath,
    about: "socket of the ssh-agent that holds the Proxmox host's key; only the server's own ssh is told of it"
  }),
  pveKeyPath: optionalWord("BREAKGLASS_KEY_PATH", {
    ...absolutePath,
    about: "the Proxmox host's private key, where there is no such ssh-agent"
  }),
  pveKnownHosts: optionalWord("BREAKGLASS_PVE_KNOWN_HOSTS", {
    otherwise: "`known_hosts` in the sessions directory",
    ...sshPath,
    about: "the host's pinned key; the doctor says when the agent's commands could change it"
  }),
  agent: word("BREAKGLASS_AGENT", {
    fallback: "breakglass",
    pattern: /^[a-z][a-z0-9-]{0,63}$/,
    expected: "the name of a file in agents/, without .md",
    about: "`agents/NAME.md`, what the agent is told"
  }),
  model: word("BREAKGLASS_MODEL", { fallback: "sonnet", ...modelName, about: "the model when none is chosen" }),
  models: list("BREAKGLASS_MODELS", {
    item: (name) => (modelName.pattern.test(name) ? name : null),
    expected: "model names",
    about: "names to offer besides sonnet, opus and haiku, comma separated"
  }),
  maxConcurrentTurns: whole("BREAKGLASS_MAX_CONCURRENT_TURNS", {
    fallback: 2,
    least: 1,
    most: 100,
    about: "over all sessions"
  }),
  turnTimeout: whole("BREAKGLASS_TURN_TIMEOUT_SECONDS", {
    fallback: 1800,
    least: 1,
    most: 86_400,
    about: "how long a turn may take"
  }),
  // Silence while no command runs. The CLI itself would wait for minutes, and on a stalled stream for ever.
  silence: whole("BREAKGLASS_SILENCE_TIMEOUT_SECONDS", {
    fallback: 90,
    least: 1,
    most: 86_400,
    about: "how long the model may say nothing while no command runs"
  }),
  // The model writes a summary of some ten thousand words: reports have a median of 156 s.
  compaction: whole("BREAKGLASS_COMPACTION_TIMEOUT_SECONDS", {
    fallback: 900,
    least: 1,
    most: 86_400,
    about: "how long the model may take to summarise a conversation that grew too long for it"
  }),
  sessionQuota: whole("BREAKGLASS_SESSION_QUOTA_MB", {
    fallback: 512,
    least: 1,
    most: 1_000_000,
    about: "how large one session's log may grow"
  }),
  journalQuota: whole("BREAKGLASS_JOURNAL_QUOTA_MB", {
    fallback: 2048,
    least: 1,
    most: 1_000_000,
    about: "and all of them"
  }),
  // A loop of one model call a second still ends within minutes; a long repair has needed about sixty.
  maxTurns: whole("BREAKGLASS_MAX_TURNS", { fallback: 200, least: 1, most: 10_000, about: "model calls in one turn" }),
  maxBudgetUsd: optionalWord("BREAKGLASS_MAX_BUDGET_USD", {
    pattern: /^[0-9]{1,5}(\.[0-9]{1,2})?$/,
    expected: "dollars a turn, such as 5 or 2.50",
    about: "for one turn; the call that crosses it is still paid"
  }),
  // Proxies cut silent connections, the strictest common one after 30 s.
  keepalive: whole("BREAKGLASS_SSE_KEEPALIVE_SECONDS", {
    fallback: 20,
    least: 1,
    most: 3600,
    about: "how often an idle stream is sent a comment"
  }),
  heartbeat: optionalWord("BREAKGLASS_HEARTBEAT_FD", {
    pattern: /^[3-9]$/,
    expected: "a number from 3 to 9",
    about: "set by `deploy/with-keys`, which ends a server that gives no sign of life there for a minute"
  }),
  claude: word("BREAKGLASS_CLAUDE", {
    otherwise: "`claude` on PATH",
    fallback: "claude",
    ...program,
    about:
      "another CLI, by absolute path; npm puts 2.1.332 on PATH. Tested: that one and the oldest that works, 2.1.197"
  }),
  ssh: word("BREAKGLASS_SSH", {
    otherwise: "`ssh` on PATH",
    fallback: "ssh",
    ...program,
    about: "another ssh, by absolute path"
  })
}
