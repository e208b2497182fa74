/** What pmxcfs shows on /etc/pve: a link that is writable where there is quorum, and one file a guest. */
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"

interface Host {
  readonly dir: string
  readonly vmid: string
}

const conf = ({ dir, vmid }: Host, node = "pve", kind = "qemu-server") =>
  `${dir}/pve/etc/nodes/${node}/${kind}/${vmid}.conf`

/** Of the node "pve", whose one guest is the VM, with a snapshot. */
export const put = (host: Host): void => {
  for (const kind of ["qemu-server", "lxc"]) mkdirSync(`${host.dir}/pve/etc/nodes/pve/${kind}`, { recursive: true })
  symlinkSync("nodes/pve", `${host.dir}/pve/etc/local`)
  configure(host, "cores: 4\nname: web\n[before]\ntemplate: 1\n")
}

export const configure = (host: Host, text: string): void => writeFileSync(conf(host), text)

export const remove = (host: Host): void => rmSync(conf(host))

/** As a migration does it: the file is moved, and with it the guest. */
export const move = (host: Host, node: string, kind = "qemu-server"): void => {
  mkdirSync(`${host.dir}/pve/etc/nodes/${node}/${kind}`, { recursive: true })
  renameSync(conf(host), conf(host, node, kind))
}

/** pmxcfs alone has links without a write bit: a directory in its place reads the same. */
export const withoutQuorum = ({ dir }: Host): void => {
  rmSync(`${dir}/pve/etc/local`)
  mkdirSync(`${dir}/pve/etc/local`)
  symlinkSync("../nodes/pve/qemu-server", `${dir}/pve/etc/local/qemu-server`)
  chmodSync(`${dir}/pve/etc/local`, 0o555)
}
