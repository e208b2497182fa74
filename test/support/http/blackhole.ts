/** A port of 127.0.0.1 whose packets are dropped: what it may keep waiting is one connection, and that is there already. */
import { spawn } from "node:child_process"

const script = `
use Socket;
socket(my $door, PF_INET, SOCK_STREAM, 0) or die;
bind($door, sockaddr_in(0, INADDR_LOOPBACK)) or die;
listen($door, 0) or die;
socket(my $first, PF_INET, SOCK_STREAM, 0) or die;
connect($first, getsockname $door) or die;
syswrite STDOUT, (sockaddr_in(getsockname $door))[0] . "\\n";
sysread STDIN, my $end, 1;
`

export const blackhole = async () => {
  const child = spawn("perl", ["-e", script], { stdio: ["pipe", "pipe", "inherit"] })
  const port = await new Promise<number>((settle, fail) => {
    child.stdout.once("data", (text: Buffer) => settle(Number(text.toString())))
    child.once("exit", () => fail(new Error("perl did not listen")))
  })
  return { port, close: () => child.stdin.end() }
}
