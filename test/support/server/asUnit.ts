/** The server as the unit and the image begin it: by root, through `deploy/with-keys`, which makes another user of it. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { under } from "../../host/support/proc.ts"
import { root, type Server, startServer } from "./BreakglassServer.ts"
import { asRoot, nobody } from "../power/keyed.ts"

/** The repository where any user can read it, and processes of others hidden, as under the unit. */
const begin = `mount --bind "$0" "$1/app" && mount -t proc -o hidepid=invisible proc /proc || exit 1
app=$1/app; shift
exec ${asRoot.join(" ")} "$app/deploy/with-keys" ${nobody} /none "$app/${relative(root, process.execPath)}" "$app/dist/server/main.cjs"`

export interface AsUnit {
  readonly server: Server
  /** The server's own process. */
  readonly pid: number
}

export const startAsUnit = async (env: Readonly<Record<string, string>>): Promise<AsUnit> => {
  const home = mkdtempSync(join(tmpdir(), "breakglass-unit-"))
  mkdirSync(`${home}/app`)
  chownSync(home, nobody, nobody)
  chmodSync(home, 0o711)
  const server = await startServer({
    home,
    bin: `${home}/app/node_modules/.bin`,
    under: ["unshare", "-m", "sh", "-c", begin, root, home],
    env
  })
  const node = ({ exe }: { readonly exe: string }) => exe.endsWith("/node")
  return { server, pid: under(home).find(node)?.pid ?? 0 }
}
