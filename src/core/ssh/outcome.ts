/** What an ssh that ended with its own exit code, 255, says of the reason; pure. */

/** `failed`: ssh did not try, or the two could not agree on how to talk. */
export type Refusal = "host_key" | "auth" | "unreachable" | "failed"

/** Why ssh has sent nothing. Null when it may have: then the connection broke after it stood. */
export const refusalIn = (stderr: string): Refusal | null => words.find(([, line]) => line.test(stderr))?.[0] ?? null

/**
 * ssh's own whole lines (OpenSSH 8 to 10), said before a command could have been sent. The remote program's words are in the same
 * stderr, so anything looser would let it decide. No match: the connection broke after it stood, and the host may have begun.
 */
const words: ReadonlyArray<readonly [Refusal, RegExp]> = [
  [
    "host_key",
    /^(Host key verification failed\.|(?:\S+ h|H)ost key for \S+ has changed and you have requested strict checking\.|No \S+ host key is known for .* and you have requested strict checking\.)\r?$/m
  ],
  ["auth", /^[^\s@]+@\S+: Permission denied \([a-z0-9,-]+\)\.\r?$/m],
  ["auth", /^Received disconnect from \S+ port \d+:2: Too many authentication failures/m],
  ["unreachable", /^ssh: (connect to host \S+ port \d+|Could not resolve hostname \S+): /m],
  ["unreachable", /^(kex_exchange_identification|banner exchange): /m],
  ["unreachable", /^Connection timed out during banner exchange\r?$/m],
  // Before there is a session, or without even trying: what it was given to read, and what the two could not agree on.
  ["failed", /^Unable to negotiate with \S+ port \d+: no matching [A-Za-z ]+ found\. Their offer: \S*\r?$/m],
  ["failed", /^(command-line|\/[^\s:]+):? line \d+: \S.*\r?$/m],
  ["failed", /^(Bad owner or permissions on|Can't open user config file) \/\S+(: [A-Z][a-z ]+)?\r?$/m],
  ["failed", /^(OpenSSL version mismatch\. Built against \w+, you have \w+|No user exists for uid \d+)\r?$/m],
  ["failed", /^(hostname|remote username) contains invalid characters\r?$/m]
]
