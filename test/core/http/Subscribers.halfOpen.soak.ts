/** A reader whose machine is gone without a word: nothing it is sent is acknowledged, and no FIN or RST comes. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { discard, startServer, token } from "../../support/server/BreakglassServer.ts"
import { eventually } from "../../support/server/processes.ts"

const [here, there] = ["198.18.77.1", "198.18.77.2"]

/** A client of the log, in a network of its own that it reaches us from by a cable. */
const client = `
use IO::Socket::INET;
$| = 1;
<STDIN>;
my $server = IO::Socket::INET->new(PeerAddr => $ARGV[0]) or die $!;
print $server "GET /api/pve/stream HTTP/1.1\\r\\nHost: $ARGV[0]\\r\\nAuthorization: Bearer $ARGV[1]\\r\\n\\r\\n";
while (<$server>) { print }
`

/** Whether our end of the connection is established: 01 behind the peer's address, as the kernel writes them (proc_net_tcp). */
const isConnected = () => / 024D12C6:[0-9A-F]{4} 01 /.test(readFileSync("/proc/net/tcp", "latin1"))

describe("a half-open peer", () => {
  it("SUB-03 is let go within a minute, though keepalives are sent to it meanwhile", { timeout: 120_000 }, async () => {
    const server = await startServer({ env: { HOST: "0.0.0.0", BREAKGLASS_SSE_KEEPALIVE_SECONDS: "3" } })
    const address = `${here}:${new URL(server.url).port}`
    const peer = spawn("unshare", ["-n", "perl", "-e", client, address, token], { stdio: ["pipe", "pipe", "inherit"] })
    const ip = (words: string) => execFileSync("ip", words.split(" "))
    const inside = (words: string) => execFileSync("nsenter", ["-t", String(peer.pid), "-n", "ip", ...words.split(" ")])
    await eventually(() => {
      try {
        ip(`link add bg-half type veth peer name bg-far netns ${peer.pid}`)
        return inside("-o link").includes("bg-far")
      } catch {
        return false
      }
    })
    ip(`addr add ${here}/30 dev bg-half`)
    ip("link set bg-half up")
    inside(`addr add ${there}/30 dev bg-far`)
    inside("link set bg-far up")
    peer.stdin.write("\n")
    let heard = ""
    peer.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text))
    await eventually(() => heard.includes("caught-up") && heard.includes(": keepalive"))
    assert.isTrue(isConnected())
    const cut = performance.now()
    inside("link set bg-far down")
    await eventually(() => !isConnected())
    assert.isAtMost(performance.now() - cut, 60_000)
    peer.kill("SIGKILL")
    await once(peer, "exit")
    await discard(server)
  })
})
