import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"

/** An ssh-agent of its own; with a key in it when one is named. */
export const keyAgent = async (
  socket: string,
  key?: string
): Promise<{ readonly socket: string; readonly child: ChildProcess }> => {
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] })
  // It names its socket once it listens there; the file is there before that.
  await once(child.stdout, "data")
  if (key !== undefined) execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return { socket, child }
}
