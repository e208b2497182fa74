/** What only ssh itself can have said before there was a session, and what a remote program may have said in one. */
import { assert, describe, it } from "@effect/vitest"
import { refusalIn } from "../../../src/core/ssh/outcome.ts"

const host = "192.168.1.127"
/** Of OpenSSH 9.2. */
const before = [
  `Unable to negotiate with ${host} port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss`,
  `Unable to negotiate with ${host} port 22: no matching key exchange method found. Their offer: a`,
  "command-line: line 0: Bad configuration option: nonsense",
  "command-line line 0: Bad SSH2 cipher spec 'none'.",
  "/etc/ssh/ssh_config: line 3: Bad configuration option: foo\r\n/etc/ssh/ssh_config: terminating, 1 bad configuration options",
  '/etc/ssh/ssh_config line 2: no argument after keyword "batchmode"',
  "Bad owner or permissions on /etc/ssh/ssh_config.d/a.conf",
  "Can't open user config file /etc/ssh/ssh_config: Permission denied",
  "OpenSSL version mismatch. Built against 30000020, you have 30200000",
  "No user exists for uid 10001",
  "hostname contains invalid characters"
]
const within = [
  "bash: line 3: foo: command not found",
  "warning: Unable to negotiate with the kernel",
  "qm: configuration line 3: bad",
  `Connection closed by ${host} port 22`,
  `Connection reset by ${host} port 22`
]

describe("an ssh that ended with 255", () => {
  it.each(before)("has sent nothing when it said: %s", (said) => {
    assert.strictEqual(refusalIn(`${said}\r\n`), "failed")
  })
  it.each(within)("may have been in a session when it said: %s", (said) => {
    assert.isNull(refusalIn(`${said}\r\n`))
  })
})
