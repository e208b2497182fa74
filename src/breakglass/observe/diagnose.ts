/** Names what the probes show together; pure. No single probe tells a stalled disk from a switched-off VM. */
import type { Pattern, Probe } from "../../contract/Power.ts"

export interface Diagnosis {
  readonly pattern: Pattern
  /** For the operator. */
  readonly text: string
}

export const diagnose = (probes: ReadonlyArray<Probe>): Diagnosis => {
  // No address is configured: there is nothing to wait for.
  if (probes.length === 0) return unknown("State unknown: no address of the VM or its host is set.")
  const named = (name: Probe["probe"]) => probes.find(({ probe }) => probe === name)
  const [pve, banner, ssh, disk] = [named("pve"), named("tcp22"), named("ssh"), named("disk")]
  const [, elsewhere] = /^not_here: (.*)/.exec(pve?.state ?? "") ?? []
  if (ssh?.state === "ok" && ssh.took_ms <= slow) return letIn(disk, elsewhere)
  if (elsewhere !== undefined) return { pattern: "not_here", text: `The host says: ${elsewhere}.` }
  if (pve?.state === "stopped") return { pattern: "off", text: "Switched off." }
  return fromSsh(banner, ssh, disk) ?? fromHost(pve, banner !== undefined || ssh !== undefined)
}

/** An ssh that answers but needs this long, in ms, does so from swap. */
const slow = 3000

const unknown = (text: string): Diagnosis => ({ pattern: "unknown", text })

/** `elsewhere`: what the host says when the VM is not there. */
const letIn = (disk: Probe | undefined, elsewhere: string | undefined): Diagnosis => {
  const found = inside(disk)
  if (elsewhere !== undefined)
    return { ...found, text: `${found.text} The host says: ${elsewhere}. Power buttons cannot work.` }
  const more = found.pattern === "healthy" ? " Whether its services work was not checked." : ""
  return { ...found, text: `${found.text}${more}` }
}

/** States of the banner that something at the other end has sent. */
const answers: ReadonlySet<string> = new Set(["ok", "not ssh", "closed", "refused"])

/** Null when nothing at the VM's ssh port answers. */
const fromSsh = (banner: Probe | undefined, ssh: Probe | undefined, disk: Probe | undefined): Diagnosis | null => {
  if (banner?.state === "ok" && ssh?.state === "auth") return unknown("The VM runs, but refuses our key.")
  if (banner?.state === "ok" && ssh?.state === "host_key")
    return unknown("The VM runs, but its host key is unknown or has changed.")
  const said = ssh?.said ?? ""
  if (ssh !== undefined && ssh.took_ms > slow && (ssh.state === "ok" || banner?.state === "ok")) {
    if (ssh.state === "ok" && disk?.state === "no answer") return inside(disk)
    const why = said === "" ? "" : ` (${said})`
    return { pattern: "swap_crawl", text: `Very slow: ssh answers, commands hardly run${why}.` }
  }
  if (banner === undefined || !answers.has(banner.state)) return null
  // What answers at once is not short of anything; what it says is the most that is known.
  const text =
    banner.state === "refused"
      ? "The VM runs, but nothing listens at its ssh port: still booting, or sshd has ended."
      : "The VM answers at its ssh port, but ssh does not get in."
  return unknown(said === "" ? text : `${text} ssh says: ${said}`)
}

/** States of a host that answered, but said nothing about the VM. */
const notSaid: ReadonlySet<string> = new Set(["unknown", "failed", "rejected", "busy", "auth", "host_key"])

/** `asked`: the VM itself was asked as well, and did not answer. */
const fromHost = (pve: Probe | undefined, asked: boolean): Diagnosis => {
  if (pve === undefined || notSaid.has(pve.state))
    return unknown("State unknown: neither host nor VM could be checked.")
  if (pve.state === "unreachable" || pve.state === "no answer") {
    return {
      pattern: "host_unreachable",
      text: asked ? "Neither the VM nor its host answers." : "Its host does not answer."
    }
  }
  if (pve.state !== "running") {
    return { pattern: "qemu_stalled", text: `There is a QEMU, but it does not run: ${pve.state}.` }
  }
  return asked
    ? { pattern: "qemu_stalled", text: "Switched on, but not responding: hung, or still booting." }
    : unknown("Switched on. Whether it responds is not checked (no address is configured).")
}

/** What a target that lets us in shows of its disk. A busy disk answers; one that takes no writes lets nobody else work. */
const inside = (disk: Probe | undefined): Diagnosis => {
  const said = disk?.said ?? ""
  const figures = said === "" ? "" : ` (${said})`
  switch (disk?.state) {
    case undefined:
      return { pattern: "healthy", text: "Answers over ssh." }
    case "ok":
      return { pattern: "healthy", text: "Answers over ssh. Its disk answers as well." }
    case "busy":
      return {
        pattern: "unknown",
        text: `Answers over ssh, but all that runs there waits for the disk${figures}: very busy, or it takes no writes.`
      }
    case "no answer":
      return {
        pattern: "disk_stalled",
        text: `Answers over ssh, but its disk has stalled: ${said}. A cycle is the cure.`
      }
    default:
      return { pattern: "healthy", text: "Answers over ssh. Its disk could not be checked." }
  }
}
