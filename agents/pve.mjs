// Sends one request to the server's socket (src/breakglass/agent/PowerSocket.ts) and prints the reply. It holds no key and knows no host.
import { request } from "node:http"

const [verb = "", confirm = "", ...rest] = process.argv.slice(2)
const socketPath = process.env.BREAKGLASS_PVE
// Of this turn, and good for as long as it runs.
const token = process.env.BREAKGLASS_TURN_TOKEN ?? ""
// The name travels in a header, which takes no line ends and no other alphabet; no VM is called so.
if (!/^[a-z]+$/.test(verb) || !/^[!-~]*$/.test(confirm) || rest.length > 0) {
  console.error("usage: pve status | forensics | start NAME | reset NAME | stop NAME | cycle NAME")
  process.exit(2)
}
if (!socketPath) {
  console.error("The server gave no way to the host. Nothing was sent.")
  process.exit(1)
}
const headers = { "x-confirm": confirm, "x-token": token }
const asked = request({ socketPath, path: `/${verb}`, method: "POST", headers }, (answer) => {
  answer.pipe(process.stdout)
  answer.on("end", () => (process.exitCode = Number(answer.headers["x-exit-code"] ?? 1)))
})
asked.on("error", () => {
  console.error("The server does not answer. What became of the operation is not known: ask for the status.")
  process.exitCode = 1
})
asked.end()
