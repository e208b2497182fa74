/** A QEMU in D state, seen from outside: a process whose real user is not root's, and a host that lacks CAP_KILL. */
import { writeFileSync } from "node:fs"
import type { Rig } from "./rig.ts"

/** What stands before the script. */
export const powerless = "/usr/bin/setpriv --bounding-set=-kill --inh-caps=-kill"

/** The VM's next process is such a one. */
export const stick = ({ dir, program, vmCommand }: Rig): void => {
  writeFileSync(`${dir}/pve/vm/stuck`, "")
  program("start-vm", `exec setpriv --securebits=+no_setuid_fixup ${vmCommand}`)
}
